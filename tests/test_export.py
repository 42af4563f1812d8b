import csv
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from geomap import export
from geomap.atlas import Atlas
from geomap.errors import OutputError, UsageError
from geomap.records import Alternative, Article, ParsedArticle, Place, Resolution, Toponym

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
        "url": None,
        "published": "2025-03-14",
        "language": None,
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
    expected = atlas.mentions.join(
        atlas.articles[["title", "source", "url", "published"]], on="article_id"
    )
    assert len(read) == len(expected) == 4
    for column in expected.columns.drop(["geometry", "published", "reasons", "alternatives"]):
        for value, wanted in zip(read[column], expected[column], strict=True):
            assert (pd.isna(value) and pd.isna(wanted)) or value == wanted, column
    dates = pd.to_datetime(read["published"]).dt.date
    assert dates.iloc[0] == date(2025, 3, 14)
    assert pd.isna(dates.iloc[3])


def as_list(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


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
    assert layers == {"places", "mentions", "regions", "articles"}
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
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == ["Kursk", "Noven'ke", "Nowhere", "Kursk"]
    assert (rows[0]["latitude"], rows[0]["longitude"]) == ("51.75", "36.0")
    assert (rows[2]["latitude"], rows[2]["place_id"]) == ("", "")
    assert rows[0]["published"] == "2025-03-14"
    assert json.loads(rows[0]["alternatives"]) == atlas.mentions["alternatives"].iloc[0]
    assert rows[3]["title"] == "'" + HOSTILE, "a spreadsheet must not run it as a formula"


def test_kml(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    export.write(atlas, path)
    ElementTree.parse(path)
    read = gpd.read_file(path)
    assert list(read["Name"]) == ["Kursk Oblast", "Noven'ke", "Kursk Oblast"]
    assert "<" not in read["description"].iloc[2], "viewers show a description as HTML"
    placed = atlas.mentions[atlas.mentions.geometry.notna()]
    for point, wanted in zip(read.geometry, placed.geometry, strict=True):
        assert (point.x, point.y) == (wanted.x, wanted.y)


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
    whole = export._WRITERS[suffix]

    def fail_at_the_end(tables: export.Tables, target: Path) -> None:
        whole(tables, target)
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(export._WRITERS, suffix, fail_at_the_end)
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
