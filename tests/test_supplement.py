"""The facts written by hand, held against the outlines of the countries and the source's ids."""

import csv

import geopandas
import pytest

from geomap import settings

#: How far from its country a place may lie, in km, beside its own radius: outlines are
#: simplified, and ports, platforms and islands lie off them.
TOLERANCE = {"settlement": 10, "facility": 25, "region": 40, "natural": 60}

#: Platforms at sea, and islets that the outlines leave out.
OFFSHORE = {
    "geomap:basra-oil-terminal", "geomap:south-pars", "geomap:bikini-atoll",
    "geomap:dry-tortugas-national-park", "geomap:howland-island", "geomap:isla-de-aves",
    "geomap:kastellorizo", "geomap:matsu-islands", "geomap:okinotorishima",
    "geonames:282727",  # in the West Bank; GeoNames gives it to Israel
}  # fmt: skip


@pytest.fixture(scope="module")
def rows():
    with (settings.DATA / "supplement.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def test_ids_are_unique_and_rows_sorted(rows):
    keys = [(row["kind"], row["id"]) for row in rows]
    assert keys == sorted(set(keys))
    assert len({row["id"] for row in rows}) == len(rows)


def test_each_lies_in_the_country_it_names(rows):
    countries = geopandas.read_parquet(settings.DATA / "countries.parquet")
    outlines = countries.set_index("country_code").geometry.to_crs("ESRI:54034")
    points = geopandas.GeoDataFrame(
        rows,
        geometry=geopandas.points_from_xy(
            [float(row["longitude"]) for row in rows], [float(row["latitude"]) for row in rows]
        ),
        crs="EPSG:4326",
    )
    points = points[points.country_code.isin(outlines.index)].to_crs("ESRI:54034")
    off = points.distance(
        geopandas.GeoSeries(outlines[points.country_code].array, points.index, crs=points.crs)
    )
    allowed = 1000 * (
        points.kind.map(TOLERANCE).fillna(0) + points.radius_km.replace("", "0").astype(float)
    )
    wrong = points[(off > allowed) & ~points.id.isin(OFFSHORE)]
    assert not len(wrong), "\n".join(
        f"{row.id} {row['name']} is {off[number] / 1000:.0f} km off {row.country_code}"
        for number, row in wrong.iterrows()
    )
    assert len(points) > 15_000
