"""The regions that places lie in, as a table.

**regions** (index ``region_id``: a row a region that is mentioned or has places that are)
    name, country_code, country_name
        What it is called.
    places, n_places
        Ids of the places in it, the region itself not among them; how many.
    n_mentions, n_literal, n_associative, n_articles
        Mentions of the region itself and of what lies in it; the articles that have one.
    area_km2
        Its area (``float64``), on the ellipsoid; missing without geometry.
    density
        Mentions per 1,000 km² (``float64``).
    geometry
        Polygon, or None where geomap has none.

A region is a country ("UA"), a first-order region ("UA.21"), a second-order one ("UA.21.2109")
or a polygon of the user's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geomap.errors import UsageError
from geomap.regions.measures import areas_km2
from geomap.regions.outlines import admin1_boundaries, country_boundaries, country_names
from geomap.regions.tables import CRS, Row, geotable

Level = Literal["country", "admin1", "admin2"]

_REGIONS = {
    "name": "str",
    "country_code": "str",
    "country_name": "str",
    "places": "object",
    "n_places": "int64",
    "n_mentions": "int64",
    "n_literal": "int64",
    "n_associative": "int64",
    "n_articles": "int64",
    "area_km2": "float64",
    "density": "float64",
}


def regions_table(
    places: gpd.GeoDataFrame,
    mentions: gpd.GeoDataFrame,
    level: Level = "admin1",
    *,
    polygons: gpd.GeoDataFrame | None = None,
    name_of: Callable[[str], str | None] | None = None,
) -> gpd.GeoDataFrame:
    """Return the table of regions.

    Parameters
    ----------
    places, mentions
        The tables of places and of mentions.
    level
        Which regions: countries, first-order or second-order ones. geomap has no outlines of
        second-order regions: their geometry is None.
    polygons
        The user's polygons that `places` are grouped by, indexed by region id; they take the
        place of the first-order regions.
    name_of
        Knows the names of regions by id, where neither a mention nor an outline says it.

    Raises
    ------
    GazetteerError
        geomap's outlines are missing or damaged.
    """
    own = polygons is not None
    region_ids, itself = _levels(places, own)[level]
    grouped = places.assign(region_id=region_ids, itself=itself)[region_ids.notna()]
    wanted = list(dict.fromkeys(grouped["region_id"]))
    outlines = polygons if polygons is not None else _outlines(level, wanted)
    countries = country_names()
    units = mentions["place_id"].map(region_ids)
    articles = mentions["article_id"].groupby(units).nunique()
    called = grouped["name"].where(grouped["itself"])
    if level == "admin1":
        called = called.fillna(grouped["admin1_name"])
    rows: list[Row] = []
    for region_id, inside in grouped.groupby("region_id", sort=False):
        members = list(inside.index[~inside["itself"]])
        country_code = _country(str(region_id), inside, own)
        # The name of its own row, where it has one, goes before what other places say of it.
        order = np.argsort(~inside["itself"], kind="stable")
        names = [] if own else list(called[inside.index].iloc[order].dropna()[:1])
        drawn = outlines["name"].get(region_id) or (name_of and name_of(str(region_id)))
        rows.append(
            {
                "region_id": region_id,
                "name": names[0] if names else drawn or region_id,
                "country_code": country_code,
                "country_name": countries.get(country_code or ""),
                "places": members,
                "n_places": len(members),
                "n_mentions": inside["n_mentions"].sum(),
                "n_literal": inside["n_literal"].sum(),
                "n_associative": inside["n_associative"].sum(),
                "n_articles": articles.get(region_id, 0),
                "area_km2": np.nan,
                "density": np.nan,
            }
        )
    shapes = [outlines.geometry.get(row["region_id"]) for row in rows]
    table = geotable(rows, _REGIONS, "region_id", shapes)
    table["area_km2"] = areas_km2(table.geometry)
    table["density"] = 1000 * table["n_mentions"] / table["area_km2"]
    return table


def own_polygons(polygons: gpd.GeoDataFrame, on: str) -> gpd.GeoDataFrame:
    """Return a user's polygons, checked, as `regions_table` and the table of places take them.

    Parameters
    ----------
    polygons
        Polygons in any CRS.
    on
        The column that names them, each once.

    Returns
    -------
    GeoDataFrame
        name, geometry in EPSG:4326; the index ``region_id`` is the name. Rows without geometry
        are left out.

    Raises
    ------
    UsageError
        There is no such column or CRS, a name comes twice, or something is no polygon.
    """
    if not isinstance(polygons, gpd.GeoDataFrame):
        raise UsageError("the polygons must be a GeoDataFrame: read them with geopandas.read_file")
    if on not in polygons.columns:
        has = ", ".join(map(str, polygons.columns))
        raise UsageError(f"the polygons have no column {on!r}: take one of {has}")
    if polygons.crs is None:
        raise UsageError(
            'the polygons have no CRS: say which with set_crs, for example set_crs("EPSG:4326")'
        )
    shapes = polygons.geometry.make_valid().to_crs(CRS)
    kept = ~(shapes.isna() | shapes.is_empty)
    names, shapes = polygons.loc[kept, on].astype(str), shapes[kept]
    kinds = set(polygons.geometry[kept].geom_type) - {"Polygon", "MultiPolygon"}
    if kinds:
        raise UsageError(f"places lie in polygons, not in {kinds.pop()}s: leave those rows out")
    twice = names[names.duplicated()]
    if len(twice):
        mend = f"take another column, or unite them with dissolve({on!r})"
        raise UsageError(f"{twice.iloc[0]!r} names several polygons: {mend}")
    west, south, east, north = shapes.total_bounds if len(shapes) else (0, 0, 0, 0)
    if not (-181 <= west <= east <= 361 and -91 <= south <= north <= 91):
        raise UsageError(
            f"the polygons lie outside the Earth: their CRS is not {polygons.crs.to_string()}; "
            "set the right one with set_crs(..., allow_override=True)"
        )
    index = pd.Index(names, dtype="str", name="region_id")
    return gpd.GeoDataFrame(
        {"name": names.to_numpy()}, index=index, geometry=shapes.to_numpy(), crs=CRS
    )


def _levels(places: gpd.GeoDataFrame, own: bool) -> Mapping[str, tuple[Any, Any]]:
    """Return for each level the places' region ids, and which places are the region itself."""
    country = places["country_code"]
    second = country + "." + places["admin1_code"] + "." + places["admin2_code"]
    code = places["feature_code"]
    region = places["kind"] == "region"
    return {
        "country": (country, places["kind"] == "country"),
        "admin1": (places["region_id"], region & (code == "ADM1") & (not own)),
        "admin2": (second, region & (code == "ADM2")),
    }


def _outlines(level: Level, region_ids: list[str]) -> gpd.GeoDataFrame:
    if level == "country":
        return country_boundaries().set_index("country_code")
    known = admin1_boundaries(region_ids=region_ids if level == "admin1" else [])
    return known.set_index("region_id")


def _country(region_id: str, inside: pd.DataFrame, own: bool) -> str | None:
    if not own:
        return region_id.partition(".")[0]
    codes = inside["country_code"].dropna().unique()
    return str(codes[0]) if len(codes) == 1 else None
