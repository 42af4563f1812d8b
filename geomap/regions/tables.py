"""Parsed articles as tables.

Each has one index; geometries are in EPSG:4326; texts and codes are strings (``str``) and missing
where unknown; offsets and counts are ``int64``, confidences and distances ``float64``, distances
in kilometres on the sphere; role, form, kind, precision and region_by are categories, always of
the same values.

**articles** (index ``article_id``; no geometry)
    title, source, url, author
        What the input says of itself.
    published
        Date (``date32``), or missing.
    language, text
        BCP 47 tag; the text that all offsets count.
    n_mentions, n_placed, n_unplaced
        Toponyms found; those with a place; those without.

**mentions** (index ``mention_id``, 0, 1, ...: a row a toponym, in the order of the articles)
    article_id, start, end, text
        Where it stands.
    role, form, inside
        As in :class:`geomap.records.Toponym`.
    sentence, sentence_start
        The sentence that it stands in, and that sentence's offset in the text.
    place_id, name, kind, precision, country_code, admin1_code, region_id
        The place meant; missing where the mention is unplaced.
    confidence
        Probability that the place is right, 0 to 1.
    reasons
        List of clauses, the strongest first.
    alternatives
        List of dicts of the runners-up, best first: place_id, name, kind, country_code,
        admin1_name, latitude, longitude, confidence.
    geometry
        The place's point; None where unplaced.

**places** (index ``place_id``: a row a place, in the order of first mention)
    name, kind, feature_code, admin2_code
        As in :class:`geomap.records.Place`.
    country_code, country_name, admin1_code, admin1_name
        Of the place; those that a point lacks (a correction's, a geocoder's) are those of the
        first-order region or the country whose outline holds it.
    region_id, region_by
        Its first-order region ("UA.21"), and whence that is known: ``code``, ``polygon`` or
        ``nearest``; see :func:`geomap.regions.group`.
    population, source, radius_km
        As in :class:`geomap.records.Place`.
    n_mentions, n_literal, n_associative, n_articles, confidence
        How often it is mentioned, by role; in how many articles; its best mention's confidence.
    geometry
        Point.

The regions are :mod:`geomap.regions.areas`'.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from geomap.records import KINDS, Form, ParsedArticle, Place, Precision, Resolution, Role
from geomap.regions.grouping import codes, group, group_by
from geomap.regions.outlines import country_names
from geomap.sentences import sentences

CRS = "EPSG:4326"

_ROLE = pd.CategoricalDtype(get_args(Role))
_FORM = pd.CategoricalDtype(get_args(Form))
_KIND = pd.CategoricalDtype(KINDS)
_PRECISION = pd.CategoricalDtype(get_args(Precision))
_REGION_BY = pd.CategoricalDtype(["code", "polygon", "nearest"])

_ARTICLES = {
    "title": "str",
    "source": "str",
    "url": "str",
    "author": "str",
    "published": pd.ArrowDtype(pa.date32()),
    "language": "str",
    "text": "str",
    "n_mentions": "int64",
    "n_placed": "int64",
    "n_unplaced": "int64",
}
_MENTIONS = {
    "article_id": "str",
    "start": "int64",
    "end": "int64",
    "text": "str",
    "role": _ROLE,
    "form": _FORM,
    "inside": "str",
    "sentence": "str",
    "sentence_start": "int64",
    "place_id": "str",
    "name": "str",
    "kind": _KIND,
    "precision": _PRECISION,
    "country_code": "str",
    "admin1_code": "str",
    "region_id": "str",
    "confidence": "float64",
    "reasons": "object",
    "alternatives": "object",
}
_PLACES = {
    "name": "str",
    "kind": _KIND,
    "feature_code": "str",
    "country_code": "str",
    "country_name": "str",
    "admin1_code": "str",
    "admin1_name": "str",
    "admin2_code": "str",
    "region_id": "str",
    "region_by": _REGION_BY,
    "population": "int64",
    "source": "str",
    "radius_km": "float64",
    "n_mentions": "int64",
    "n_literal": "int64",
    "n_associative": "int64",
    "n_articles": "int64",
    "confidence": "float64",
}
Row = dict[str, Any]


def articles_table(parsed: Iterable[ParsedArticle]) -> pd.DataFrame:
    """Return the table of articles."""
    rows = []
    for one in parsed:
        article = one.article
        placed = sum(resolution.place is not None for resolution in one.resolutions)
        rows.append(
            {
                "article_id": article.id,
                "title": article.title,
                "source": article.source,
                "url": article.url,
                "author": article.author,
                "published": article.published,
                "language": article.language,
                "text": article.text,
                "n_mentions": len(one.resolutions),
                "n_placed": placed,
                "n_unplaced": len(one.resolutions) - placed,
            }
        )
    return table_of(rows, _ARTICLES, "article_id")


def places_table(
    parsed: Iterable[ParsedArticle], polygons: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Return the table of places, grouped by region.

    Parameters
    ----------
    parsed
        The parsed articles.
    polygons
        Those that places are grouped by, indexed by region id, in EPSG:4326; default: geomap's
        first-order regions.

    Raises
    ------
    GazetteerError
        geomap's outlines are missing or damaged.
    """
    tallies: dict[str, _Tally] = {}
    known: dict[str, Place] = {}
    for one in parsed:
        for resolution in one.resolutions:
            if resolution.place is not None:
                place = known.setdefault(resolution.place.id, resolution.place)
                tallies.setdefault(place.id, _Tally()).add(one.article.id, resolution)
    groups = group(known.values())
    whose = codes(known.values(), groups)
    if polygons is not None:
        groups = group_by(known.values(), polygons)
    countries = country_names()
    rows: list[Row] = []
    for place in known.values():
        region_id, region_by = groups[place.id]
        country_code, admin1_code, admin1_name = whose[place.id]
        own_name = place.name if place.kind == "country" else None
        tally = tallies[place.id]
        rows.append(
            {
                "place_id": place.id,
                "name": place.name,
                "kind": place.kind,
                "feature_code": place.feature_code,
                "country_code": country_code,
                "country_name": countries.get(country_code or "", own_name),
                "admin1_code": admin1_code,
                "admin1_name": admin1_name,
                "admin2_code": place.admin2_code,
                "region_id": region_id,
                "region_by": region_by,
                "population": place.population,
                "source": place.source,
                "radius_km": place.radius_km,
                **tally.counts(),
                "confidence": tally.confidence,
            }
        )
    points = [shapely.Point(place.longitude, place.latitude) for place in known.values()]
    return geotable(rows, _PLACES, "place_id", points)


def mentions_table(parsed: Iterable[ParsedArticle], places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table of mentions.

    Parameters
    ----------
    parsed
        The parsed articles.
    places
        Their table of places.
    """
    columns = ("country_code", "admin1_code", "region_id")
    whose = {name: places[name].to_dict() for name in columns}
    points = places.geometry.to_dict()
    rows: list[Row] = []
    for one in parsed:
        spans = sentences(one.article.text)
        starts = [start for start, _ in spans]
        for resolution in one.resolutions:
            toponym, place = resolution.toponym, resolution.place
            first = max(bisect_right(starts, toponym.start) - 1, 0)
            last = max(bisect_right(starts, toponym.end - 1) - 1, 0)
            begin, end = (spans[first][0], spans[last][1]) if spans else (0, 0)
            rows.append(
                {
                    "mention_id": len(rows),
                    "article_id": one.article.id,
                    "start": toponym.start,
                    "end": toponym.end,
                    "text": toponym.text,
                    "role": toponym.role,
                    "form": toponym.form,
                    "inside": toponym.inside,
                    "sentence": one.article.text[begin:end],
                    "sentence_start": begin,
                    "place_id": place and place.id,
                    "name": place and place.name,
                    "kind": place and place.kind,
                    "precision": place and resolution.precision,
                    **{name: place and whose[name][place.id] for name in columns},
                    "confidence": resolution.confidence,
                    "reasons": list(resolution.reasons),
                    "alternatives": _alternatives(resolution),
                }
            )
    at = [points.get(row["place_id"]) for row in rows]
    return geotable(rows, _MENTIONS, "mention_id", at)


@dataclass(slots=True)
class _Tally:
    """What is counted of a place."""

    literal: int = 0
    associative: int = 0
    articles: set[str] = field(default_factory=set)
    confidence: float = 0.0

    def add(self, article_id: str, resolution: Resolution) -> None:
        literal = resolution.toponym.role == "literal"
        self.literal += literal
        self.associative += not literal
        self.articles.add(article_id)
        self.confidence = max(self.confidence, resolution.confidence)

    def counts(self) -> dict[str, int]:
        return {
            "n_mentions": self.literal + self.associative,
            "n_literal": self.literal,
            "n_associative": self.associative,
            "n_articles": len(self.articles),
        }


def _alternatives(resolution: Resolution) -> list[Row]:
    return [
        {
            "place_id": runner_up.place.id,
            "name": runner_up.place.name,
            "kind": runner_up.place.kind,
            "country_code": runner_up.place.country_code,
            "admin1_name": runner_up.place.admin1_name,
            "latitude": runner_up.place.latitude,
            "longitude": runner_up.place.longitude,
            "confidence": runner_up.confidence,
        }
        for runner_up in resolution.alternatives
    ]


def table_of(rows: Sequence[Row], columns: Mapping[str, Any], index: str) -> pd.DataFrame:
    """Return rows as a table of these columns with these types."""
    data = {
        name: pd.Series([row[name] for row in rows], dtype=dtype) for name, dtype in columns.items()
    }
    kind = "int64" if index in ("mention_id", "cluster_id") else "str"
    return pd.DataFrame(data).set_index(
        pd.Index([row[index] for row in rows], dtype=kind, name=index)
    )


def geotable(
    rows: Sequence[Row],
    columns: Mapping[str, Any],
    index: str,
    geometry: Sequence[BaseGeometry | None],
) -> gpd.GeoDataFrame:
    """Return rows and their geometries as a table of these columns with these types."""
    table = table_of(rows, columns, index)
    return gpd.GeoDataFrame(table, geometry=np.array(geometry, dtype=object), crs=CRS)
