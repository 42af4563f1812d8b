"""A parsed corpus as ``geomap parse INPUT... -o FOLDER`` lays it out, written out for the tests."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geomap.gazetteer import embedded
from geomap.records import Place

ARTICLES = pa.schema(
    [
        *((n, pa.string()) for n in ("article_id", "title", "source", "url")),
        ("published", pa.date32()),
        *((n, pa.string()) for n in ("language", "author", "input")),
        *((n, pa.int64()) for n in ("record", "n_characters", "n_mentions", "n_placed")),
        ("n_unplaced", pa.int64()),
    ]
)
MENTIONS = pa.schema(
    [
        ("article_id", pa.string()),
        ("mention", pa.int64()),
        ("published", pa.date32()),
        ("source", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        *((n, pa.string()) for n in ("text", "role", "form", "inside", "sentence")),
        ("sentence_start", pa.int64()),
        *((n, pa.string()) for n in ("place_id", "name", "kind", "feature_code", "precision")),
        *((n, pa.string()) for n in ("country_code", "admin1_code", "admin1_name", "region_id")),
        ("confidence", pa.float64()),
        ("reasons", pa.list_(pa.string())),
        ("geometry", pa.binary()),
    ]
)

NAMES = ("Kyiv", "Sumy", "Kursk", "Moscow", "Washington", "Paris", "Lyon", "Nairobi", "Suva")


def place(name: str) -> Place:
    return embedded().lookup(name)[0].place


def article(article_id: str, **values: Any) -> dict[str, Any]:
    row = dict.fromkeys(ARTICLES.names)
    row |= {"article_id": article_id, "title": f"About {article_id}", "language": "en"}
    return row | {"url": f"https://example.org/{article_id}", "mentions": []} | values


def mention(of: dict[str, Any], where: Place | None, **values: Any) -> dict[str, Any]:
    """Add a mention to an article."""
    count = len(of["mentions"])
    name = where.name if where else "Nowhere"
    sentence = f"Sentence {count} of {of['article_id']} speaks of {name}."
    at = sentence.index(name)
    row = {
        "article_id": of["article_id"],
        "mention": count,
        "published": of["published"],
        "source": of["source"],
        "start": 1000 * count + at,
        "end": 1000 * count + at + len(name),
        "text": name,
        "role": "literal",
        "form": "name",
        "inside": None,
        "sentence": sentence,
        "sentence_start": 1000 * count,
        "confidence": 0.9 if where else 0.0,
        "reasons": [] if where else ["no place of that name is known"],
        **dict.fromkeys(MENTIONS.names[12:21]),
        "geometry": None,
    }
    if where:
        code = f"{where.country_code}.{where.admin1_code}"
        row |= {
            "place_id": where.id,
            "name": where.name,
            "kind": where.kind,
            "feature_code": where.feature_code,
            "precision": "exact",
            "country_code": where.country_code,
            "admin1_code": where.admin1_code,
            "admin1_name": where.admin1_name,
            "region_id": code if where.admin1_code and where.kind != "country" else None,
            "geometry": shapely.to_wkb(shapely.Point(where.longitude, where.latitude)),
        }
    row |= values
    of["mentions"].append(row)
    return row


def write(folder: Path, parts: list[list[dict[str, Any]]]) -> Path:
    """Write articles with their mentions, a file for each list of them."""
    for table in ("articles", "mentions"):
        (folder / table).mkdir(parents=True, exist_ok=True)
    for i, articles in enumerate(parts):
        rows = [row for each in articles for row in each["mentions"]]
        for each in articles:
            placed = sum(row["place_id"] is not None for row in each["mentions"])
            total = len(each["mentions"])
            each |= {"n_mentions": total, "n_placed": placed, "n_unplaced": total - placed}
        signed = any("signature" in each for each in articles)
        schema = ARTICLES.append(pa.field("signature", pa.binary())) if signed else ARTICLES
        name = f"part-{i:06d}.parquet"
        pq.write_table(pa.Table.from_pylist(articles, schema), folder / "articles" / name)
        # As geopandas writes them: with the metadata of GeoParquet.
        geo = {"version": "1.1.0", "primary_column": "geometry"}
        geo |= {"columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}}}
        table = pa.Table.from_pylist(rows, MENTIONS)
        table = table.replace_schema_metadata({"geo": json.dumps(geo)})
        pq.write_table(table, folder / "mentions" / name)
    about = {
        "format": "geomap dataset 1",
        "partitions": len(parts),
        "articles": [len(each) for each in parts],
    }
    (folder / "manifest.json").write_text(json.dumps(about))
    return folder


def invented(count: int, seed: int = 1, days: int = 60) -> list[dict[str, Any]]:
    """Return articles that name real places at random."""
    chance = random.Random(seed)
    places = [place(name) for name in NAMES]
    articles = []
    for i in range(count):
        day = date(2024, 3, 1) + timedelta(days=chance.randrange(days))
        source = chance.choice(["The Herald", "Daily News", "Wire", None])
        one = article(f"a{i:05d}", published=chance.choice([day, day, day, None]), source=source)
        for _ in range(chance.randrange(6)):
            where = chance.choice([*places, None])
            role = chance.choice(["literal", "literal", "associative"])
            mention(one, where, role=role, confidence=chance.random() if where else 0.0)
        articles.append(one)
    return articles
