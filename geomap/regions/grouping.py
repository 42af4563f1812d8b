"""Which first-order region a place belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geomap.records import Place
from geomap.regions.measures import EARTH_KM, areas_km2, distances_km
from geomap.regions.outlines import admin1_boundaries, country_boundaries

#: A point without codes outside all polygons belongs to the nearest region within so many km.
NEAREST_KM = 25.0
#: A natural feature without codes that reaches farther than this, in km, lies in no one region.
LARGE_KM = 25.0

#: Outlines are measured at points no farther apart than so many degrees.
_STEP = 0.005

Grouping = tuple[str | None, str | None]


class Codes(NamedTuple):
    """Where a place lies, by codes and name: as in `geomap.records.Place`."""

    country_code: str | None
    admin1_code: str | None
    admin1_name: str | None


def group(places: Iterable[Place]) -> dict[str, Grouping]:
    """Say which first-order region each place belongs to, and whence that is known.

    A place that has an admin-1 code belongs to that region, wherever polygons put it: outlines
    are off by a kilometre or two, codes are not. A point without one belongs to the region whose
    polygon holds it, else to the nearest within `NEAREST_KM` on the sphere; either is one of its
    own country where it has a country code. Countries, regions without a code and natural
    features without one that reach farther than `LARGE_KM` belong to none.

    Returns
    -------
    dict
        Place id -> (region id, ``code``, ``polygon`` or ``nearest``), or (None, None).

    Raises
    ------
    GazetteerError
        geomap's outlines are missing or damaged.
    """
    groups: dict[str, Grouping] = {}
    points = []
    for place in places:
        groups[place.id] = (None, None)
        if place.kind == "country":
            continue
        if place.country_code and place.admin1_code and place.admin1_code != "00":
            groups[place.id] = (f"{place.country_code}.{place.admin1_code}", "code")
        elif _is_point(place):
            points.append(place)
    if points:
        outlines = _Outlines({place.country_code for place in points})
        groups.update({place.id: outlines.find(place) for place in points})
    return groups


def group_by(places: Iterable[Place], polygons: gpd.GeoDataFrame) -> dict[str, Grouping]:
    """Say which polygon each place lies in: one only, the smallest where several hold it.

    Countries, and places that reach farther than `LARGE_KM`, lie in no one polygon.

    Parameters
    ----------
    places
        The places.
    polygons
        Indexed by region id, in EPSG:4326.

    Returns
    -------
    dict
        Place id -> (region id, ``polygon``), or (None, None).
    """
    smallest_first = polygons.iloc[np.argsort(areas_km2(polygons.geometry), kind="stable")]
    tree = shapely.STRtree(smallest_first.geometry.to_numpy())
    groups: dict[str, Grouping] = {}
    for place in places:
        groups[place.id] = (None, None)
        if place.kind != "country" and place.radius_km <= LARGE_KM:
            point = shapely.Point(place.longitude, place.latitude)
            inside = tree.query(point, predicate="intersects")
            if len(inside):
                groups[place.id] = (str(smallest_first.index[inside.min()]), "polygon")
    return groups


def codes(places: Iterable[Place], groups: Mapping[str, Grouping]) -> dict[str, Codes]:
    """Say where each place lies: by its own codes, and what it lacks of them by the outlines.

    Parameters
    ----------
    places
        The places.
    groups
        Their groups, as :func:`group` gives them.

    Returns
    -------
    dict
        Place id -> codes. A place without a code of its country that is in no region gets that
        of the country whose outline holds it.

    Raises
    ------
    GazetteerError
        geomap's outlines are missing or damaged.
    """
    found: dict[str, Codes] = {}
    lost = []
    by_outline = {region_id for region_id, by in groups.values() if region_id and by != "code"}
    names: dict[str, str] = {}
    if by_outline:
        known = admin1_boundaries(region_ids=by_outline)
        names = dict(zip(known["region_id"], known["name"], strict=True))
    for place in places:
        region_id, _ = groups[place.id]
        own = Codes(place.country_code, place.admin1_code, place.admin1_name)
        if region_id in names:
            country, _, admin1 = region_id.partition(".")
            own = Codes(country, admin1, place.admin1_name or names[region_id])
        elif place.country_code is None and _is_point(place):
            lost.append(place)
        found[place.id] = own
    if lost:
        countries = country_boundaries()
        tree = shapely.STRtree(countries.geometry.to_numpy())
        points = shapely.points([(place.longitude, place.latitude) for place in lost])
        for row, country_row in tree.query(points, predicate="intersects").T:
            code = str(countries["country_code"].iloc[country_row])
            found[lost[row].id] = found[lost[row].id]._replace(country_code=code)
    return found


def _is_point(place: Place) -> bool:
    """Whether polygons may say where a place lies, which has no codes."""
    if place.kind == "natural":
        return place.radius_km <= LARGE_KM
    return place.kind not in ("country", "region")


class _Outlines:
    """Finds the region of a point by the polygons.

    Parameters
    ----------
    country_codes
        Countries that the points may lie in; with None among them, any.
    """

    def __init__(self, country_codes: set[str | None]) -> None:
        known = {code for code in country_codes if code}
        self._regions = admin1_boundaries(None if None in country_codes else known)
        self._codes = self._regions["country_code"].to_numpy()
        self._polygons = self._regions.geometry.to_numpy()
        self._tree = shapely.STRtree(self._polygons)

    @cached_property
    def _countries(self) -> shapely.STRtree:
        return shapely.STRtree(country_boundaries().geometry.to_numpy())

    def find(self, place: Place) -> Grouping:
        point = shapely.Point(place.longitude, place.latitude)
        inside = self._of_its_country(self._tree.query(point, predicate="intersects"), place)
        if len(inside):
            return self._region_id(inside[0]), "polygon"
        if not place.country_code and len(self._countries.query(point, predicate="intersects")):
            return None, None  # in a country without regions: its neighbours' are not meant
        boxes = _surroundings(place)
        near = self._of_its_country(np.unique(self._tree.query(boxes)[1]), place)
        distances = {_distance_km(place, self._polygons[i], boxes): i for i in near}
        nearest = min(distances, default=np.inf)
        if nearest > NEAREST_KM:
            return None, None
        return self._region_id(distances[nearest]), "nearest"

    def _of_its_country(self, rows: npt.NDArray[np.int64], place: Place) -> npt.NDArray[np.int64]:
        return rows[self._codes[rows] == place.country_code] if place.country_code else rows

    def _region_id(self, row: np.int64) -> str:
        return str(self._regions["region_id"].iloc[row])


def _surroundings(place: Place) -> list[BaseGeometry]:
    """Return boxes, in degrees, that hold all within `NEAREST_KM`, also across 180 degrees."""
    reach = np.degrees(NEAREST_KM / EARTH_KM)
    south, north = max(place.latitude - reach, -90.0), min(place.latitude + reach, 90.0)
    shrunk = np.cos(np.radians(max(abs(south), abs(north))))
    width = min(reach / max(shrunk, 1e-9), 180.0)
    return [
        shapely.box(longitude - width, south, longitude + width, north)
        for longitude in (place.longitude - 360, place.longitude, place.longitude + 360)
    ]


def _distance_km(place: Place, polygon: BaseGeometry, boxes: list[BaseGeometry]) -> float:
    """Return how far a point lies from the part of a polygon that is in boxes, on the sphere."""
    parts = [shapely.clip_by_rect(polygon, *box.bounds) for box in boxes]
    corners = shapely.get_coordinates(shapely.segmentize(parts, _STEP))
    if not len(corners):
        return np.inf
    longitudes, latitudes = corners.T
    return float(distances_km(place.latitude, place.longitude, latitudes, longitudes).min())
