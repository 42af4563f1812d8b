"""The base map's encoding, and the antimeridian."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geomap.regions import admin1_boundaries, country_boundaries
from geomap.webmap.basemap import (
    AREA_BUDGET,
    AREA_GRID,
    BUDGET,
    GRID,
    Boundaries,
    Focus,
    _polylines,
    base_map,
    left_edge,
    own_areas,
    unwrap,
)


def decode(text: str, grid: float = GRID) -> list[tuple[float, float]]:
    """Decode as the page does: longitude, latitude."""
    points, at, value = [], 0, [0, 0]
    while at < len(text):
        for axis in (0, 1):
            bits = shift = 0
            while True:
                byte = ord(text[at]) - 63
                at += 1
                bits |= (byte & 31) << shift
                shift += 5
                if byte < 32:
                    break
            value[axis] += ~(bits >> 1) if bits & 1 else bits >> 1
        points.append((value[1] * grid, value[0] * grid))
    return points


coordinates = st.tuples(st.floats(-200, 200), st.floats(-85, 85))
lines = st.lists(st.lists(coordinates, min_size=2, max_size=8), min_size=1, max_size=5)


@given(lines)
def test_what_is_encoded_is_decoded_to_within_half_a_step(given_lines: list[list]) -> None:
    geometries = np.array([shapely.LineString(points) for points in given_lines], dtype=object)
    encoded = _polylines(geometries, GRID)
    assert len(encoded) == len(given_lines)
    for text, points in zip(encoded, given_lines, strict=True):
        assert not set(text) & set('<>&"')
        want = [tuple(np.rint(np.array(p) / GRID)) for p in points]
        want = [p for i, p in enumerate(want) if i == 0 or p != want[i - 1]]
        got = [tuple(np.rint(np.array(p) / GRID)) for p in decode(text)]
        assert got == want


def test_land_that_was_cut_at_the_antimeridian_is_whole_again() -> None:
    halves = shapely.union_all([shapely.box(170, 60, 180, 70), shapely.box(-180, 60, -172, 70)])
    (whole,) = unwrap([halves], -169.0)
    assert whole.geom_type == "Polygon"
    assert whole.bounds == (170, 60, 188, 70)


@given(st.floats(-180, 179), st.sampled_from([-169.0, -30.0]))
def test_everything_lies_within_the_map(west: float, left: float) -> None:
    box = shapely.box(west, 0, west + 30, 10)
    (moved,) = unwrap([box], left)
    low, _, high, _ = moved.bounds
    assert left <= low <= high <= left + 360
    assert moved.area == pytest.approx(box.area)


@pytest.mark.parametrize(
    ("longitudes", "edge"),
    [([], -169.0), ([37.6, -77.0], -169.0), ([139.7, -157.9], -30.0), ([178.0, -172.0], -169.0)],
)
def test_the_map_is_cut_where_it_parts_the_places_least(
    longitudes: list[float], edge: float
) -> None:
    assert left_edge(longitudes) == edge


def test_finest_near_the_places_and_neighbours_agree_everywhere() -> None:
    codes = ["RU", "UA", "US"]
    boundaries = Boundaries(country_boundaries(), admin1_boundaries(country_codes=codes))
    near = (32.0, 49.0, 39.0, 54.0)
    drawn = base_map(boundaries, Focus(codes, ["UA.21", "RU.41"], [near], [near]), -169.0)
    outlines = {}
    for region in drawn["regions"]:
        rings = [ring for part in region["shape"] for ring in part]
        outlines[region["id"]] = [np.rint(np.array(decode(r)) / GRID).astype(int) for r in rings]
    points = {key: {tuple(p) for ring in rings for p in ring} for key, rings in outlines.items()}
    size = sum(len(r) for e in drawn["regions"] for part in e["shape"] for r in part)
    assert len(outlines) > 150
    assert size < BUDGET

    source = boundaries.regions.set_index("region_id").geometry
    shared = source["UA.21"].intersection(source["RU.41"])
    whole = {tuple(p) for p in np.rint(shapely.get_coordinates(shared) / GRID).astype(int)}
    assert len(whole & points["UA.21"]) > 0.9 * len(whole)
    assert whole & points["UA.21"] == whole & points["RU.41"]
    # Far away it is coarser, and what two regions share both of them have.
    for one, other in (("US.NV", "US.UT"), ("US.CO", "US.KS"), ("RU.20", "RU.63")):
        shared = source[one].intersection(source[other])
        whole = {tuple(p) for p in np.rint(shapely.get_coordinates(shared) / GRID).astype(int)}
        assert whole & points[one] == whole & points[other]
    far = np.rint(shapely.get_coordinates(source["RU.20"]) / GRID)
    assert len(points["RU.20"]) < 0.6 * len(far)


def areas(**shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    index = list(shapes)
    return gpd.GeoDataFrame({"name": index}, index=index, geometry=[*shapes.values()], crs=4326)


def test_own_areas_are_drawn_as_finely_as_they_are_small() -> None:
    block = shapely.Point(30.5, 50.4).buffer(0.002, quad_segs=16)
    rows = own_areas(areas(zone=shapely.box(179, -20, 181, -15), block=block), -30.0)
    assert [row["id"] for row in rows] == ["block", "zone"], "the smallest first"
    [[ring]] = rows[0]["shape"]
    drawn = shapely.Polygon(decode(ring, AREA_GRID))
    assert shapely.area(drawn ^ block) < 0.01 * block.area
    [[ring]] = rows[1]["shape"]
    assert shapely.bounds(shapely.Polygon(decode(ring, AREA_GRID))) == pytest.approx(
        (179, -20, 181, -15)
    )


def test_own_areas_keep_common_borders_and_a_bound() -> None:
    known = admin1_boundaries(country_codes=["RU", "CA", "US", "NO", "CL"])
    rows = own_areas(known.set_index("region_id"), -169.0)
    rings = [ring for row in rows for part in row["shape"] for ring in part]
    assert sum(map(len, rings)) <= AREA_BUDGET
    assert len(rows) == len(known)
    points = {row["id"]: set(decode(row["shape"][0][0], AREA_GRID)) for row in rows}
    assert len(points["RU.41"] & points["RU.09"]) >= 2, "Kursk and Belgorod Oblast"
