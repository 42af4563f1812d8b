"""Tables such as a parse makes, written out by hand, for the tests of the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import Point, box

from geomap.gazetteer import embedded

SEED = Path(__file__).parents[1] / "seeds" / "000_21741fe10f9c953d.txt"

RUSSIA = ("geonames:2017370", "Russia", "country", "RU", None, 60.0, 100.0)
UKRAINE = ("geonames:690791", "Ukraine", "country", "UA", None, 49.0, 32.0)
STATES = ("geonames:6252001", "United States", "country", "US", None, 39.76, -98.5)
MOSCOW = ("geonames:524901", "Moscow", "settlement", "RU", "48", 55.75222, 37.61556)
KURSK = ("admin1:RU.41", "Kursk Oblast", "region", "RU", "41", 51.75, 36.0)
SUMY = ("admin1:UA.21", "Sumy Oblast", "region", "UA", "21", 51.0, 34.0)
NOVENKE = ("geonames:805767", "Noven'ke", "settlement", "UA", "21", 51.22021, 35.10538)
KYIV = ("geonames:703448", "Kyiv", "settlement", "UA", "12", 50.45466, 30.5238)
BAKHMUT = ("geonames:713174", "Bakhmut", "settlement", "UA", "05", 48.5944, 38.0007)
WASHINGTON = ("geonames:4140963", "Washington", "settlement", "US", "DC", 38.89511, -77.03637)

COUNTRY_NAMES = {"RU": "Russia", "UA": "Ukraine", "US": "United States", "FJ": "Fiji"}
REGION_NAMES = {
    "RU.41": "Kursk Oblast",
    "UA.21": "Sumy Oblast",
    "RU.48": "Moscow",
    "UA.05": "Donetsk Oblast",
    "UA.12": "Kyiv City",
    "US.DC": "District of Columbia",
}

# What each name of the seed article means; literal where the text before it says so.
SEED_NAMES = [
    (r"Russian|Russia|RUSSIAN", RUSSIA),
    (r"Ukrainian|Ukraine|UKRAINIAN", UKRAINE),
    (r"U\.S\.|American", STATES),
    (r"Moscow", MOSCOW),
    (r"Kursk", KURSK),
    (r"Sumy", SUMY),
    (r"Noven'ke", NOVENKE),
    (r"(?<=to )Washington", WASHINGTON),
]


@dataclass
class Tables:
    """The four tables, grown a mention at a time; `details` are columns of a place by its id."""

    articles: list[dict[str, Any]] = field(default_factory=list)
    mentions: list[dict[str, Any]] = field(default_factory=list)
    places: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    details: dict[str, dict[str, Any]] = field(default_factory=dict)

    def article(self, article_id: str, text: str, **values: Any) -> None:
        row = {"title": None, "source": None, "url": None, "published": None, "language": "en"}
        self.articles.append({"article_id": article_id, "text": text, **row, **values})

    def mention(self, start: int, end: int, place: tuple[Any, ...] | None, **values: Any) -> None:
        article = self.articles[-1]
        text = article["text"]
        first = text.rfind("\n", 0, start) + 1
        last = text.find("\n", end)
        row = {
            "role": "literal",
            "form": "name",
            "inside": None,
            "precision": "exact",
            "confidence": 0.95 if place else 0.0,
            "reasons": ["the only place of that name here"] if place else ["a newspaper's name"],
            "alternatives": [],
        }
        if place:
            self.places[place[0]] = place
        self.mentions.append(
            {
                "article_id": article["article_id"],
                "start": start,
                "end": end,
                "text": text[start:end],
                "sentence": text[first : last if last >= 0 else len(text)],
                "sentence_start": first,
                "place_id": place[0] if place else None,
                **row,
                **values,
            }
        )

    def frames(self) -> tuple[pd.DataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
        articles = pd.DataFrame(self.articles).set_index("article_id")
        for column in ("n_mentions", "n_placed", "n_unplaced"):
            articles[column] = 0
        mentions = gpd.GeoDataFrame(
            pd.DataFrame(self.mentions),
            geometry=[self._point(m["place_id"]) for m in self.mentions],
            crs="EPSG:4326",
        )
        mentions.index.name = "mention_id"
        best: dict[str, float] = {}
        for row in self.mentions:
            best[row["place_id"]] = max(best.get(row["place_id"], 0.0), row["confidence"])
        rows = [self._place(values, best) for values in self.places.values()]
        places = gpd.GeoDataFrame(
            pd.DataFrame(rows), geometry=[self._point(r["place_id"]) for r in rows], crs="EPSG:4326"
        ).set_index("place_id")
        ids = sorted({r["region_id"] for r in rows if r["region_id"]})
        regions = gpd.GeoDataFrame(
            {
                "name": [REGION_NAMES.get(i, i) for i in ids],
                "country_code": [i[:2] for i in ids],
                "country_name": [COUNTRY_NAMES.get(i[:2], i[:2]) for i in ids],
            },
            index=pd.Index(ids, name="region_id"),
            geometry=[self._area(i, rows) for i in ids],
            crs="EPSG:4326",
        )
        return articles, mentions, places, regions

    def _point(self, place_id: str | None) -> Point | None:
        return Point(self.places[place_id][6], self.places[place_id][5]) if place_id else None

    def _area(self, region_id: str, rows: list[dict[str, Any]]) -> Any:
        inside = [self._point(r["place_id"]) for r in rows if r["region_id"] == region_id]
        west, south, east, north = gpd.GeoSeries(inside).total_bounds
        return box(west - 0.5, south - 0.5, east + 0.5, north + 0.5)

    def _place(self, values: tuple[Any, ...], best: dict[str, float]) -> dict[str, Any]:
        place_id, name, kind, country, admin1, *_ = values
        region = f"{country}.{admin1}" if admin1 else None
        return {
            "place_id": place_id,
            "name": name,
            "kind": kind,
            "feature_code": {
                "country": "PCLI",
                "region": "ADM1",
                "settlement": "PPL",
                "natural": "SEA",
            }.get(kind),
            "country_code": country,
            "country_name": COUNTRY_NAMES.get(country),
            "admin1_code": admin1,
            "admin1_name": REGION_NAMES.get(region or ""),
            "admin2_code": None,
            "region_id": region,
            "region_by": "code" if region else None,
            "population": 0,
            "source": "geonames",
            "radius_km": 300.0 if kind == "natural" else 0.0,
            "confidence": best[place_id],
            **self.details.get(place_id, {}),
        }


def seed() -> Tables:
    """Return the seed article with its place names, two of them left unplaced."""
    tables = Tables()
    text = SEED.read_text(encoding="utf-8")
    tables.article("seed", text, source="VOA", published=date(2025, 3, 14))
    found = [
        (m.start(), m.end(), place) for p, place in SEED_NAMES for m in re.finditer(p, text)
    ] + [
        (m.start(), m.end(), None)
        for m in re.finditer(r"New York(?= Times)|Washington(?= Post)", text)
    ]
    literal_before = re.compile(
        r"(western |village of |in |adjacent |ceasefire in |out of |incursion into )$"
    )
    for start, end, place in sorted(found, key=lambda row: row[0]):
        literal = bool(literal_before.search(text[:start])) and text[start:end] != "Russian"
        values: dict[str, Any] = {"role": "literal" if literal else "associative"}
        if place is MOSCOW:
            moscow_idaho = {
                "place_id": "geonames:5601538", "name": "Moscow", "kind": "settlement",
                "country_code": "US", "admin1_name": "Idaho", "latitude": 46.73239,
                "longitude": -117.00017, "confidence": 0.03,
            }  # fmt: skip
            values["alternatives"] = [moscow_idaho]
        if place is WASHINGTON:
            values["confidence"] = 0.62
        tables.mention(start, end, place, **values)
    return tables


def several() -> Tables:
    """Return three articles of three days that share places."""
    tables = Tables()
    days = {"first": date(2025, 3, 1), "second": date(2025, 3, 8), "third": None}
    for key, day in days.items():
        text = f"In Moscow the {key} talks began.\n\nKursk was quiet."
        if key == "second":
            text += " Noven'ke was not."
        tables.article(key, text, title=f"The {key} day", source="Wire", published=day)
        tables.mention(3, 9, MOSCOW)
        tables.mention(text.index("Kursk"), text.index("Kursk") + 5, KURSK)
        if key == "second":
            tables.mention(text.index("Noven"), text.index("Noven") + 8, NOVENKE)
    return tables


def many(count: int) -> Tables:
    """Return one article a hundred places, spread over the land between 0 and 60 degrees east.

    Their ids are those of settlements of the gazetteer, so that the page has their other names.
    """
    tables = Tables()
    settlements = (place.id for place in embedded().places() if place.kind == "settlement")
    for i, place_id in enumerate(islice(settlements, count)):
        if i % 100 == 0:
            names = [f"Place{n}" for n in range(i, min(i + 100, count))]
            tables.article(f"a{i}", " ".join(f"It was in {name} on the day." for name in names))
            text, at = tables.articles[-1]["text"], 0
        at = text.index(f"Place{i} ", at)
        end = at + len(f"Place{i}")
        latitude, longitude = 35 + (i * 7919 % 3000) / 100, (i * 104729 % 6000) / 100
        place = (place_id, f"Place{i}", "settlement", "UA", "21", latitude, longitude)
        tables.mention(at, end, place)
        tables.mentions[-1].update(sentence=text[at - 10 : end + 12], sentence_start=at - 10)
    return tables
