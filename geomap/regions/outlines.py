"""The outlines that geomap carries, made by :mod:`geomap.boundary_build`.

Natural Earth's, 1:10m, public domain. Countries are ISO 3166's: Crimea and Sevastopol are
Ukraine's. All are in EPSG:4326 and cut at 180 degrees; regions and countries agree to the last
vertex of their borders.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geomap import settings
from geomap.errors import GazetteerError


def admin1_boundaries(
    country_codes: Collection[str] | None = None, region_ids: Collection[str] | None = None
) -> gpd.GeoDataFrame:
    """Return the outlines of first-order regions.

    Parameters
    ----------
    country_codes, region_ids
        Only those of these countries ("UA"); only these ("UA.21"). None: all.

    Returns
    -------
    GeoDataFrame
        region_id, country_code, name, approximate (the source is older than the region, whose
        inner borders are drawn between settlements), geometry.

    Raises
    ------
    GazetteerError
        The file is missing or damaged.
    """
    keep = pc.scalar(True)
    if country_codes is not None:
        keep &= pc.field("country_code").isin(pa.array(country_codes, pa.string()))
    if region_ids is not None:
        keep &= pc.field("region_id").isin(pa.array(region_ids, pa.string()))
    return _read("admin1.parquet", keep)


def country_boundaries() -> gpd.GeoDataFrame:
    """Return the outlines of countries: country_code, name, geometry.

    Raises
    ------
    GazetteerError
        The file is missing or damaged.
    """
    return _read("countries.parquet")


def disputed_borders() -> gpd.GeoDataFrame:
    """Return lines that are claimed or held as borders and are none here: name, geometry.

    Raises
    ------
    GazetteerError
        The file is missing or damaged.
    """
    return _read("disputed.parquet")


def lakes() -> gpd.GeoDataFrame:
    """Return lakes of 200 km² and more: name ("" if unknown), kind, scalerank (0 to 5), geometry.

    Raises
    ------
    GazetteerError
        The file is missing or damaged.
    """
    return _read("water.parquet")


@cache
def country_names() -> dict[str, str]:
    """Return country code -> name.

    Raises
    ------
    GazetteerError
        The file is missing or damaged.
    """
    path = settings.DATA / "countries.parquet"
    try:
        table = pq.read_table(path, columns=["country_code", "name"]).to_pydict()
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    return dict(zip(table["country_code"], table["name"], strict=True))


def _read(name: str, keep: pa.compute.Expression | None = None) -> gpd.GeoDataFrame:
    path = settings.DATA / name
    try:
        return gpd.read_parquet(path, filters=keep)
    except (OSError, ValueError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> GazetteerError:
    return GazetteerError(f"{path}: missing or damaged outlines; install geomap again")
