import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
import villages
from hypothesis import given, settings
from hypothesis import strategies as st

import geomap.settings
from geomap import regions
from geomap.errors import GazetteerError
from geomap.records import Alternative, Article, ParsedArticle, Place, Resolution, Toponym
from geomap.regions import grouping, outlines

NOVENKE = Place(
    "geonames:805767", "Noven'ke", 51.22021, 35.10538, "settlement", "PPL", "UA", "21",
    "Sumy Oblast", source="supplement",
)  # fmt: skip
SUMY = Place("admin1:UA.21", "Sumy Oblast", 51.0, 34.0, "region", "ADM1", "UA", "21", "Sumy Oblast")
KURSK = Place("geonames:538560", "Kursk", 51.73733, 36.18735, "settlement", "PPLA", "RU", "41")
UKRAINE = Place("geonames:690791", "Ukraine", 49.0, 32.0, "country", "PCLI", "UA", radius_km=438)
BLACK_SEA = Place("geomap:black-sea", "Black Sea", 43.4, 34.3, "natural", "SEA", radius_km=400)
JALUIT = Place("geonames:1", "Jabor", 5.92, 169.64, "settlement", "PPL", "MH", "110", "Jaluit")
PLACES = [NOVENKE, SUMY, KURSK, UKRAINE, BLACK_SEA, JALUIT]

TEXT = "Troops left Kursk. They took Noven'ke in Sumy region, Ukraine, far from the Black Sea."


def resolution(text: str, name: str, place: Place | None, role: str = "literal") -> Resolution:
    start = text.index(name)
    toponym = Toponym(name, start, start + len(name), role)
    if place is None:
        return Resolution(toponym, None, 0.0, ("no place of this name is known",))
    return Resolution(toponym, place, 0.9, ("because",), (Alternative(KURSK, 0.1),))


def parsed(article_id: str = "a", text: str = TEXT) -> ParsedArticle:
    found = [
        resolution(text, "Kursk", KURSK),
        resolution(text, "Noven'ke", NOVENKE),
        resolution(text, "Sumy", SUMY, "associative"),
        resolution(text, "Ukraine", UKRAINE),
        resolution(text, "Black Sea", BLACK_SEA),
        resolution(text, "Troops", None),
    ]
    return ParsedArticle(Article(article_id, text), tuple(found))


def point(latitude: float, longitude: float, country_code: str | None = None) -> Place:
    return Place("x", "X", latitude, longitude, "facility", country_code=country_code)


def region_of(place: Place) -> tuple[str | None, str | None]:
    return regions.group([place])[place.id]


# ---------------------------------------------------------------- grouping


def test_a_code_goes_before_the_polygon() -> None:
    at = (NOVENKE.latitude, NOVENKE.longitude)
    assert region_of(point(*at)) == ("RU.41", "polygon"), "the outlines have become better: rejoice"
    assert region_of(NOVENKE) == ("UA.21", "code")


def test_a_point_with_a_country_stays_in_its_country() -> None:
    at = (NOVENKE.latitude, NOVENKE.longitude)
    assert region_of(point(*at, "UA")) == ("UA.21", "nearest")
    assert region_of(point(*at, "RU")) == ("RU.41", "polygon")
    assert region_of(point(*at, "FR")) == (None, None)
    assert region_of(point(*at, "XX")) == (None, None)


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        (51.7, 36.2, ("RU.41", "polygon")),
        (45.0, 34.1, ("UA.11", "polygon")),  # Simferopol
        (44.6, 33.5, ("UA.20", "polygon")),  # Sevastopol
        (46.45, 30.9, ("UA.17", "nearest")),  # off Odesa
        (45.5, 31.5, (None, None)),  # far off it
        (1.3, 103.85, (None, None)),  # Singapore has no regions; Johor is 15 km away
        (0.0, -150.0, (None, None)),
        (90.0, 0.0, (None, None)),
        (-90.0, 180.0, (None, None)),
    ],
)
def test_points_without_codes(
    latitude: float, longitude: float, expected: tuple[str | None, str | None]
) -> None:
    assert region_of(point(latitude, longitude)) == expected


def test_what_has_no_region() -> None:
    middle_east = Place("geomap:middle-east", "Middle East", 30.0, 45.0, "region", radius_km=1500)
    large = Place("geomap:river", "River", 51.7, 36.2, "natural", "STM", radius_km=300)
    small = Place("geomap:pond", "Pond", 51.7, 36.2, "natural", "LK", radius_km=1)
    no_code = Place("geonames:2", "Somewhere", 51.7, 36.2, "settlement", "PPL", "RU", "00")
    groups = regions.group([UKRAINE, BLACK_SEA, middle_east, large, small, no_code])
    assert list(groups.values()) == [(None, None)] * 4 + [("RU.41", "polygon")] * 2


def test_a_point_without_codes_gets_those_of_the_outline_that_holds_it() -> None:
    spots = {
        "kursk": (51.7, 36.2, "RU", "Russia", "41", "Kursk Oblast", "RU.41", "polygon"),
        "off Odesa": (46.45, 30.9, "UA", "Ukraine", "17", "Odesa Oblast", "UA.17", "nearest"),
        "Singapore": (1.3, 103.85, "SG", "Singapore", None, None, None, None),
        "the ocean": (0.0, -150.0, None, None, None, None, None, None),
    }
    text = ". ".join(spots)
    found = [
        Resolution(Toponym(name, text.index(name), text.index(name) + len(name)),
                   Place(name, name, *at[:2], "settlement", source="correction"), 1.0)
        for name, at in spots.items()
    ]  # fmt: skip
    sea = Place("geomap:sea", "Sea", 51.7, 36.2, "natural", "SEA", radius_km=400)
    coded = Place("osm:n1", "X", 50.9, 34.8, "settlement", "PPL", "UA")
    found += [Resolution(Toponym(text[:1], 0, 1), place, 1.0) for place in (sea, coded)]
    one = ParsedArticle(Article("a", text), tuple(found))
    places = regions.places_table([one])
    columns = ["country_code", "country_name", "admin1_code", "admin1_name", "region_id"]
    rows = places[[*columns, "region_by"]].astype(object)
    rows = rows.where(rows.notna(), None)
    assert {name: tuple(rows.loc[name]) for name in spots} == {k: v[2:] for k, v in spots.items()}
    assert rows.loc[sea.id].isna().all(), "what reaches far lies in no one country"
    assert tuple(rows.loc[coded.id]) == (
        "UA", "Ukraine", "21", "Sumy Oblast", "UA.21", "polygon",
    )  # fmt: skip
    mentions = regions.mentions_table([one], places)
    assert list(mentions["country_code"].dropna()) == ["RU", "UA", "SG", "UA"]
    assert list(mentions["admin1_code"].dropna()) == ["41", "17", "21"]


def test_the_settlements_of_ukraine() -> None:
    """``python tests/villages.py`` lists those that their points put elsewhere."""
    if not villages.ARCHIVE.exists():
        pytest.skip(f"GeoNames' file of Ukraine is not at {villages.ARCHIVE}")
    places = list(villages.settlements())
    assert len(places) > 30_000
    by_code = regions.group(places)
    assert all(by_code[p.id] == (f"UA.{p.admin1_code}", "code") for p in places)
    misses = villages.by_point(places)
    listed = [f"{m.place.name}: UA.{m.place.admin1_code}, {m.region_id}" for m in misses]
    assert len(misses) <= 0.03 * len(places), listed
    near = sum(miss.km < 5 for miss in misses)
    assert near > 0.9 * len(misses), "nearly all lie beside the line"


def test_distance_across_the_antimeridian() -> None:
    place = point(0.0, 179.95)
    land = shapely.box(-180.0, -0.1, -179.9, 0.1)
    distance = grouping._distance_km(place, land, grouping._surroundings(place))
    assert distance == pytest.approx(0.05 * 111.195, rel=1e-3)


def test_the_nearest_region_is_the_nearest_on_the_globe() -> None:
    """Against an ellipsoidal geodesic to every vertex of every outline."""
    table = regions.admin1_boundaries()
    coordinates, row = shapely.get_coordinates(
        shapely.segmentize(table.geometry.to_numpy(), 0.02), return_index=True
    )
    random = np.random.default_rng(7)
    starts = coordinates[random.integers(len(coordinates), size=150)]
    points = starts + random.uniform(-0.4, 0.4, starts.shape)
    tree = shapely.STRtree(table.geometry.to_numpy())
    geod = pyproj.Geod(ellps="WGS84")
    checked = 0
    for longitude, latitude in points:
        if len(tree.query(shapely.Point(longitude, latitude), predicate="intersects")):
            continue
        near = np.flatnonzero(np.abs(coordinates[:, 1] - latitude) < 0.4)
        here = np.full(len(near), longitude), np.full(len(near), latitude)
        metres = geod.inv(*here, *coordinates[near].T)[2]
        if not len(near) or 24_500 < metres.min() < 25_500:
            continue
        nearest = table["region_id"].iloc[row[near[metres.argmin()]]]
        found, by = region_of(point(latitude, longitude))
        if metres.min() > 25_000:
            assert found is None
        elif found != nearest:  # two are equally near, within the spacing of vertices
            own = metres[table["region_id"].to_numpy()[row[near]] == found]
            assert own.min() == pytest.approx(metres.min(), abs=600)
        else:
            assert by == "nearest"
        checked += 1
    assert checked > 15


# ---------------------------------------------------------------- tables


def test_mentions() -> None:
    articles = [parsed()]
    places = regions.places_table(articles)
    mentions = regions.mentions_table(articles, places)
    assert mentions.crs == "EPSG:4326"
    assert list(mentions.index) == list(range(6))
    kursk, novenke, sumy = (mentions.loc[i] for i in range(3))
    assert kursk["sentence"] == "Troops left Kursk."
    assert novenke["sentence"].startswith("They took Noven'ke")
    assert novenke["sentence_start"] == TEXT.index("They")
    assert (novenke["region_id"], sumy["region_id"], kursk["region_id"]) == (
        "UA.21", "UA.21", "RU.41",
    )  # fmt: skip
    assert novenke.geometry == shapely.Point(35.10538, 51.22021)
    assert novenke["reasons"] == ["because"]
    assert novenke["alternatives"][0]["place_id"] == KURSK.id
    unplaced = mentions.loc[5]
    assert pd.isna(unplaced["place_id"])
    assert unplaced.geometry is None
    assert unplaced["reasons"] == ["no place of this name is known"]


def test_a_name_across_sentences_gets_both() -> None:
    text = "He lives in St. The\n\nLouis. Yes."
    name = "St. The\n\nLouis"
    one = ParsedArticle(Article("a", text), (resolution(text, name, KURSK),))
    mentions = regions.mentions_table([one], regions.places_table([one]))
    assert mentions.loc[0, "sentence"] == "He lives in St. The\n\nLouis."


def test_places_and_regions() -> None:
    articles = [parsed("a"), parsed("b")]
    places = regions.places_table(articles)
    assert list(places.index) == [p.id for p in (KURSK, NOVENKE, SUMY, UKRAINE, BLACK_SEA)]
    assert places.loc[NOVENKE.id, ["n_mentions", "n_articles", "region_by"]].tolist() == [
        2, 2, "code",
    ]  # fmt: skip
    assert places.loc[UKRAINE.id, "country_name"] == "Ukraine"
    assert pd.isna(places.loc[UKRAINE.id, "region_id"])
    table = regions.regions_table(places, regions.mentions_table(articles, places))
    assert list(table.index) == ["RU.41", "UA.21"]
    sumy = table.loc["UA.21"]
    assert (sumy["name"], sumy["country_name"]) == ("Sumy Oblast", "Ukraine")
    assert sumy["places"] == [NOVENKE.id]
    assert sumy[["n_mentions", "n_literal", "n_associative", "n_articles"]].tolist() == [4, 2, 2, 2]
    assert sumy.geometry.contains(shapely.Point(34.8, 50.91))  # the city of Sumy
    assert table.loc["RU.41", "name"] == "Kursk Oblast"


def test_a_region_without_outline_is_still_a_region() -> None:
    one = ParsedArticle(Article("a", "Jabor"), (resolution("Jabor", "Jabor", JALUIT),))
    places = regions.places_table([one])
    table = regions.regions_table(places, regions.mentions_table([one], places))
    assert table.loc["MH.110", "name"] == "Jaluit"
    assert table.loc["MH.110"].geometry is None
    assert table.crs == "EPSG:4326"


def test_columns_and_types_are_the_same_without_rows() -> None:
    def tables(articles: list[ParsedArticle]) -> list[pd.DataFrame]:
        places = regions.places_table(articles)
        mentions = regions.mentions_table(articles, places)
        return [
            regions.articles_table(articles),
            mentions,
            places,
            regions.regions_table(places, mentions),
        ]

    nothing_placed = ParsedArticle(Article("a", "Atlantis"), (resolution("Atlantis", "A", None),))
    for filled, *others in zip(
        tables([parsed()]), tables([]), tables([nothing_placed]), strict=True
    ):
        for other in others:
            pd.testing.assert_series_equal(filled.dtypes, other.dtypes)
            assert filled.index.dtype == other.index.dtype
            assert filled.index.name == other.index.name
            assert getattr(filled, "crs", None) == getattr(other, "crs", None)


@st.composite
def parses(draw: st.DrawFn) -> list[ParsedArticle]:
    articles = []
    for number in range(draw(st.integers(0, 4))):
        text = draw(st.text(alphabet="ab .\n“A", min_size=1, max_size=60))
        found = []
        for _ in range(draw(st.integers(0, 8))):
            start = draw(st.integers(0, len(text) - 1))
            end = draw(st.integers(start + 1, len(text)))
            role = draw(st.sampled_from(["literal", "associative"]))
            place = draw(st.none() | st.sampled_from(PLACES))
            found.append(Resolution(Toponym(text[start:end], start, end, role), place, 0.5))
        articles.append(ParsedArticle(Article(str(number), text), tuple(found)))
    return articles


@settings(max_examples=60, deadline=None)
@given(parses())
def test_every_mention_is_counted_once(articles: list[ParsedArticle]) -> None:
    table = regions.articles_table(articles)
    places = regions.places_table(articles)
    mentions = regions.mentions_table(articles, places)
    grouped = regions.regions_table(places, mentions)
    assert len(mentions) == table["n_mentions"].sum() == sum(len(a.resolutions) for a in articles)
    placed = mentions["place_id"].notna()
    assert placed.sum() == table["n_placed"].sum() == places["n_mentions"].sum()
    assert (table["n_placed"] + table["n_unplaced"] == table["n_mentions"]).all()
    assert (placed == mentions.geometry.notna()).all()
    for one in (places, grouped):
        assert (one["n_literal"] + one["n_associative"] == one["n_mentions"]).all()
        assert one.index.is_unique
    assert grouped["n_mentions"].sum() == mentions["region_id"].notna().sum()
    counts = mentions.groupby("region_id")["article_id"].nunique()
    assert counts.to_dict() == grouped["n_articles"].to_dict()
    members = [place_id for ids in grouped["places"] for place_id in ids]
    assert len(members) == len(set(members)) == grouped["n_places"].sum()
    for row in mentions.itertuples():
        text = table.loc[row.article_id, "text"]
        assert text[row.start : row.end] == row.text
        assert text[row.sentence_start :].startswith(row.sentence)
        if row.text.strip():
            assert row.text.strip() in row.sentence


# ---------------------------------------------------------------- outlines


def test_outlines_can_be_had_by_country_and_by_id() -> None:
    ukraine = regions.admin1_boundaries(country_codes=["UA"])
    assert len(ukraine) == 27
    both = regions.admin1_boundaries(region_ids=["UA.21", "RU.41", "XX.99"])
    assert set(both["region_id"]) == {"UA.21", "RU.41"}
    assert regions.admin1_boundaries([], None).empty
    assert regions.admin1_boundaries(["UA"], ["RU.41"]).empty


def test_missing_or_damaged_outlines_are_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(geomap.settings, "DATA", tmp_path)
    outlines.country_names.cache_clear()
    for read in (regions.country_boundaries, regions.admin1_boundaries, outlines.country_names):
        with pytest.raises(GazetteerError, match="install geomap again"):
            read()
    (tmp_path / "countries.parquet").write_bytes(b"PAR1 no more")
    for read in (regions.country_boundaries, outlines.country_names):
        with pytest.raises(GazetteerError, match=r"countries\.parquet"):
            read()
