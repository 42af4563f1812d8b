"""What the atlas measures, filters and joins."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geomap import export, regions
from geomap.atlas import Atlas
from geomap.errors import UsageError
from geomap.records import KINDS, Article, ParsedArticle, Place, Resolution, Toponym
from geomap.regions.measures import EARTH_KM, clusters, distances_km, middle

UKRAINE = Place("geonames:690791", "Ukraine", 49.0, 32.0, "country", "PCLI", "UA", radius_km=438)
RUSSIA = Place("geonames:2017370", "Russia", 60.0, 100.0, "country", "PCLI", "RU", radius_km=2000)
SUMY = Place(
    "admin1:UA.21", "Sumy Oblast", 51.0, 34.0, "region", "ADM1", "UA", "21", "Sumy Oblast",
    radius_km=90,
)  # fmt: skip
RAION = Place(
    "admin2:UA.05.1402", "Bakhmut Raion", 48.6, 38.0, "region", "ADM2", "UA", "05", None, "1402",
    radius_km=28,
)  # fmt: skip
BAKHMUT = Place(
    "geonames:713174", "Bakhmut", 48.5944, 38.0007, "settlement", "PPLA2", "UA", "05",
    "Donetsk Oblast", "1402",
)  # fmt: skip
NOVENKE = Place("geonames:805767", "Noven'ke", 51.22021, 35.10538, "settlement", "PPL", "UA", "21")
SUDZHA = Place("geonames:486137", "Sudzha", 51.19, 35.27, "settlement", "PPLA2", "RU", "41")
TOKYO = Place("geonames:1850147", "Tokyo", 35.6895, 139.69171, "settlement", "PPLC", "JP", "40")
BLACK_SEA = Place("geomap:black-sea", "Black Sea", 43.4, 34.3, "natural", "SEA", radius_km=550)
PLACES = [UKRAINE, RUSSIA, SUMY, RAION, BAKHMUT, NOVENKE, SUDZHA, TOKYO, BLACK_SEA]

Mention = tuple[Place | None, str, float]


def article(
    article_id: str, mentions: list[Mention], published: date | None = None
) -> ParsedArticle:
    text, found = "", []
    for place, role, confidence in mentions:
        name = place.name if place else "Atlantis"
        found.append(
            Resolution(Toponym(name, len(text), len(text) + len(name), role), place, confidence)
        )
        text += f"{name}. "
    return ParsedArticle(Article(article_id, text or "-", published=published), tuple(found))


LITERAL, ASSOCIATIVE = "literal", "associative"


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas(
        [
            article(
                "a",
                [
                    (NOVENKE, LITERAL, 0.9),
                    (SUDZHA, LITERAL, 0.8),
                    (SUMY, LITERAL, 0.9),
                    (UKRAINE, ASSOCIATIVE, 1.0),
                    (RUSSIA, ASSOCIATIVE, 1.0),
                    (NOVENKE, LITERAL, 0.7),
                    (None, LITERAL, 0.0),
                ],
                date(2024, 8, 6),
            ),
            article(
                "b",
                [
                    (BAKHMUT, LITERAL, 0.9),
                    (RAION, LITERAL, 0.9),
                    (TOKYO, ASSOCIATIVE, 0.5),
                    (BLACK_SEA, LITERAL, 0.9),
                ],
                date(2025, 3, 14),
            ),
            article("c", [(None, LITERAL, 0.0)]),
        ]
    )


# ---------------------------------------------------------------- filters


def names(atlas: Atlas) -> list[str]:
    return list(atlas.mentions["text"])


def test_filters_combine(atlas: Atlas) -> None:
    assert names(atlas.filter()) == names(atlas)
    assert names(atlas.filter(role="associative")) == ["Ukraine", "Russia", "Tokyo"]
    assert "Atlantis" in names(atlas.filter(role="literal"))
    assert "Atlantis" not in names(atlas.filter(min_confidence=0.01))
    assert names(atlas.filter(kind="region")) == ["Sumy Oblast", "Bakhmut Raion"]
    assert names(atlas.filter(country=["RU", "JP"])) == ["Sudzha", "Russia", "Tokyo"]
    assert names(atlas.filter(country="UA", kind={"settlement"}, min_confidence=0.8)) == [
        "Noven'ke",
        "Bakhmut",
    ]


def test_days_choose_articles_and_other_filters_do_not(atlas: Atlas) -> None:
    assert list(atlas.filter(country="JP").articles.index) == ["a", "b", "c"]
    assert list(atlas.filter(since="2024-08-06").articles.index) == ["a", "b"]
    assert list(atlas.filter(since=date(2024, 8, 7)).articles.index) == ["b"]
    assert list(atlas.filter(until="2025-03-14").articles.index) == ["a", "b"]
    assert list(atlas.filter(since="2024-08-06", until="2024-08-06").articles.index) == ["a"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"role": "metonymic"}, "take one of literal, associative"),
        ({"kind": ["settlement", "village"]}, "'village' is no kind of place"),
        ({"country": "ua"}, 'give one like "UA"'),
        ({"country": ["UA", "ZZ"]}, "'ZZ'"),
        ({"min_confidence": 90}, "from 0 to 1"),
        ({"since": "6 August 2024"}, "2024-08-06"),
    ],
)
def test_a_filter_that_makes_no_sense(atlas: Atlas, options: dict, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        atlas.filter(**options)


def test_a_point_without_codes_is_found_by_its_country() -> None:
    spot = Place("coordinates:51.5,35.5", "Spot", 51.5, 35.5, "settlement", source="correction")
    atlas = Atlas([article("a", [(spot, LITERAL, 1.0), (TOKYO, LITERAL, 1.0)])])
    assert names(atlas.filter(country="RU")) == ["Spot"]
    assert list(atlas.regions_at("country").index) == ["RU", "JP"]
    zone = gpd.GeoDataFrame({"n": ["z"]}, geometry=[shapely.box(35, 51, 36, 52)], crs=4326)
    joined = atlas.join(zone, on="n")
    assert joined.places.loc[spot.id, ["country_code", "admin1_name", "region_id"]].tolist() == [
        "RU", "Kursk Oblast", "z",
    ]  # fmt: skip


mentions_of = st.tuples(
    st.sampled_from([*PLACES, None]), st.sampled_from([LITERAL, ASSOCIATIVE]), st.floats(0, 1)
).map(lambda one: one if one[0] else (None, one[1], 0.0))
days = st.none() | st.dates(date(2024, 1, 1), date(2024, 1, 9))
atlases = st.lists(st.tuples(st.lists(mentions_of, max_size=6), days), max_size=3).map(
    lambda rows: Atlas(article(str(n), found, day) for n, (found, day) in enumerate(rows))
)


@settings(max_examples=40, deadline=None)
@given(
    atlases,
    st.none() | st.sampled_from([LITERAL, ASSOCIATIVE]),
    st.floats(0, 1),
    st.none() | st.sets(st.sampled_from(KINDS)),
    st.none() | st.sets(st.sampled_from(["UA", "RU", "JP"])),
    days,
    days,
)
def test_a_filter_is_what_the_table_says(
    atlas, role, least, kinds, countries, since, until
) -> None:
    found = atlas.filter(
        role=role, min_confidence=least, kind=kinds, country=countries, since=since, until=until
    )
    table = atlas.mentions.join(atlas.articles["published"], on="article_id")
    keep = pd.Series(True, index=table.index)
    if role:
        keep &= table["role"] == role
    if least > 0:
        keep &= table["place_id"].notna() & (table["confidence"] >= least)
    if kinds is not None:
        keep &= table["kind"].isin(kinds)
    if countries is not None:
        keep &= table["country_code"].isin(countries)
    day = pd.to_datetime(table["published"].astype(object))
    if since:
        keep &= day >= pd.Timestamp(since)
    if until:
        keep &= day <= pd.Timestamp(until)
    columns = ["article_id", "start", "place_id", "role"]
    left, right = found.mentions[columns], table.loc[keep, columns]
    pd.testing.assert_frame_equal(left.reset_index(drop=True), right.reset_index(drop=True))


# ---------------------------------------------------------------- levels


def test_countries(atlas: Atlas) -> None:
    table = atlas.regions_at("country")
    assert list(table.index) == ["UA", "RU", "JP"]
    ukraine = table.loc["UA"]
    assert ukraine["name"] == ukraine["country_name"] == "Ukraine"
    assert ukraine["places"] == [NOVENKE.id, SUMY.id, BAKHMUT.id, RAION.id]
    assert ukraine[["n_mentions", "n_literal", "n_associative", "n_articles"]].tolist() == [
        6, 5, 1, 2,
    ]  # fmt: skip
    assert ukraine.geometry.contains(shapely.Point(34.1, 45.0)), "Simferopol"
    assert ukraine["area_km2"] == pytest.approx(603_628, rel=0.01)  # with Crimea


def test_second_order_regions(atlas: Atlas) -> None:
    table = atlas.regions_at("admin2")
    assert list(table.index) == ["UA.05.1402"]
    row = table.loc["UA.05.1402"]
    assert (row["name"], row["country_name"]) == ("Bakhmut Raion", "Ukraine")
    assert row["places"] == [BAKHMUT.id]
    assert row["n_mentions"] == 2
    assert row.geometry is None
    assert pd.isna(row["area_km2"])
    alone = Atlas([article("a", [(BAKHMUT, LITERAL, 0.9)])]).regions_at("admin2")
    assert alone.loc["UA.05.1402", "name"] != "UA.05.1402", "the gazetteer knows its name"


def test_first_order_regions_are_the_regions(atlas: Atlas) -> None:
    assert atlas.regions_at("admin1") is atlas.regions
    assert list(atlas.regions.index) == ["UA.21", "RU.41", "UA.05", "JP.40"]
    with pytest.raises(UsageError, match="country, admin1, admin2"):
        atlas.regions_at("admin3")


def test_levels_have_the_same_columns_with_and_without_rows(atlas: Atlas) -> None:
    for one in (atlas, Atlas([])):
        for level in ("country", "admin2"):
            pd.testing.assert_series_equal(one.regions_at(level).dtypes, atlas.regions.dtypes)


@settings(max_examples=25, deadline=None)
@given(atlases)
def test_levels_count_every_mention_once(atlas: Atlas) -> None:
    placed = atlas.mentions[atlas.mentions["country_code"].notna()]
    table = atlas.regions_at("country")
    assert table["n_mentions"].sum() == len(placed)
    assert dict(table["n_articles"]) == dict(placed.groupby("country_code")["article_id"].nunique())
    assert (table["n_places"] == table["places"].map(len)).all()


# ---------------------------------------------------------------- measures

latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)
points = st.tuples(latitudes, longitudes)


@given(points, points)
def test_distances_are_those_of_the_geodesic_within_a_percent(one, other) -> None:
    km = float(distances_km(*one, *other))
    geod = pyproj.Geod(ellps="WGS84")
    _, _, metres = geod.inv(one[1], one[0], other[1], other[0])
    assert km == pytest.approx(metres / 1000, rel=0.01, abs=1e-3) or km > 19_900
    assert km == pytest.approx(float(distances_km(*other, *one)))
    assert 0 <= km <= np.pi * EARTH_KM + 1e-6


def test_areas_are_those_of_the_ellipsoid() -> None:
    geod = pyproj.Geod(ellps="WGS84")
    table = regions.admin1_boundaries(["UA", "RU", "FJ", "NO"])
    # Between two vertices an outline is straight in degrees, and the shortest way is not.
    fine = shapely.segmentize(table.geometry.to_numpy(), 0.02)
    exact = [abs(geod.geometry_area_perimeter(shape)[0]) / 1e6 for shape in fine]
    assert regions.areas_km2(table.geometry) == pytest.approx(exact, rel=2e-4)


def test_area_and_density(atlas: Atlas) -> None:
    sumy = atlas.regions.loc["UA.21"]
    assert sumy["area_km2"] == pytest.approx(23_834, rel=0.03)
    assert sumy["density"] == pytest.approx(1000 * 3 / sumy["area_km2"])


def test_nearest(atlas: Atlas) -> None:
    found = atlas.nearest(NOVENKE.id, 2)
    assert list(found.index) == [SUDZHA.id, SUMY.id]
    assert found["distance_km"].iloc[0] == pytest.approx(11.9, abs=0.2)
    here = atlas.nearest((NOVENKE.latitude, NOVENKE.longitude), 1)
    assert list(here.index) == [NOVENKE.id]
    assert list(atlas.nearest(shapely.Point(139, 35), 1).index) == [TOKYO.id]
    for wrong in ("geonames:0", (91.0, 0.0), (float("nan"), 0.0)):
        with pytest.raises(UsageError):
            atlas.nearest(wrong)


def test_distances(atlas: Atlas) -> None:
    table = atlas.distances()
    assert list(table.index) == list(table.columns) == list(atlas.places.index)
    at = (TOKYO.longitude, TOKYO.latitude, SUDZHA.longitude, SUDZHA.latitude)
    metres = pyproj.Geod(ellps="WGS84").inv(*at)[2]
    assert table.loc[TOKYO.id, SUDZHA.id] == pytest.approx(metres / 1000, rel=0.006)
    assert np.allclose(table, table.T)
    assert (np.diag(table) == 0).all()
    assert Atlas([]).distances().empty


# ---------------------------------------------------------------- clusters and focus


@given(st.lists(points, max_size=25), st.floats(1, 5000))
def test_clusters_are_the_components_of_what_is_near(found, reach_km) -> None:
    at = np.array(found).reshape(-1, 2)
    numbers = clusters(at[:, 0], at[:, 1], reach_km)
    near = distances_km(at[:, :1], at[:, 1:], at[:, 0], at[:, 1]) <= reach_km
    for _ in found:  # the reach of the reach: transitive closure
        near = (near.astype(int) @ near.astype(int)) > 0
    assert ((numbers[:, None] == numbers) == near).all()
    firsts = list(dict.fromkeys(numbers))
    assert firsts == list(range(len(firsts)))


def test_clusters_of_an_article(atlas: Atlas) -> None:
    table = atlas.clusters()
    assert list(table["article_id"]) == ["a", "b"]
    first, second = table.loc[0], table.loc[1]
    assert first["places"] == [NOVENKE.id, SUDZHA.id, SUMY.id]
    assert first["name"] == "Noven'ke", "the most mentioned"
    assert first["n_mentions"] == 4
    assert second["places"] == [BAKHMUT.id, RAION.id], "the sea is too wide, Tokyo is associative"
    assert 0 < second["radius_km"] < 5
    assert table.crs == "EPSG:4326"
    assert atlas.clusters(5).loc[0, "places"] == [NOVENKE.id]
    with pytest.raises(UsageError, match="more than 0"):
        atlas.clusters(0)
    pd.testing.assert_series_equal(Atlas([]).clusters().dtypes, table.dtypes)


def test_the_middle_lies_across_the_antimeridian() -> None:
    assert middle(np.array([0.0, 0.0]), np.array([179.0, -179.0])) == pytest.approx((0.0, 180.0))


def test_focus(atlas: Atlas) -> None:
    table = atlas.focus()
    assert list(table.index) == ["a", "b", "c"]
    first = table.loc["a"]
    total = 0.9 + 0.8 + 0.9 + 0.5 + 0.5 + 0.7
    assert (first["country_code"], first["country_name"]) == ("UA", "Ukraine")
    assert first["country_score"] == pytest.approx((0.9 + 0.9 + 0.5 + 0.7) / total)
    assert (first["region_id"], first["region_name"]) == ("UA.21", "Sumy Oblast")
    assert first["region_score"] == pytest.approx((0.9 + 0.9 + 0.7) / total)
    assert (first["place_id"], first["place_name"]) == (NOVENKE.id, "Noven'ke")
    assert first["place_score"] == pytest.approx(1.6 / total)
    assert table.loc["b", "region_id"] == "UA.05"
    assert table.loc["c"].isna().all()
    pd.testing.assert_series_equal(Atlas([]).focus().dtypes, table.dtypes)


@settings(max_examples=25, deadline=None)
@given(atlases)
def test_scores_are_shares_and_the_focus_is_nested(atlas: Atlas) -> None:
    table = atlas.focus()
    assert list(table.index) == list(atlas.articles.index)
    places = atlas.places
    for row in table.itertuples():
        scores = [row.country_score, row.region_score, row.place_score]
        known = [score for score in scores if not pd.isna(score)]
        assert all(0 <= score <= 1 + 1e-9 for score in known)
        if not pd.isna(row.region_id):
            assert row.region_id.startswith(f"{row.country_code}.")
            assert row.region_score <= row.country_score + 1e-9
        if not pd.isna(row.place_id):
            assert places.loc[row.place_id, "country_code"] == row.country_code


# ---------------------------------------------------------------- the user's polygons


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"held_by": ["north", "south", "pocket", "nowhere"], "since": [1, 2, 3, 4]},
        geometry=[
            shapely.box(33, 50, 37, 53),
            shapely.box(33, 45, 39, 50),
            shapely.box(35.0, 51.1, 35.2, 51.3),
            None,
        ],
        crs="EPSG:4326",
    )


def test_polygons_of_one_s_own_take_the_place_of_ours(atlas: Atlas, areas) -> None:
    joined = atlas.join(areas, on="held_by")
    assert joined.places["region_id"].dropna().to_dict() == {
        NOVENKE.id: "pocket",
        SUDZHA.id: "north",
        BAKHMUT.id: "south",
    }
    assert set(joined.places["region_by"].dropna()) == {"polygon"}
    table = joined.regions
    assert list(table.index) == list(table["name"]) == ["pocket", "north", "south"]
    assert table.loc["pocket", "n_mentions"] == 2
    assert list(table["country_code"]) == ["UA", "RU", "UA"]
    assert table.loc["south"].geometry.equals(areas.geometry[1])
    assert table.loc["pocket", "area_km2"] == pytest.approx(14 * 22.2, rel=0.02)
    pd.testing.assert_series_equal(table.dtypes, atlas.regions.dtypes)
    assert joined.regions_at("country").loc["UA", "n_places"] == 4
    assert list(joined.regions_at("admin1").index) == list(atlas.regions.index)
    assert list(joined.filter(country="RU").regions.index) == ["north"]
    assert "region_id" in joined.mentions
    assert atlas.regions.index[0] == "UA.21", "the atlas itself is as it was"


def test_a_joined_atlas_is_drawn_and_written(atlas: Atlas, areas, tmp_path) -> None:
    joined = atlas.join(areas, on="held_by")
    joined.save(tmp_path / "map.html")
    for suffix in export.SUFFIXES:
        joined.save(tmp_path / f"a{suffix}")
    read = gpd.read_file(tmp_path / "a.gpkg", layer="regions")
    assert list(read["region_id"]) == ["pocket", "north", "south"]


@pytest.mark.parametrize("crs", ["EPSG:32636", "EPSG:3857", "EPSG:4284"])
def test_polygons_are_reprojected(atlas: Atlas, areas, crs: str) -> None:
    joined = atlas.join(areas.to_crs(crs), on="held_by")
    expected = atlas.join(areas, on="held_by")
    assert joined.places["region_id"].equals(expected.places["region_id"])
    assert joined.regions.crs == "EPSG:4326"


def test_what_cannot_be_joined_says_the_mend(atlas: Atlas, areas) -> None:
    wrong = areas.to_crs(32636).set_crs(4326, allow_override=True)
    lines = areas.set_geometry(areas.boundary)
    twice = pd.concat([areas, areas.iloc[[0]]])
    for polygons, on, says in [
        (areas.set_crs(None, allow_override=True), "held_by", r"set_crs\(\"EPSG:4326\"\)"),
        (wrong, "held_by", "outside the Earth"),
        (areas, "owner", "held_by, since, geometry"),
        (lines, "held_by", "places lie in polygons"),
        (twice, "held_by", r"dissolve\('held_by'\)"),
        (pd.DataFrame(areas), "held_by", "read_file"),
    ]:
        with pytest.raises(UsageError, match=says):
            atlas.join(polygons, on=on)


def test_crossed_outlines_are_mended(atlas: Atlas) -> None:
    crossed = shapely.Polygon([(34, 50), (36.4, 50), (34, 52), (36.4, 52)])
    areas = gpd.GeoDataFrame({"n": ["x"]}, geometry=[crossed], crs=4326)
    joined = atlas.join(areas, on="n")
    assert joined.places["region_id"].dropna().to_dict() == {NOVENKE.id: "x", SUDZHA.id: "x"}


# ---------------------------------------------------------------- categories


def test_words_of_few_values_are_categories(atlas: Atlas) -> None:
    for one in (atlas, Atlas([])):
        for column in ("role", "form", "kind", "precision"):
            assert one.mentions[column].dtype == "category"
        assert list(one.places["kind"].cat.categories) == list(KINDS)
        assert list(one.places["region_by"].cat.categories) == ["code", "polygon", "nearest"]
