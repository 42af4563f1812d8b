import json
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import jsonschema
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geomap
from geomap import export
from geomap.atlas import Atlas
from geomap.errors import OutputError, UsageError
from geomap.export import writing
from geomap.records import Alternative, Article, ParsedArticle, Place, Resolution, Toponym

SEEDS = Path(__file__).resolve().parent.parent / "seeds"

KURSK = Place(
    "admin1:RU.41", "Kursk Oblast", 51.75, 36.0, "region", "ADM1", "RU", "41", "Kursk Oblast"
)
CITY = Place(
    "geonames:538560", "Kursk", 51.73, 36.19, "settlement", "PPLA", "RU", "41", "Kursk Oblast"
)
VILLAGE = Place(
    "geonames:805767",
    "Noven'ke",
    51.22021,
    35.10538,
    "settlement",
    "PPL",
    "UA",
    "21",
    "Sumy Oblast",
)
HOSTILE = (
    '=HYPERLINK("x") <script>alert(1)</script> ${1} ]]> & \x0b\u202e in Kursk, "quoted"\r\nline'
)


def parsed_article(name: str, text: str, **more: object) -> ParsedArticle:
    article = Article(name, text, **more)
    found = []
    for word, resolved in (
        ("Kursk", {"place": KURSK, "confidence": 0.97123456, "reasons": ("the text says region",)}),
        ("Noven'ke", {"place": VILLAGE, "confidence": 0.8, "reasons": ("the only one",)}),
        ("Nowhere", {"place": None, "reasons": ("no gazetteer has it",)}),
    ):
        start = text.find(word)
        if start >= 0:
            toponym = Toponym(word, start, start + len(word))
            alternatives = (Alternative(CITY, 0.02),) if word == "Kursk" else ()
            found.append(Resolution(toponym, alternatives=alternatives, **resolved))
    return ParsedArticle(article, tuple(found))


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas(
        [
            parsed_article(
                "one",
                "In the Kursk region. Noven'ke, too. Nowhere else.",
                title="Київ",
                source="VOA",
                url="https://example.org/a?b=1&c=2",
                author="Ann Lee",
                language="uk",
                published=date(2025, 3, 14),
            ),
            parsed_article("two", HOSTILE, title=HOSTILE),
        ]
    )


# ---------------------------------------------------------------- JSON Lines


def test_a_record_is_the_contract(atlas: Atlas) -> None:
    record = export.to_record(atlas.parsed[0])
    kursk, village, nowhere = record.pop("toponyms")
    assert record == {
        "id": "one",
        "title": "Київ",
        "source": "VOA",
        "url": "https://example.org/a?b=1&c=2",
        "author": "Ann Lee",
        "language": "uk",
        "published": "2025-03-14",
    }
    assert kursk == {
        "start": 7,
        "end": 12,
        "text": "Kursk",
        "role": "literal",
        "form": "name",
        "inside": None,
        "name": "Kursk Oblast",
        "place_id": "admin1:RU.41",
        "kind": "region",
        "feature_code": "ADM1",
        "country_code": "RU",
        "admin1_code": "41",
        "admin1_name": "Kursk Oblast",
        "lat": 51.75,
        "lon": 36.0,
        "precision": "exact",
        "confidence": 0.9712,
        "reasons": ["the text says region"],
        "alternatives": [
            {
                "place_id": "geonames:538560",
                "name": "Kursk",
                "kind": "settlement",
                "country_code": "RU",
                "lat": 51.73,
                "lon": 36.19,
                "confidence": 0.02,
            }
        ],
    }
    assert village["alternatives"] == []
    assert (nowhere["lat"], nowhere["lon"], nowhere["place_id"]) == (None, None, None)
    assert nowhere["reasons"] == ["no gazetteer has it"]


def test_lines_are_written_as_the_articles_come(atlas: Atlas, tmp_path: Path) -> None:
    asked = []

    def one_by_one() -> Iterator[ParsedArticle]:
        for parsed in atlas.parsed:
            asked.append(parsed.article.id)
            yield parsed

    lines = export.to_lines(one_by_one())
    assert asked == []
    assert json.loads(next(lines))["id"] == "one"
    assert asked == ["one"]
    export.write_lines(atlas.parsed, tmp_path / "streamed.jsonl")
    export.write(atlas, tmp_path / "whole.jsonl")
    streamed = (tmp_path / "streamed.jsonl").read_bytes()
    assert streamed == (tmp_path / "whole.jsonl").read_bytes()
    assert [json.loads(line)["id"] for line in streamed.split(b"\n")[:-1]] == ["one", "two"]


# ---------------------------------------------------------------- read back


def assert_mentions(read: pd.DataFrame, atlas: Atlas) -> None:
    """All of the mentions are there, but for geometry and columns that a format adds."""
    columns = ["title", "source", "author", "url", "published", "language"]
    expected = atlas.mentions.join(atlas.articles[columns], on="article_id")
    assert len(read) == len(expected) == 4
    for column in expected.columns.drop(["geometry", "published", "reasons", "alternatives"]):
        for value, wanted in zip(read[column], expected[column], strict=True):
            assert (pd.isna(value) and pd.isna(wanted)) or value == wanted, column
    dates = pd.to_datetime(read["published"]).dt.date
    assert dates.iloc[0] == date(2025, 3, 14)
    assert pd.isna(dates.iloc[3])


def as_list(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else list(value)


def assert_lists(read: pd.DataFrame, atlas: Atlas) -> None:
    for column in ("reasons", "alternatives"):
        assert [as_list(value) for value in read[column]] == list(atlas.mentions[column])


def assert_points(read: gpd.GeoDataFrame, atlas: Atlas) -> None:
    assert read.crs.to_epsg() == 4326
    for point, wanted in zip(read.geometry, atlas.mentions.geometry, strict=True):
        assert point is wanted is None or point.equals(wanted)


def test_geopackage(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    export.write(atlas, path)
    layers = {name for name, _ in pyogrio.list_layers(path)}
    assert layers == {"places", "mentions", "regions", "articles", "layer_styles"}
    mentions = gpd.read_file(path, layer="mentions")
    assert_mentions(mentions, atlas)
    assert_lists(mentions, atlas)
    assert_points(mentions, atlas)
    assert mentions["published"].dtype.kind == "M"
    assert list(mentions["mention_id"]) == list(atlas.mentions.index)
    places = gpd.read_file(path, layer="places").set_index("place_id")
    assert dict(places["name"]) == dict(atlas.places["name"])
    assert dict(places["n_mentions"]) == dict(atlas.places["n_mentions"])
    regions = gpd.read_file(path, layer="regions")
    assert list(regions["region_id"]) == list(atlas.regions.index)
    for read, wanted in zip(regions.geometry, atlas.regions.geometry, strict=True):
        assert read.equals(wanted)
    articles = pyogrio.read_dataframe(path, layer="articles")
    assert list(articles["article_id"]) == ["one", "two"]
    assert articles["text"].iloc[0] == atlas.articles["text"].iloc[0]


def test_qgis_finds_a_style_for_each_layer(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    export.write(atlas, path)
    styles = gpd.read_file(path, layer="layer_styles").set_index("f_table_name")
    assert set(styles.index) == {"places", "mentions", "regions"}
    for layer, row in styles.iterrows():
        info = pyogrio.read_info(path, layer=layer)
        assert row["f_geometry_column"] == info["geometry_name"]
        assert (row["f_table_schema"], bool(row["useAsDefault"])) == ("", True)
        style = ElementTree.fromstring(row["styleQML"])
        expressions = [rule.get("filter") for rule in style.iter("rule")]
        expressions += [
            o.get("value") for o in style.iter("Option") if o.get("name") == "expression"
        ]
        named = {name for text in expressions for name in re.findall(r'"(\w+)"', text)}
        assert named
        assert named <= set(info["fields"])
        labels = [node.get("fieldName") for node in style.iter("text-style")]
        assert labels == ([] if layer == "mentions" else ["name"])


def test_qgis_draws_a_geopackage_as_the_page_does(atlas: Atlas, tmp_path: Path) -> None:
    python, look = (
        "/usr/bin/python3",
        {"env": {"QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8"}},
    )
    known = [python, "-c", "import qgis.core"]
    if not Path(python).exists() or subprocess.run(known, capture_output=True, **look).returncode:
        pytest.skip("no QGIS on this machine: install the package python3-qgis to test its styles")
    path = tmp_path / "a.gpkg"
    export.write(atlas, path)
    script = """if True:
        import sys
        from qgis.core import QgsApplication, QgsRenderContext, QgsVectorLayer
        application = QgsApplication([], False)
        application.initQgis()
        for name in ("places", "mentions", "regions"):
            layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
            symbols = layer.renderer().symbols(QgsRenderContext())
            colors = [symbol.color().name() for symbol in symbols]
            print(name, layer.renderer().type(), layer.labelsEnabled(), *colors)
    """
    done = subprocess.run(
        [python, "-c", script, str(path)], capture_output=True, text=True, check=True, **look
    )
    assert done.stdout.splitlines() == [
        "places RuleRenderer True #0a4f8f #ffffff",
        "mentions RuleRenderer False #0a4f8f #ffffff",
        "regions singleSymbol True #e8912d",
    ]


def test_geoparquet(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    export.write(atlas, path)
    mentions = gpd.read_parquet(path)
    assert mentions.index.name == "mention_id"
    assert_mentions(mentions, atlas)
    assert_lists(mentions, atlas)
    assert_points(mentions, atlas)


def test_geojson(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    export.write(atlas, path)
    collection = json.loads(path.read_text(encoding="utf-8"))
    assert "crs" not in collection  # RFC 7946, 4
    assert [feature["id"] for feature in collection["features"]] == ["0", "1", "2", "3"]
    first = collection["features"][0]
    assert first["geometry"] == {"type": "Point", "coordinates": [36.0, 51.75]}
    assert first["properties"]["alternatives"] == atlas.mentions["alternatives"].iloc[0]
    assert first["properties"]["published"] == "2025-03-14"
    assert [feature["geometry"] is None for feature in collection["features"]] == [
        point is None for point in atlas.mentions.geometry
    ]
    mentions = gpd.read_file(path)
    assert_mentions(mentions, atlas)
    assert_points(mentions, atlas)


def test_csv(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    export.write(atlas, path)
    strings = dict.fromkeys(atlas.mentions.select_dtypes(["string", "category"]), "str")
    read = pd.read_csv(
        path,
        index_col="mention_id",
        dtype=strings,
        lineterminator="\n",
        keep_default_na=False,  # NA is Namibia
        na_values=[""],
    )
    assert read["title"].iloc[3] == "'" + HOSTILE, "a spreadsheet must not run it as a formula"
    for column in read.select_dtypes(["object", "string"]):
        read[column] = read[column].str.replace(r"^'('*[=+\-@\t\r])", r"\1", regex=True)
    assert_mentions(read, atlas)
    assert_lists(read, atlas)
    points = atlas.mentions.geometry
    for at, wanted in zip(read[["longitude", "latitude"]].to_numpy(), points, strict=True):
        assert pd.isna(at).all() if wanted is None else tuple(at) == (wanted.x, wanted.y)


def test_kml(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    export.write(atlas, path)
    ElementTree.parse(path)
    read = gpd.read_file(path)
    assert list(read["Name"]) == ["Kursk Oblast", "Noven'ke", "Nowhere", "Kursk Oblast"]
    assert "<" not in read["description"].iloc[3], "viewers show a description as HTML"
    own = {"place_name": "name", "start_offset": "start", "end_offset": "end"}
    read = read.drop(columns="end").rename(columns=own)
    for column in ("mention_id", "start", "end", "sentence_start", "confidence"):
        read[column] = pd.to_numeric(read[column])
    expected = Atlas(atlas.parsed)
    for table in (expected.mentions, expected.articles):
        for column in table.select_dtypes("string"):
            table[column] = table[column].str.replace("\x0b", " ").str.replace("\r", "\n")
            table[column] = table[column].str.replace("\n\n", "\n")
    for column in read.select_dtypes(["object", "string"]).columns.drop(
        ["geometry"], errors="ignore"
    ):
        read[column] = read[column].str.replace("\n\n", "\n")
    assert_mentions(read, expected)
    assert_lists(read, atlas)
    assert_points(read, atlas)


def test_linked_places(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "a.LPF.json"
    atlas.save(path)
    collection = json.loads(path.read_text(encoding="utf-8"))
    assert collection["@context"].endswith(".jsonld")
    kursk, village = collection["features"]
    assert village["@id"] == "https://sws.geonames.org/805767/"
    assert village["links"][0]["identifier"] == "http://www.geonames.org/805767/"
    assert village["properties"]["title"] == "Noven'ke"
    assert village["properties"]["ccodes"] == ["UA"]
    assert village["properties"]["fclasses"] == ["P"]
    assert village["types"][0]["identifier"] == "aat:300008347"
    assert village["when"]["timespans"] == [{"start": {"in": "2025-03-14"}}]
    [name] = village["names"]
    assert (name["toponym"], name["lang"]) == ("Noven'ke", "uk")
    assert name["citations"] == [
        {"label": "VOA: Київ (2025-03-14)", "@id": "https://example.org/a?b=1&c=2"}
    ]
    [relation] = village["relations"]
    assert relation["relationTo"] == "urn:geomap:admin1:UA.21"
    assert village["geometry"]["geometries"][0]["certainty"] == "less-certain"
    assert [name["toponym"] for name in kursk["names"]] == ["Kursk Oblast", "Kursk"]
    assert len(kursk["names"][1]["citations"]) == 2
    assert "relations" not in kursk
    read = gpd.read_file(path)  # it is GeoJSON too
    assert list(read["place_id"]) == list(atlas.places.index)
    for shape, wanted in zip(read.geometry, atlas.places.geometry, strict=True):
        assert shape.geoms[0].equals(wanted)


# ---------------------------------------------------------------- schema


def test_lines_fit_the_schema(atlas: Atlas) -> None:
    schema = export.schema()
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema)
    valid = validator(schema, format_checker=validator.FORMAT_CHECKER)
    for parsed in [*atlas.parsed, *geomap.geoparse(SEEDS)]:
        record = export.to_record(parsed)
        valid.validate(record)
        assert list(record) == list(schema["properties"])
    broken = json.loads(json.dumps(export.to_record(atlas.parsed[0])))
    broken["toponyms"][2]["lat"] = 5.0  # of an unplaced name
    assert not valid.is_valid(broken)
    broken["toponyms"][2].update(lat=None, confidence=1.5)
    assert not valid.is_valid(broken)


# ---------------------------------------------------------------- any parse at all

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
PLACES = [KURSK, CITY, VILLAGE, None]


@st.composite
def parses(draw: st.DrawFn) -> list[ParsedArticle]:
    articles = []
    for number in range(draw(st.integers(1, 3))):
        text = draw(st.text(LETTERS, min_size=1, max_size=40))
        some = st.none() | st.text(LETTERS, min_size=1, max_size=8)
        days = st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1))
        article = Article(
            f"{number}{draw(st.text(LETTERS, max_size=3))}",
            text,
            draw(some),
            draw(some),
            draw(some),
            draw(days),
            "en",
            draw(some),
        )
        found = []
        for _ in range(draw(st.integers(0, 3))):
            start = draw(st.integers(0, len(text) - 1))
            end = draw(st.integers(start + 1, len(text)))
            place = draw(st.sampled_from(PLACES))
            alternatives = (Alternative(CITY, draw(st.floats(0, 1))),) if place else ()
            reasons = tuple(draw(st.lists(st.text(LETTERS, max_size=9), min_size=1, max_size=2)))
            toponym = Toponym(text[start:end], start, end)
            confidence = draw(st.floats(0, 1)) if place else 0.0
            found.append(Resolution(toponym, place, confidence, reasons, alternatives))
        articles.append(ParsedArticle(article, tuple(found)))
    return articles


@settings(max_examples=15, deadline=None)
@given(parses())
def test_nothing_is_lost(tmp_path_factory, articles: list[ParsedArticle]) -> None:
    atlas = Atlas(articles)
    folder = tmp_path_factory.mktemp("lossless")
    columns = ["title", "source", "author", "url", "published", "language"]
    expected = atlas.mentions.join(atlas.articles[columns], on="article_id")
    for name in ("a.gpkg", "a.parquet", "a.geojson"):
        export.write(atlas, folder / name)
        if name == "a.parquet":
            read = gpd.read_parquet(folder / name).reset_index()
        else:
            read = gpd.read_file(
                folder / name, **({"layer": "mentions"} if name == "a.gpkg" else {})
            )
        assert len(read) == len(expected)
        if expected.empty:
            continue
        for column in expected.columns.drop(["geometry", "published", "reasons", "alternatives"]):
            if column not in read:  # a format may leave out what no row has
                assert expected[column].isna().all()
                continue
            for value, wanted in zip(read[column], expected[column], strict=True):
                assert (pd.isna(value) and pd.isna(wanted)) or value == wanted, (name, column)
        for column in ("reasons", "alternatives"):
            assert [as_list(value) for value in read[column]] == list(expected[column])
        for value, wanted in zip(read["published"], expected["published"], strict=True):
            if pd.isna(wanted):
                assert pd.isna(value)
            else:
                assert pd.Timestamp(value).date() == wanted
    for name in ("a.csv", "a.kml", "a.lpf.json", "a.jsonl"):
        export.write(atlas, folder / name)


@pytest.mark.parametrize("suffix", export.SUFFIXES)
def test_an_atlas_without_a_place_can_be_written(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    export.write(Atlas([ParsedArticle(Article("a", "Nothing here."), ())]), path)
    assert path.stat().st_size


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.geojson.gz"])
def test_an_unknown_suffix_names_the_known(atlas: Atlas, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.gpkg"):
        export.write(atlas, tmp_path / name)


@pytest.mark.parametrize("suffix", export.SUFFIXES)
def test_a_failure_leaves_what_was_there(
    atlas: Atlas, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("before")
    whole = writing._WRITERS[suffix]

    def fail_at_the_end(tables: export.Tables, target: Path) -> None:
        whole(tables, target)
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(writing._WRITERS, suffix, fail_at_the_end)
    with pytest.raises(OutputError, match="No space left"):
        export.write(atlas, path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_an_output_error(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk; GDAL must not crash or lie."""
    code = f"""
import resource, signal, sys
from geomap import export
from geomap.atlas import Atlas
from geomap.errors import OutputError
from geomap.records import Article, ParsedArticle
atlas = Atlas([ParsedArticle(Article(str(n), "x" * 1000), ()) for n in range(2000)])
atlas.articles, atlas.mentions, atlas.places, atlas.regions
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    export.write(atlas, {str(tmp_path / "a.gpkg")!r})
except OutputError as error:
    print("OutputError", error)
"""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.startswith("OutputError"), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_writing_again_replaces(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    for _ in range(2):
        export.write(atlas, path)
    assert len(gpd.read_file(path, layer="mentions")) == 4
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o044, "as readable as the umask allows"
