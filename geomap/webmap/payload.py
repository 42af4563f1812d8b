"""The tables of a parse as the page reads them: one JSON value, its texts as they are."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from geomap.records import Place


def payload(
    articles: pd.DataFrame,
    mentions: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
) -> dict[str, list[dict[str, Any]]]:
    """Return the articles, mentions, places and regions as JSON-ready values.

    Mentions name their article and place by position; sentences are given by their offsets.
    """
    at_article = {key: i for i, key in enumerate(articles.index)}
    at_place = {key: i for i, key in enumerate(places.index)}
    return {
        "articles": [
            {
                "id": str(key),
                "title": _text(row.get("title")),
                "source": _text(row.get("source")),
                "url": _text(row.get("url")),
                "published": _day(row.get("published")),
                "language": _text(row.get("language")),
                "text": row["text"],
            }
            for key, row in _rows(articles)
        ],
        "mentions": [
            {
                "id": int(key),
                "article": at_article[row["article_id"]],
                "place": at_place.get(row["place_id"]),
                "start": int(row["start"]),
                "end": int(row["end"]),
                "text": row["text"],
                "role": row["role"],
                "form": row["form"],
                "inside": _text(row["inside"]),
                "sentence": [
                    int(row["sentence_start"]),
                    int(row["sentence_start"]) + len(row["sentence"]),
                ],
                "precision": _text(row["precision"]) or "exact",
                "confidence": _number(row["confidence"]),
                "reasons": list(row["reasons"]),
                "alternatives": [_alternative(a) for a in row["alternatives"]],
            }
            for key, row in _rows(mentions)
        ],
        "places": [
            {
                "id": str(key),
                "name": row["name"],
                "kind": row["kind"],
                "country": _text(row["country_code"]),
                "country_name": _text(row["country_name"]),
                "region": _text(row["region_id"]),
                "admin1_name": _text(row["admin1_name"]),
                "admin1": _text(row["admin1_code"]),
                "feature_code": _text(row["feature_code"]),
                "population": int(_number(row["population"]) or 0),
                "source": _text(row["source"]),
                "radius": _number(row["radius_km"]) or 0,
                "confidence": _number(row["confidence"]),
                "at": [round(row["geometry"].y, 5), round(row["geometry"].x, 5)],
            }
            for key, row in _rows(places)
        ],
        "regions": [
            {
                "id": str(key),
                "name": row["name"],
                "country": _text(row["country_code"]),
                "country_name": _text(row["country_name"]),
            }
            for key, row in _rows(regions)
        ],
    }


def columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a table by its columns, which takes a third of the room.

    A column whose values often repeat is those values, each once (``"of"``), and for each row the
    number of its value (``"at"``).
    """
    return {name: _column([row[name] for row in rows]) for name in rows[0]} if rows else {}


def _column(values: list[Any]) -> Any:
    if isinstance(values[0], (int, float)):
        return values
    numbers: dict[Any, int] = {}
    distinct: list[Any] = []
    at: list[int] = []
    for value in values:
        key = json.dumps(value) if isinstance(value, list) else value
        if key not in numbers:
            numbers[key] = len(distinct)
            distinct.append(value)
        at.append(numbers[key])
    return {"of": distinct, "at": at} if len(distinct) * 4 <= len(values) + 3 else values


def context(settlements: Iterable[Place]) -> list[list[Any]]:
    """Return settlements for the base map's labels: name, latitude, longitude, population."""
    unique = {place.id: place for place in settlements}
    ordered = sorted(unique.values(), key=lambda p: (-p.population, p.id))
    return [[p.name, round(p.latitude, 3), round(p.longitude, 3), p.population] for p in ordered]


def waters(places: Iterable[Place]) -> list[list[Any]]:
    """Return waters for the base map's labels: name, latitude, longitude, radius in km."""
    return [
        [p.name, round(p.latitude, 2), round(p.longitude, 2), round(p.radius_km)] for p in places
    ]


def _rows(frame: pd.DataFrame) -> Iterable[tuple[Any, dict[str, Any]]]:
    columns = [frame[name].tolist() for name in frame.columns]
    for key, *values in zip(frame.index, *columns, strict=True):
        yield key, dict(zip(frame.columns, values, strict=True))


def _alternative(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["place_id"]),
        "name": row["name"],
        "kind": row["kind"],
        "country": _text(row.get("country_code")),
        "admin1_name": _text(row.get("admin1_name")),
        "at": [round(float(row["latitude"]), 5), round(float(row["longitude"]), 5)],
        "confidence": _number(row.get("confidence")),
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    if value is None or pd.isna(value):
        return None
    number = float(value)
    return round(number, 4) if math.isfinite(number) else None


def _day(value: Any) -> str | None:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return value.isoformat()[:10] if isinstance(value, date) else str(value)[:10]
