"""The embedded base map: simplified outlines, written compactly, with places to put the labels.

Countries of the whole world are drawn coarsely; the countries that an article is about, and what
lies beside its places, finely and with their first-order regions, and close to where it happened
as finely as the source has them. Coordinates are rounded to 1/1000 of a degree (about 100 m; the
coarse ones 1/100) and written in the encoded polyline algorithm format.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from geomap.regions import areas_km2

log = logging.getLogger(__name__)

#: Coordinates are whole multiples of this many degrees: in fine outlines, in coarse ones.
GRID, COARSE_GRID = 1e-3, 1e-2
#: Simplification tolerance, in degrees, of the whole world.
COARSE = 0.15
#: Those of the fine part, tried in turn: close to where it happened, and elsewhere.
FINE = (
    (0.002, 0.008),
    (0.002, 0.02),
    (0.002, 0.04),
    (0.002, 0.06),
    (0.003, 0.1),
    (0.006, 0.15),
    (0.02, 0.15),
    (0.15, 0.15),
)
#: Characters that the fine part of the map may take in the page.
BUDGET = 180_000
#: The same for areas of the user's own, which may be as small as the quarters of a town.
AREA_GRID, AREAS, AREA_BUDGET = 1e-5, (2e-5, 2e-4, 1e-3, 4e-3, 0.015, 0.05, 0.15), 150_000
#: Islands and lakes smaller than this many square degrees are left off the coarse map.
SPECK = 0.02
#: Longitudes of the map's left edge. 169 degrees west runs through the Bering Strait and cuts no
#: land but Antarctica; 30 degrees west serves what lies on both sides of the Pacific.
EDGES = (-169.0, -30.0)
#: The Mercator projection ends near here.
MAX_LATITUDE = 84.9

Geometries = npt.NDArray[np.object_]
Box = tuple[float, float, float, float]


class Boundaries(NamedTuple):
    """What the base map is drawn from: GeoDataFrames in EPSG:4326.

    Parameters
    ----------
    countries
        Columns ``country_code``, ``name``, ``geometry``.
    regions
        First-order regions: ``region_id`` ("UA.21"), ``country_code``, ``name``, ``geometry``.
    water
        Lakes and rivers: ``name``, ``kind`` ("lake", "river", "sea"), ``scalerank``,
        ``geometry``; or None.
    disputed
        Lines of borders in dispute, drawn dashed: ``geometry``; or None.
    """

    countries: gpd.GeoDataFrame
    regions: gpd.GeoDataFrame
    water: gpd.GeoDataFrame | None = None
    disputed: gpd.GeoDataFrame | None = None


class Focus(NamedTuple):
    """What the map is about.

    Parameters
    ----------
    countries
        ISO 3166-1 codes of the countries that places lie in, most mentioned first.
    regions
        Ids of the regions that places lie in.
    boxes
        (west, south, east, north), in degrees, around what happened where: what lies beside it is
        drawn finely as well.
    close
        The same, closer: what lies within is drawn as finely as can be.
    """

    countries: Sequence[str]
    regions: Collection[str]
    boxes: Sequence[Box]
    close: Sequence[Box] = ()


def left_edge(longitudes: Iterable[float]) -> float:
    """Return the left edge of the map, in degrees, that keeps `longitudes` closest together."""
    values = np.array(list(longitudes), dtype=float)
    if values.size == 0:
        return EDGES[0]
    spans = [float(np.ptp((values - edge) % 360.0)) for edge in EDGES]
    # The usual edge unless the other one brings the places much closer together.
    return EDGES[1] if spans[1] < 0.6 * spans[0] else EDGES[0]


def unwrap(geometries: Sequence[BaseGeometry] | Geometries, left: float) -> Geometries:
    """Move geometries into the longitudes from `left` to `left` + 360, across the antimeridian.

    Polygons that were cut at 180 degrees are joined again; what lies on both sides of the new
    edge is cut there.
    """
    out = np.array(geometries, dtype=object)
    bounds = shapely.bounds(out)
    outside = (bounds[:, 0] < left) | (bounds[:, 2] > left + 360.0)
    for i in np.flatnonzero(outside):
        pieces = []
        for part in shapely.get_parts(out[i]):
            west, _, east, _ = part.bounds
            for turn in (-360.0, 0.0, 360.0):
                if east + turn <= left or west + turn >= left + 360.0:
                    continue
                moved = translate(part, turn) if turn else part
                if west + turn < left or east + turn > left + 360.0:
                    moved = shapely.clip_by_rect(moved, left, -90.0, left + 360.0, 90.0)
                pieces.append(moved)
        seam = [p for p in pieces if _touches(p, 180.0)]
        rest = [p for p in pieces if not _touches(p, 180.0)]
        joined = shapely.get_parts(shapely.union_all(seam)).tolist() if seam else []
        flat = shapely.get_parts(np.array([*joined, *rest], dtype=object))
        polygons = [g for g in flat if g.geom_type in ("Polygon", "LineString")]
        out[i] = shapely.GeometryCollection(polygons) if not polygons else _collect(polygons)
    return out


def base_map(
    boundaries: Boundaries,
    focus: Focus,
    left: float,
    *,
    fine: Sequence[tuple[float, float]] = FINE,
    budget: int = BUDGET,
) -> dict[str, Any]:
    """Return the base map as the page reads it (``js/basemap.js``), ready for JSON.

    Parameters
    ----------
    boundaries
        The outlines at full detail.
    focus
        What the map is about.
    left
        Longitude of the map's left edge, in degrees.
    fine, budget
        Tolerances of the fine part that are tried in turn, until it takes no more characters.
    """
    countries = boundaries.countries
    codes = countries["country_code"].to_numpy()
    names = countries["name"].to_numpy()
    outlines = _clip_poles(unwrap(countries.geometry.to_numpy(), left))
    known = dict(zip(codes, outlines, strict=True))
    order = {code: rank for rank, code in enumerate(focus.countries)}

    regions = boundaries.regions
    regions = regions[regions["country_code"].isin(order)]
    regions = regions.iloc[np.argsort(regions["country_code"].map(order), kind="stable")]
    beside = [c for c in _within(codes, outlines, focus.boxes) if c not in order]

    coarse = shapely.coverage_simplify(outlines, COARSE)
    detail, areas = _fine(regions, [known[c] for c in beside], focus, left, fine, budget)
    # Where even the coarsest regions were too many, some countries have only their outline.
    detailed = {**dict(zip(beside, detail["beside"], strict=True)), **detail["countries"]}

    world = []
    for code, name, geometry in zip(codes, names, coarse, strict=True):
        entry = {"code": code, "name": str(name), **_label(detailed.get(code, geometry))}
        entry["shape"] = _without_specks(geometry, SPECK)
        if code in detailed:
            entry["fine"] = detailed[code]
        if _touches(geometry, left) or _touches(geometry, left + 360.0):
            entry["cut"] = True
        world.append(entry)
    water = _water(boundaries.water, left, focus)
    _encode(world, "shape", COARSE_GRID)
    _encode([entry for entry in world if "fine" in entry], "fine", GRID)
    _encode(areas, "shape", GRID)
    _encode(water, "shape", GRID)
    disputed = _disputed(boundaries.disputed, left)
    _encode(disputed, "shape", COARSE_GRID)
    return {
        "left": left,
        "grid": GRID,
        "coarse_grid": COARSE_GRID,
        "countries": world,
        "regions": areas,
        "water": water,
        "disputed": disputed,
    }


def own_areas(polygons: gpd.GeoDataFrame, left: float) -> list[dict[str, Any]]:
    """Return a user's own areas as the page reads them, ready for JSON; the smallest first.

    Parameters
    ----------
    polygons
        Column ``name``; the index is what places know as their region. In EPSG:4326.
    left
        Longitude of the map's left edge, in degrees.
    """
    polygons = polygons.iloc[np.argsort(areas_km2(polygons.geometry), kind="stable")]
    whole = _clip_poles(unwrap(polygons.geometry.to_numpy(), left))
    # Where areas share borders they shall do so when drawn, however simply.
    simplify = shapely.simplify
    if shapely.coverage_is_valid(whole):
        simplify = shapely.coverage_simplify
    for tolerance in AREAS:
        shapes = simplify(whole, tolerance)
        if sum(map(len, _polylines(shapes, AREA_GRID))) <= AREA_BUDGET:
            break
    rows = [
        {"id": str(key), "name": str(name), "shape": shape, **_label(shape)}
        for key, name, shape in zip(polygons.index, polygons["name"], shapes, strict=True)
        if not shape.is_empty
    ]
    _encode(rows, "shape", AREA_GRID)
    return rows


def _fine(
    regions: gpd.GeoDataFrame,
    beside: list[BaseGeometry],
    focus: Focus,
    left: float,
    fine: Sequence[tuple[float, float]],
    budget: int,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Simplify regions and neighbouring countries together, so that their borders agree."""
    codes = regions["country_code"].to_numpy()
    ids = regions["region_id"].to_numpy()
    names = regions["name"].to_numpy()
    full = _clip_poles(unwrap(regions.geometry.to_numpy(), left))
    whole = np.array([*full, *beside], dtype=object)
    area = shapely.union_all([shapely.box(*box) for box in focus.close])
    shapely.prepare(area)
    tolerance = None
    for close, elsewhere in fine:
        if close != tolerance:
            tolerance = close
            simple = shapely.coverage_simplify(whole, close)
            joined = {
                code: shapely.coverage_union_all(simple[: len(full)][codes == code])
                for code in dict.fromkeys(codes)
            }
        coarse = shapely.coverage_simplify(whole, elsewhere)
        shapes = np.array([*simple, *joined.values()], dtype=object)
        shapes = _graded(shapes, coarse, area, elsewhere**2 * 4)
        size = sum(map(len, _polylines(shapes, GRID)))
        if size <= budget:
            break
    own, neighbours = shapes[: len(full)], shapes[len(full) : len(whole)]
    countries = dict(zip(joined, shapes[len(whole) :], strict=True))
    keep = np.ones(len(own), dtype=bool)
    if size > budget:
        log.info("too many regions for the page: only those with places are drawn")
        keep = np.isin(ids, list(focus.regions))
    areas = [
        {
            "id": ids[i],
            "country": codes[i],
            "name": str(names[i]),
            "shape": own[i],
            **_label(own[i]),
        }
        for i in np.flatnonzero(keep)
    ]
    return {"countries": countries, "beside": neighbours}, areas


def _graded(
    shapes: Geometries, coarse: Geometries, close: BaseGeometry, speck: float
) -> Geometries:
    """Leave the points of polygons that lie close, and elsewhere those of `coarse` alone.

    A point stays in all outlines or in none, so that what borders on each other still does. Parts
    that are smaller than `speck` square degrees go, unless they lie close.
    """
    points = shapely.get_coordinates(shapes)
    keep = shapely.contains_xy(close, points[:, 0], points[:, 1])
    keep |= np.isin(points @ (1, 1j), shapely.get_coordinates(coarse) @ (1, 1j))
    at = 0

    def ring(line: BaseGeometry) -> npt.NDArray[np.float64]:
        nonlocal at
        rows = slice(at, at + shapely.get_num_points(line) - 1)  # the last is the first again
        at = rows.stop + 1
        kept: npt.NDArray[np.float64] = points[rows][keep[rows]]
        return kept

    out = []
    for shape in shapes:
        parts = []
        for part in shapely.get_parts(shape):
            outer, *holes = map(ring, (part.exterior, *part.interiors))
            if len(outer) >= 3:
                parts.append(shapely.Polygon(outer, [hole for hole in holes if len(hole) >= 3]))
        out.append(_without_specks(_collect(parts), speck, close) if parts else shape)
    return np.array(out, dtype=object)


def _water(water: gpd.GeoDataFrame | None, left: float, focus: Focus) -> list[dict[str, Any]]:
    """Large waters everywhere, small ones only where the map is fine."""
    if water is None or water.empty:
        return []
    geometries = unwrap(water.geometry.to_numpy(), left)
    near = set(_within(np.arange(len(geometries)), geometries, focus.boxes))
    rows = []
    for i, (name, kind, rank) in enumerate(
        zip(water["name"], water["kind"], water["scalerank"], strict=True)
    ):
        if rank > 2 and i not in near:
            continue
        shape = shapely.simplify(geometries[i], 0.01 if i in near else 0.08)
        if not shape.is_empty:
            label = str(name) if isinstance(name, str) else ""
            rows.append({"name": label, "kind": str(kind), "rank": int(rank), "shape": shape})
            if shape.geom_type.endswith("Polygon"):
                rows[-1].update(_label(shape))
    return rows


def _disputed(lines: gpd.GeoDataFrame | None, left: float) -> list[dict[str, Any]]:
    if lines is None or lines.empty:
        return []
    return [{"shape": s} for s in shapely.simplify(unwrap(lines.geometry.to_numpy(), left), 0.03)]


def _within(
    keys: npt.NDArray[Any],
    geometries: Geometries,
    boxes: Sequence[tuple[float, float, float, float]],
) -> list[Any]:
    if not boxes:
        return []
    area = shapely.union_all([shapely.box(*bounds) for bounds in boxes])
    shapely.prepare(area)
    return list(keys[shapely.intersects(area, geometries)])


def _touches(geometry: BaseGeometry, longitude: float) -> bool:
    west, _, east, _ = geometry.bounds
    if not west <= longitude <= east:
        return False
    return bool(np.isclose(shapely.get_coordinates(geometry)[:, 0], longitude, atol=1e-9).any())


def _collect(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    if len(parts) == 1:
        return parts[0]
    if parts[0].geom_type == "LineString":
        return shapely.MultiLineString(list(parts))
    return shapely.MultiPolygon([p for p in parts if p.geom_type == "Polygon"])


def _clip_poles(geometries: Geometries) -> Geometries:
    bounds = shapely.bounds(geometries)
    for i in np.flatnonzero((bounds[:, 1] < -MAX_LATITUDE) | (bounds[:, 3] > MAX_LATITUDE)):
        geometries[i] = shapely.clip_by_rect(geometries[i], -400, -MAX_LATITUDE, 400, MAX_LATITUDE)
    return geometries


def _without_specks(
    geometry: BaseGeometry, area: float, close: BaseGeometry | None = None
) -> BaseGeometry:
    """Drop parts smaller than `area` square degrees, save the largest and those that lie close."""
    parts = shapely.get_parts(geometry)
    if len(parts) <= 1:
        return geometry
    sizes = shapely.area(parts)
    keep = (sizes >= area) | (sizes == sizes.max())
    if close is not None:
        keep |= shapely.intersects(close, parts)
    return geometry if keep.all() else _collect(parts[keep].tolist())


def _label(geometry: BaseGeometry) -> dict[str, Any]:
    """Return a point well inside the largest part, and that part's width in degrees."""
    parts = shapely.get_parts(geometry)
    if len(parts) == 0:
        return {}
    largest = parts[int(np.argmax(shapely.area(parts)))]
    west, _, east, _ = largest.bounds
    point = shapely.point_on_surface(largest)
    return {"at": [round(point.y, 2), round(point.x, 2)], "wide": round(east - west, 2)}


def _encode(entries: list[dict[str, Any]], key: str, grid: float) -> None:
    """Replace the geometry under `key` of each entry by its encoded rings, in place."""
    lines = iter(_polylines(np.array([entry[key] for entry in entries], dtype=object), grid))
    for entry in entries:
        parts = shapely.get_parts(entry[key])
        if entry[key].geom_type.endswith("LineString"):
            entry[key] = [next(lines) for _ in parts]
        else:
            entry[key] = [
                [next(lines) for _ in range(1 + int(shapely.get_num_interior_rings(p)))]
                for p in parts
            ]


def _polylines(geometries: Geometries, grid: float) -> list[str]:
    """Encode all rings (or lines) of all geometries, in order, latitude before longitude.

    The encoded polyline algorithm format: differences between neighbouring points, zigzag, in
    groups of five bits, each as one printable character.
    """
    rings = np.array(
        [
            ring
            for part in shapely.get_parts(geometries)
            for ring in (shapely.get_rings(part) if part.geom_type == "Polygon" else [part])
        ],
        dtype=object,
    )
    if len(rings) == 0:
        return []
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    steps = np.rint(xy[:, ::-1] / grid).astype(np.int64)
    first = np.r_[True, ring[1:] != ring[:-1]]
    steps[1:] = np.where(first[1:, None], steps[1:], steps[1:] - steps[:-1])
    # Points that fall on the one before say nothing, but a ring keeps its first.
    kept = first | steps.any(axis=1)
    steps, ring = steps[kept], ring[kept]
    values = ((steps << 1) ^ (steps >> 63)).ravel()
    groups = np.arange(6) * 5
    rest = values[:, None] >> groups
    used = (rest > 0) | (groups == 0)
    more = (values[:, None] >> (groups + 5)) > 0
    text = (((rest & 31) | np.where(more, 32, 0)) + 63).astype(np.uint8)[used].tobytes()
    ends = np.cumsum(np.bincount(ring.repeat(2), used.sum(axis=1), minlength=len(rings)))
    decoded = text.decode("ascii")
    cuts = [0, *ends.astype(int).tolist()]
    return [decoded[a:b] for a, b in itertools.pairwise(cuts)]
