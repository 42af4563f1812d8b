"""The regions of the embedded gazetteer: what they are called and where they lie."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from geomap.gazetteer import distance_km
from geomap.gazetteer_build.files import Entry
from geomap.gazetteer_build.sources import find, read_json, read_table, split
from geomap.names import fold

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Words under which every first-order region is found, beside those of its country.
_REGION_WORDS = ("Region", "Province")

#: What the source says of a region that is not of its country's usual kind ("Maputo City").
_OTHER_KIND = re.compile(r"\b(?:City|Town|Prefecture|Municipality|Area)\b", re.IGNORECASE)

#: A second-order region of one settlement still reaches beyond it.
_LEAST_RADIUS = 5.0

#: World Cylindrical Equal Area.
_EQUAL_AREA = "ESRI:54034"


def add_variants(entry: Entry, names: Iterable[str]) -> None:
    """Add names, those in capitals as abbreviations: "L.A.", "HCMC"."""
    for name in names:
        capitals = re.fullmatch(r"(?:[A-Z]\.?){2,5}", name)
        entry.add("abbreviation" if capitals else "variant", name)


def first_order(sources: Path, out: Path, settlements: list[Entry]) -> list[Entry]:
    """Return the first-order regions: names by the tables, points by polygons or settlements."""
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
        add_variants(entry, [row["name"], *variants, *names])
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


def second_order(sources: Path, out: Path, settlements: list[Entry]) -> list[Entry]:
    """Return the second-order regions that have settlements, each in the middle of them."""
    inside = _by_area(settlements, level=3)
    designations = list(read_table(out / "admin2_designations.csv", "designation position english"))
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
        if match := designated(name, designations):
            bare, english = match
            entry.add("variant", f"{bare} {english}", f"{english} of {bare}", bare)
            if bare.endswith("skiy"):  # as the press writes it
                entry.add("variant", f"{bare[:-2]}y {english}")
        entries.append(entry)
    return entries


def designated(name: str, designations: Iterable[Mapping[str, str]]) -> tuple[str, str] | None:
    """Return a second-order region's name without its designation, and that one in English.

    Of several designations that fit the longest is it: "District of" before "District".
    """
    found = []
    for row in designations:
        word, position = row["designation"].lower(), row["position"]
        lower = name.lower()
        if position != "after" and lower.startswith(f"{word} "):
            found.append((len(word), name[len(word) + 1 :], row["english"]))
        suffix = word if word.startswith("-") else f" {word}"
        if position != "before" and lower.endswith(suffix):
            found.append((len(word), name[: -len(suffix)], row["english"]))
    return max(found)[1:] if found else None


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
