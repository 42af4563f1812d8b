"""Linked Places Format, in which gazetteers of the humanities exchange places.

A feature a place, attested by the articles that mention it: its names as they stand there, each
with the articles as citations and their dates. GeoNames' identifiers, the World Historical
Gazetteer's feature classes and Getty's types say what it is. [1]_

References
----------
.. [1] Linked Pasts: The Linked Places format, version 1.3.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from geomap.export.tables import Tables
    from geomap.records import Article, Place

_CONTEXT = (
    "https://raw.githubusercontent.com/LinkedPasts/linked-places/master/"
    "linkedplaces-context-v1.1.jsonld"
)
_GEONAMES = "geonames:"

#: Kind -> the feature class, and the type in Getty's Art and Architecture Thesaurus.
_TYPES = {
    "country": ("A", "aat:300128207", "nations"),
    "region": ("A", "aat:300232418", "administrative divisions"),
    "settlement": ("P", "aat:300008347", "inhabited places"),
    "facility": ("S", "aat:300000201", "built complexes and districts"),
    "natural": ("T", "aat:300132294", "natural landscapes"),
}
#: GeoNames' codes of areas that no one governs, and of waters.
_AREAS = frozenset({"RGN", "RGNE", "RGNH", "CONT", "AREA"})
_WATERS = frozenset(
    {
        "BAY",
        "BAYS",
        "CHN",
        "CNL",
        "COVE",
        "FJD",
        "GLCR",
        "GULF",
        "HBR",
        "LGN",
        "LK",
        "LKS",
        "OCN",
        "RPDS",
        "RSV",
        "SD",
        "SEA",
        "STM",
        "STRT",
        "WTRC",
    }
)
#: At least so confident -> how certain the format calls it.
_CERTAIN, _LESS_CERTAIN = 0.9, 0.6


def write(tables: Tables, path: Path) -> None:
    """Write the places of an atlas; mentions without a place are not part of the format."""
    collection = {
        "type": "FeatureCollection",
        "@context": _CONTEXT,
        "features": _features(tables),
    }
    path.write_text(json.dumps(collection, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _features(tables: Tables) -> list[dict[str, Any]]:
    mentions: dict[str, tuple[Place, dict[str, list[Article]]]] = {}
    for one in tables.parsed:
        for resolution in one.resolutions:
            if resolution.place:
                _, names = mentions.setdefault(resolution.place.id, (resolution.place, {}))
                if resolution.toponym.form == "name":
                    attested = names.setdefault(resolution.toponym.text, [])
                    if one.article not in attested[-1:]:
                        attested.append(one.article)
    rows = tables.places.drop(columns="geometry").to_dict("index")
    regions = tables.regions["name"].to_dict()
    return [
        _feature(place, names, rows[place_id], regions)
        for place_id, (place, names) in mentions.items()
    ]


def _feature(
    place: Place,
    names: dict[str, list[Article]],
    row: dict[str, Any],
    regions: dict[str, str],
) -> dict[str, Any]:
    articles = [article for attested in names.values() for article in attested]
    feature_class, identifier, label = _TYPES[place.kind]
    if place.feature_code in _AREAS:
        feature_class, identifier, label = "L", "aat:300182722", "regions (geographic)"
    elif place.feature_code in _WATERS:
        feature_class = "H"
    labels = [{"label": place.feature_code, "lang": "en"}] if place.feature_code else []
    feature: dict[str, Any] = {
        "@id": _identifier(place.id),
        "type": "Feature",
        "properties": {
            "title": place.name,
            "ccodes": [place.country_code] if place.country_code else [],
            "fclasses": [feature_class],
            "place_id": place.id,
            "kind": place.kind,
            "population": place.population,
            "radius_km": place.radius_km,
            "confidence": row["confidence"],
            **{n: row[n] for n in ("n_mentions", "n_literal", "n_associative", "n_articles")},
        },
        **_when(articles),
        "names": [
            *([] if place.name in names else [{"toponym": place.name, "citations": _gazetteer}]),
            *(_name(text, attested) for text, attested in names.items()),
        ],
        "types": [{"identifier": identifier, "label": label, "sourceLabels": labels}],
        "geometry": {
            "type": "GeometryCollection",
            "geometries": [
                {
                    "type": "Point",
                    "coordinates": [place.longitude, place.latitude],
                    "certainty": _certainty(row["confidence"]),
                }
            ],
        },
    }
    if place.id.startswith(_GEONAMES):
        link = f"http://www.geonames.org/{place.id.removeprefix(_GEONAMES)}/"
        feature["links"] = [{"type": "exactMatch", "identifier": link}]
    region_id = row["region_id"]
    if isinstance(region_id, str) and place.id != f"admin1:{region_id}":
        feature["relations"] = [
            {
                "relationType": "gvp:broaderPartitive",
                "relationTo": _identifier(f"admin1:{region_id}"),
                "label": f"part of {regions.get(region_id, region_id)}",
            }
        ]
    return feature


_gazetteer = [{"label": "GeoNames and geomap's supplement", "@id": "https://www.geonames.org/"}]


def _name(text: str, articles: list[Article]) -> dict[str, Any]:
    languages = {article.language for article in articles} - {None}
    return {
        "toponym": text,
        **({"lang": languages.pop()} if len(languages) == 1 else {}),
        "citations": [
            {
                "label": " ".join(filter(None, (_called(article), _dated(article)))),
                "@id": article.url or _identifier(f"article:{article.id}"),
            }
            for article in articles
        ],
        **_when(articles),
    }


def _when(articles: list[Article]) -> dict[str, Any]:
    days = sorted({article.published for article in articles if article.published})
    if not days:
        return {}
    spans = [{"start": {"in": day.isoformat()}} for day in days]
    return {"when": {"timespans": spans, "label": "mentioned in the news"}}


def _called(article: Article) -> str:
    title = article.title or article.id
    return f"{article.source}: {title}" if article.source else title


def _dated(article: Article) -> str | None:
    return f"({article.published.isoformat()})" if article.published else None


def _identifier(name: str) -> str:
    if name.startswith(_GEONAMES):
        return f"https://sws.geonames.org/{name.removeprefix(_GEONAMES)}/"
    return f"urn:geomap:{quote(name, safe=':.')}"


def _certainty(confidence: float) -> str:
    if confidence >= _CERTAIN:
        return "certain"
    return "less-certain" if confidence >= _LESS_CERTAIN else "uncertain"
