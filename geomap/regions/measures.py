"""Distances, areas and clusters on the Earth, never in degrees."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt

#: Mean radius of the Earth (IUGG), in km.
EARTH_KM = 6371.0088
#: EASE-Grid 2.0, a cylindrical projection that keeps areas.
_EQUAL_AREA = "EPSG:6933"

Floats = npt.NDArray[np.float64]


def distances_km(
    latitude: npt.ArrayLike,
    longitude: npt.ArrayLike,
    latitudes: npt.ArrayLike,
    longitudes: npt.ArrayLike,
) -> Floats:
    """Return great-circle distances in km, by the haversine formula; arrays are broadcast.

    The sphere is off by at most 0.6 % against the ellipsoid.

    Parameters
    ----------
    latitude, longitude, latitudes, longitudes
        Decimal degrees.
    """
    here, there = np.radians(latitude), np.radians(latitudes)
    apart = np.radians(longitudes) - np.radians(longitude)
    haversine = (
        np.sin((there - here) / 2) ** 2 + np.cos(here) * np.cos(there) * np.sin(apart / 2) ** 2
    )
    km: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(haversine, 1.0)))
    return km


def areas_km2(outlines: gpd.GeoSeries) -> Floats:
    """Return areas in km², by an equal-area projection (EPSG:6933); NaN without geometry."""
    if outlines.isna().all():
        return np.full(len(outlines), np.nan)
    areas: Floats = outlines.to_crs(_EQUAL_AREA).area.to_numpy() / 1e6
    return areas


def clusters(latitudes: Floats, longitudes: Floats, reach_km: float) -> npt.NDArray[np.int64]:
    """Return the number of each point's cluster, from 0 in the order of their first points.

    Two points are in one cluster if one can be reached from the other by steps of at most
    `reach_km` from point to point (single linkage; DBSCAN with no least number of points).

    Parameters
    ----------
    latitudes, longitudes
        Decimal degrees.
    reach_km
        The longest step.
    """
    numbers = np.full(len(latitudes), -1)
    for first in range(len(latitudes)):
        if numbers[first] >= 0:
            continue
        number, edge = numbers.max() + 1, [first]
        numbers[first] = number
        while edge:
            at = edge.pop()
            left = np.flatnonzero(numbers < 0)
            apart = distances_km(latitudes[at], longitudes[at], latitudes[left], longitudes[left])
            reached = left[apart <= reach_km]
            numbers[reached] = number
            edge.extend(reached)
    return numbers


def middle(latitudes: Floats, longitudes: Floats) -> tuple[float, float]:
    """Return latitude and longitude of the middle of points, on the sphere.

    Parameters
    ----------
    latitudes, longitudes
        Decimal degrees.
    """
    phi, lam = np.radians(latitudes), np.radians(longitudes)
    x, y, z = (
        (np.cos(phi) * np.cos(lam)).sum(),
        (np.cos(phi) * np.sin(lam)).sum(),
        np.sin(phi).sum(),
    )
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))
