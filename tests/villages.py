"""Grouping against GeoNames' file of Ukraine: ``python tests/villages.py`` prints the misses.

Each settlement's own code says where it lies. The check groups them all, first with their codes,
then by their points alone.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

import shapely

from geomap import regions
from geomap.records import Place

ARCHIVE = Path(__file__).parents[2] / "shared" / "geonames" / "UA.zip"


class Miss(NamedTuple):
    """A settlement that its point puts into another region than its code, or into none."""

    place: Place
    region_id: str | None
    by: str | None
    km: float


def settlements(archive: Path = ARCHIVE) -> Iterator[Place]:
    """Yield the settlements of Ukraine that have a code of their region."""
    with zipfile.ZipFile(archive) as files, files.open("UA.txt") as file:
        for line in TextIOWrapper(file, "utf-8"):
            row = line.rstrip("\n").split("\t")
            if row[6] == "P" and row[10] not in ("", "00"):
                yield Place(
                    f"geonames:{row[0]}", row[1], float(row[4]), float(row[5]), "settlement",
                    row[7], "UA", row[10],
                )  # fmt: skip


def by_point(places: list[Place]) -> list[Miss]:
    """Return the places that their points alone put elsewhere."""
    bare = [replace(place, country_code=None, admin1_code=None) for place in places]
    found = regions.group(bare)
    outlines = regions.admin1_boundaries(["UA"]).set_index("region_id").geometry
    misses = []
    for place in places:
        region_id, by = found[place.id]
        own = f"UA.{place.admin1_code}"
        if region_id != own:
            misses.append(Miss(place, region_id, by, _apart(place, outlines[own])))
    return misses


def _apart(place: Place, outline: shapely.Geometry) -> float:
    """Return how many km a place lies from the border of the region of its code."""
    longitudes, latitudes = shapely.get_coordinates(shapely.segmentize(outline, 0.01)).T
    return float(regions.distances_km(place.latitude, place.longitude, latitudes, longitudes).min())


def main() -> None:
    places = list(settlements())
    names = regions.admin1_boundaries().set_index("region_id")["name"]
    by_code = regions.group(places)
    right = sum(by_code[p.id] == (f"UA.{p.admin1_code}", "code") for p in places)
    misses = by_point(places)
    print(f"{len(places):,} settlements with a code of their region")
    print(f"by code: {right / len(places):.2%} in the region of their code")
    print(f"by point: {1 - len(misses) / len(places):.2%}; {len(misses):,} elsewhere:")
    print("id\tname\tby code\tby point\tkm from the region of its code")
    for place, region_id, by, km in sorted(misses, key=lambda miss: -miss.km):
        own = names[f"UA.{place.admin1_code}"]
        there = f"{names[region_id]} ({by})" if region_id else "none"
        print(f"{place.id}\t{place.name}\t{own}\t{there}\t{km:.1f}")


if __name__ == "__main__":
    if not ARCHIVE.exists():
        sys.exit(f"GeoNames' file of Ukraine is not at {ARCHIVE}")
    main()
