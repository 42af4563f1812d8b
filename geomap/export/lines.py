"""JSON Lines: one article a line, as ``output.schema.json`` describes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any

from geomap.records import Alternative, ParsedArticle, Resolution

_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")  # a string may have one, UTF-8 may not


def to_record(parsed: ParsedArticle) -> dict[str, Any]:
    """Return an article and its toponyms as a line of JSON Lines holds them."""
    article = parsed.article
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "author": article.author,
        "language": article.language,
        "published": article.published and article.published.isoformat(),
        "toponyms": [_toponym(resolution) for resolution in parsed.resolutions],
    }


def to_lines(parsed: Iterable[ParsedArticle]) -> Iterator[str]:
    """Yield the line of JSON Lines of each article, as the articles come."""
    for one in parsed:
        line = json.dumps(to_record(one), ensure_ascii=False, allow_nan=False)
        yield _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", line) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a line."""
    text = files("geomap.export").joinpath("output.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _toponym(resolution: Resolution) -> dict[str, Any]:
    toponym, place = resolution.toponym, resolution.place
    return {
        "start": toponym.start,
        "end": toponym.end,
        "text": toponym.text,
        "role": toponym.role,
        "form": toponym.form,
        "inside": toponym.inside,
        "name": place and place.name,
        "place_id": place and place.id,
        "kind": place and place.kind,
        "feature_code": place and place.feature_code,
        "country_code": place and place.country_code,
        "admin1_code": place and place.admin1_code,
        "admin1_name": place and place.admin1_name,
        "lat": place and place.latitude,
        "lon": place and place.longitude,
        "precision": place and resolution.precision,
        "confidence": round(resolution.confidence, 4),
        "reasons": list(resolution.reasons),
        "alternatives": [_alternative(runner_up) for runner_up in resolution.alternatives],
    }


def _alternative(runner_up: Alternative) -> dict[str, Any]:
    place = runner_up.place
    return {
        "place_id": place.id,
        "name": place.name,
        "kind": place.kind,
        "country_code": place.country_code,
        "lat": place.latitude,
        "lon": place.longitude,
        "confidence": round(runner_up.confidence, 4),
    }
