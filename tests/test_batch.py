"""Corpora: cut into partitions, parsed here or on a real Dask cluster, killed, resumed, spoilt."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

import geomap
from geomap import regions
from geomap.batch import Options, Progress, parse_corpus, read_manifest
from geomap.batch.cutting import Corpus
from geomap.batch.work import LONGEST, make_job, parse_partition
from geomap.cli import main
from geomap.errors import OutputError, UsageError

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
TOWNS = ["Kharkiv", "Omdurman", "Leeds", "Tucson", "Nairobi", "Lahore", "Osaka", "Galway"]
COUNTRIES = ["Ukraine", "Sudan", "Britain", "Kenya", "Pakistan", "Japan", "Ireland", "Chile"]


def make(count: int, seed: int = 0) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    return [
        {
            "id": f"a{number}",
            "text": f"Police in {rng.choice(TOWNS)}, {rng.choice(COUNTRIES)}, said on Monday that"
            f" the road to {rng.choice(TOWNS)} was closed. The mayor of Vyshneve-{number} agreed.",
            "source": rng.choice(["The Post", "The Herald"]),
            "date": f"2024-0{rng.randint(1, 9)}-11",
        }
        for number in range(count)
    ]


def write_lines(path: Path, articles: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in articles), encoding="utf-8")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a dataset; what is left behind by mistake is among them."""
    files = sorted(path for path in folder.rglob("*") if not path.is_dir())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def table(folder: Path, name: str) -> pd.DataFrame:
    parts = sorted((folder / name).glob("*.parquet"))
    return pa.concat_tables([parquet.read_table(part) for part in parts]).to_pandas()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that paths are relative to: they stand in the dataset as they are given."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A Dask cluster of two processes, which gives up on a partition that two of them died of."""
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as made,
    ):
        yield made


# ---------------------------------------------------------------- the dataset


@pytest.fixture(scope="module")
def seed_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("seeds") / "out"
    parse_corpus(SEEDS, out)
    return out


def test_mentions_are_those_of_the_atlas(seed_dataset: Path) -> None:
    atlas = geomap.Atlas(geomap.geoparse(SEEDS))
    found = gpd.read_parquet(seed_dataset / "mentions" / "part-000000.parquet")
    expected = atlas.mentions
    assert found.crs == expected.crs
    same = [name for name in expected.columns if name not in ("article_id", "reasons", "geometry")]
    same.remove("alternatives")
    pd.testing.assert_frame_equal(
        pd.DataFrame(found[same]),
        pd.DataFrame(expected[same].reset_index(drop=True)),
        check_dtype=False,
    )
    assert [list(one) for one in found["reasons"]] == list(expected["reasons"])
    assert list(found.geometry) == list(expected.geometry)
    assert found["mention"].tolist() == list(range(len(found)))
    for name in ("role", "form", "kind", "precision"):
        assert found[name].dtype == expected[name].dtype


def test_articles_say_where_their_text_is(seed_dataset: Path) -> None:
    articles = table(seed_dataset, "articles")
    [row] = articles.to_dict("records")
    assert row["article_id"] == f"{row['input']}#1"
    text = Path(row["input"]).read_text("utf-8")
    assert row["n_characters"] == len(text)
    assert row["n_mentions"] == row["n_placed"] + row["n_unplaced"]
    mentions = table(seed_dataset, "mentions")
    assert len(mentions) == row["n_mentions"]
    for mention in mentions.itertuples():
        assert text[mention.start : mention.end] == mention.text


def test_regions_are_found_without_the_outlines_in_workers() -> None:
    from geomap.batch.work import _Regions, _regions_without_codes
    from geomap.gazetteer import embedded

    places = [place for number, place in enumerate(embedded().places()) if number % 97 == 0]
    region_of = _Regions(_regions_without_codes())
    expected = regions.group(places)
    assert {place.id: region_of(place) for place in places} == {
        place_id: region_id for place_id, (region_id, _) in expected.items()
    }


def test_columns_hold_what_pyarrow_would_put_there() -> None:
    from geomap.batch import tables

    values: dict[str, list[Any]] = {
        "s": ["a", None, "", "Київ"],
        "b": [b"\0", None, b"", b"x"],
        "i": [1, None, -(2**60), 0],
        "f": [0.5, None, -1e300, 0.0],
        "d": [date(2024, 2, 29), None, date(1969, 12, 31), date(1, 1, 1)],
        "l": [("a", "b"), (), ("",), ("Київ",)],
        "role": ["literal", None, "associative", "literal"],
    }
    kinds = [pa.string(), pa.binary(), pa.int64(), pa.float64(), pa.date32()]
    kinds += [pa.list_(pa.string()), pa.dictionary(pa.int8(), pa.string())]
    schema = pa.schema(list(zip(values, kinds, strict=True)))
    for count in (4, 1, 0):
        columns = {name: column[:count] for name, column in values.items()}
        rows = list(zip(*columns.values(), strict=True))
        found = parquet.read_table(pa.BufferReader(tables.to_parquet(rows, schema, {b"k": b"v"})))
        assert found.schema.metadata[b"k"] == b"v"
        found.validate(full=True)
        for name, column in columns.items():
            expected = [list(one) for one in column] if name == "l" else column
            assert found[name].to_pylist() == expected


def test_of_what_is_no_sentence_only_what_is_around_is_kept(here: Path) -> None:
    text = "Kharkiv, Ukraine, and " * 1_000
    write_lines(here / "a.jsonl", [{"text": text, "language": "en"}])
    parse_corpus("a.jsonl", "out")
    mentions = table(here / "out", "mentions")
    assert len(mentions) > 500
    assert mentions["sentence"].str.len().max() < 2_100
    for one in mentions.itertuples():
        inside = slice(one.start - one.sentence_start, one.end - one.sentence_start)
        assert one.sentence[inside] == one.text


@pytest.fixture(scope="module")
def small_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    write_lines(folder / "a.jsonl", make(24))
    parse_corpus(folder / "a.jsonl", folder / "out", max_articles=10)
    return folder / "out"


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # dask-geopandas's
def test_other_programs_read_it(small_dataset: Path) -> None:
    import dask_geopandas
    import duckdb

    own = table(small_dataset, "mentions")
    lazy = dask_geopandas.read_parquet(small_dataset / "mentions")
    assert lazy.npartitions == 3
    assert lazy.crs == "EPSG:4326"
    assert len(lazy.compute()) == len(own)
    counted = duckdb.sql(
        f"SELECT name, count(*) FROM '{small_dataset}/mentions/*.parquet'"
        " WHERE role = 'literal' AND name IS NOT NULL GROUP BY name"
    ).fetchall()
    literal = own[own["role"] == "literal"]
    assert dict(counted) == literal["name"].value_counts().to_dict()
    joined = duckdb.sql(
        f"SELECT count(*) FROM '{small_dataset}/articles/*.parquet'"
        f" JOIN '{small_dataset}/mentions/*.parquet' USING (article_id)"
    ).fetchall()
    assert joined == [(len(own),)]


def test_manifest_says_what_it_was_made_from(small_dataset: Path) -> None:
    import hashlib

    manifest = read_manifest(small_dataset)
    source = small_dataset.parent / "a.jsonl"
    assert manifest["inputs"] == [
        {
            "path": str(source),
            "size": source.stat().st_size,
            "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        }
    ]
    assert manifest["versions"]["geomap"] == geomap.__version__
    assert [part["last"][1] for part in manifest["partitions"]] == [10, 20, 24]
    assert manifest["counts"]["n_articles"] == 24 == len(table(small_dataset, "articles"))


def test_ids_are_unique_whatever_is_given(here: Path) -> None:
    for folder in ("x", "y"):
        (here / folder).mkdir()
        write_lines(here / folder / "a.jsonl", [{"id": "same", "text": "Kyiv."}] * 3)
    parse_corpus(["x", "y"], "out", max_articles=2)
    articles = table(here / "out", "articles")
    assert articles["article_id"].tolist() == [
        f"{folder}/a.jsonl#{line}" for folder in ("x", "y") for line in (1, 2, 3)
    ]
    assert set(articles["given_id"]) == {"same"}


def test_a_file_that_is_found_twice_is_read_once(here: Path) -> None:
    write_lines(here / "a.jsonl", make(2))
    assert parse_corpus(["a.jsonl", "*.jsonl", "."], "out").counts.n_articles == 2


def test_kinds_of_input_give_the_same(here: Path) -> None:
    articles = make(7)
    for one in articles[:3]:
        one["text"] += '\n\nA second "paragraph",\nwith a line break.'
    rows = pd.DataFrame(articles)
    lines = write_lines(here / "a.jsonl", articles).read_bytes()
    (here / "b.jsonl.gz").write_bytes(gzip.compress(lines))
    with pa.CompressedOutputStream(str(here / "c.jsonl.zst"), "zstd") as packed:
        packed.write(lines)
    rows.to_csv(here / "d.csv", index=False)
    rows.assign(date=[date.fromisoformat(day) for day in rows["date"]]).to_parquet(
        here / "e.parquet", row_group_size=2
    )
    expected: Any = None
    for path in ("a.jsonl", "b.jsonl.gz", "c.jsonl.zst", "d.csv", "e.parquet"):
        parse_corpus(path, "out", max_articles=3)
        found = {name: table(here / "out", name) for name in ("articles", "mentions")}
        for one in found.values():
            one["article_id"] = one["article_id"].str.partition("#")[2]
        found["articles"] = found["articles"].drop(columns="input")
        assert len(found["articles"]) == 7
        expected = expected or found
        for name, one in found.items():
            pd.testing.assert_frame_equal(one, expected[name])


def test_files_of_one_article_are_grouped(here: Path) -> None:
    folder = here / "news"
    folder.mkdir()
    for number, one in enumerate(make(9)):
        (folder / f"{number}.txt").write_text(one["text"])
    (folder / "p.html").write_text("<html><body><article><p>" + make(1)[0]["text"] + "</p>")
    summary = parse_corpus("news", "out", max_articles=4)
    assert (summary.parts, summary.counts.n_articles) == (3, 10)
    articles = table(here / "out", "articles")
    assert articles["input"].tolist() == [*(f"news/{n}.txt" for n in range(9)), "news/p.html"]
    assert set(articles["record"]) == {1}


def test_the_standard_input(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = write_lines(here / "a.jsonl", make(5)).read_bytes()
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(lines)))
    parse_corpus("-", "out", max_articles=3)
    assert table(here / "out", "articles")["article_id"].tolist() == [
        f"-#{line}" for line in range(1, 6)
    ]
    assert not sys.stdin.buffer.closed


def test_names_of_files_that_are_not_utf_8(here: Path) -> None:
    (here / "news").mkdir()
    for name in (b"a\xff.txt", b"a\xfe.txt"):
        try:
            Path(os.fsdecode(bytes(here / "news") + b"/" + name)).write_text("Talks in Kyiv.")
        except OSError as error:
            pytest.skip(f"this file system takes no such names: {error}")
    parse_corpus("news", "out")
    assert read_manifest(here / "out")["counts"]["n_articles"] == 2
    assert table(here / "out", "articles")["article_id"].is_unique


def test_given_toponyms(here: Path) -> None:
    text = "Kyiv and Paris."
    line = {"text": text, "toponyms": [{"start": 9, "end": 14}]}
    write_lines(here / "a.jsonl", [line, {"text": text}])
    parse_corpus("a.jsonl", "out", options=Options(recognizer="given"))
    mentions = table(here / "out", "mentions")
    assert mentions[["article_id", "text"]].values.tolist() == [["a.jsonl#1", "Paris"]]


# ---------------------------------------------------------------- partitions


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b" ")), max_size=12)),
    st.integers(1, 5),
    st.integers(1, 80),
    st.booleans(),
)
def test_partitions_hold_every_line_once(
    tmp_path_factory: pytest.TempPathFactory,
    files: list[list[bytes]],
    max_articles: int,
    max_bytes: int,
    ends: bool,
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    paths = []
    for number, lines in enumerate(files):
        data = b"\n".join(lines) + (b"\n" if ends else b"")
        if data.strip():
            paths.append(folder / f"{number}.jsonl")
            paths[-1].write_bytes(data)
    if not paths:
        return
    corpus = Corpus(paths, max_articles=max_articles, max_bytes=max_bytes)
    partitions = list(corpus.partitions())
    assert [one.number for one in partitions] == list(range(len(partitions)))
    assert sum(one.size for one in partitions) == corpus.size
    found: dict[str, dict[int, bytes]] = {str(path): {} for path in paths}
    for one in partitions:
        lines = [line for piece in one.pieces for line in piece.data.splitlines(keepends=True)]
        count = sum(piece.count for piece in one.pieces)
        assert 1 <= count <= max_articles
        assert count == 1 or sum(len(piece.data) for piece in one.pieces) <= max_bytes
        assert not one.rejects
        for piece in one.pieces:
            for number, line in enumerate(BytesIO(piece.data), piece.first):
                assert number not in found[piece.input]
                found[piece.input][number] = line
    for path in paths:
        lines = list(BytesIO(path.read_bytes()))
        assert sorted(found[str(path)]) == list(range(1, len(lines) + 1))
        for number, line in enumerate(lines, 1):
            assert found[str(path)][number].rstrip(b"\n") == line.rstrip(b"\n")


def test_nothing_is_read_ahead(here: Path) -> None:
    write_lines(here / "a.jsonl", make(20_000))
    partitions = Corpus("a.jsonl", max_articles=10).partitions()
    assert next(partitions).size < 2_000_000 < (here / "a.jsonl").stat().st_size
    assert next(partitions).number == 1


# ---------------------------------------------------------------- bad articles


def test_bad_articles_are_rejected_with_their_reason(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps(make(1)[0])
    long = json.dumps({"text": "word " * (LONGEST // 5) + "."})
    (here / "a.jsonl").write_text(f'{good}\n{{"text": ""}}\n\nno json\n{good}\n{long}\n')
    (here / "b.jsonl.gz").write_bytes(gzip.compress((good + "\n").encode() * 50)[:-9])
    (here / "c.csv").write_bytes(b"text,title\nKyiv.,t\nKyiv.,t,too,many\n\xff\xfe,t\n,t\n")
    (here / "d.txt").write_bytes(b"")
    (here / "e.parquet").write_bytes(b"PAR1 no")
    status = main(["parse", "a.jsonl", "b.jsonl.gz", "c.csv", "d.txt", "e.parquet", "-o", "out/"])
    assert status == 1
    rejects = table(here / "out", "rejects").astype(object).where(lambda t: t.notna(), None)
    reasons = {(row.input, row.record): row.reason for row in rejects.itertuples()}
    expected = {
        ("a.jsonl", 2): "no text",
        ("a.jsonl", 4): "not JSON",
        ("a.jsonl", 6): "500,001 characters",
        ("b.jsonl.gz", None): "cannot be read",
        ("c.csv", 2): "4 cells under 2 columns",
        ("c.csv", 3): "not UTF-8",
        ("c.csv", 4): "no text",
        ("d.txt", None): "empty",
        ("e.parquet", None): "not Parquet",
    }
    assert set(reasons) == set(expected)
    for key, words in expected.items():
        assert words in reasons[key]
        assert not reasons[key].startswith(key[0])
    printed = capsys.readouterr()
    assert "rejects" in printed.out
    assert "9 of " in printed.err  # more than 1 %
    assert "out/rejects" in printed.err


def test_an_article_that_breaks_the_parser_costs_nothing_else(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geomap.geoparser import Geoparser

    parse = Geoparser.parse

    def breaks(self: Geoparser, article: geomap.Article) -> Any:
        if "Vyshneve-1 " in article.text:
            raise ZeroDivisionError("float division by zero")
        return parse(self, article)

    monkeypatch.setattr(Geoparser, "parse", breaks)
    write_lines(here / "a.jsonl", make(3))
    assert parse_corpus("a.jsonl", "out").counts.n_articles == 2
    [reject] = table(here / "out", "rejects").to_dict("records")
    assert reject["record"] == 2
    assert "ZeroDivisionError: float division by zero" in reject["reason"]


def test_a_partition_of_garbage(here: Path) -> None:
    garbage = random.Random(0).randbytes(40_000)
    good = b"".join(json.dumps(one).encode() + b"\n" for one in make(5))
    (here / "a.jsonl").write_bytes(good + garbage + b"\n" + good)
    parse_corpus("a.jsonl", "out", max_articles=50)
    lines = (good + garbage + b"\n" + good).split(b"\n")[:-1]
    bad = sum(1 for line in lines if line.strip()) - 10
    counts = read_manifest(here / "out")["counts"]
    assert (counts["n_articles"], counts["n_rejects"]) == (10, bad)
    assert bad > 100


def test_ten_thousand_empty_articles(here: Path) -> None:
    write_lines(here / "a.jsonl", [{"text": ""}] * 10_000 + make(1))
    summary = parse_corpus("a.jsonl", "out")
    assert (summary.counts.n_articles, summary.counts.n_rejects) == (1, 10_000)
    assert table(here / "out", "rejects")["record"].tolist() == list(range(1, 10_001))


def test_nothing_but_empty_files(here: Path) -> None:
    (here / "news").mkdir()
    for number in range(50):
        (here / "news" / f"{number:02}.txt").touch()
    assert main(["parse", "news", "-o", "out/"]) == 2
    assert len(table(here / "out", "rejects")) == 50
    assert len(table(here / "out", "articles")) == 0


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads memory from /proc")
def test_a_text_of_50_mb(here: Path) -> None:
    text = "Police in Kharkiv, Ukraine, said so on Monday. " * 1_070_000
    lines = [make(1)[0], {"text": text}, {"text": text[:15_000_000]}, make(1)[0]]
    write_lines(here / "a.jsonl", lines)
    (here / "b.txt").write_text(text)
    assert (here / "b.txt").stat().st_size > 50_000_000
    code = (
        "import time; from pathlib import Path; from geomap.batch import parse_corpus\n"
        "print(parse_corpus(['a.jsonl', 'b.txt'], 'out').counts.n_articles, time.process_time(),"
        " Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    articles, seconds, memory = map(float, done.stdout.split())
    assert articles == 2
    assert memory < 450_000  # kB; some 250,000 without the text
    assert seconds < 30
    rejects = table(here / "out", "rejects")
    assert rejects["input"].tolist() == ["a.jsonl", "a.jsonl", "b.txt"]
    assert rejects["record"].tolist() == [2, 3, 1]
    assert ["16 MB" in reason for reason in rejects["reason"]] == [True, False, True]


# ---------------------------------------------------------------- a second run


def test_a_run_that_is_started_again_does_what_is_missing(here: Path) -> None:
    write_lines(here / "a.jsonl", make(30))
    parse_corpus("a.jsonl", "whole", max_articles=5)
    shutil.copytree("whole", "out")
    (here / "out/articles/part-000002.parquet").unlink()
    (here / "out/mentions/part-000004.parquet").unlink()
    (here / "out/manifest.json").unlink()
    (here / "out/mentions/.geomap-left-behind").mkdir()
    kept = {path: path.stat().st_mtime_ns for path in (here / "out/articles").iterdir()}
    summary = parse_corpus("a.jsonl", "out", max_articles=5)
    assert (summary.parts, summary.kept, summary.parsed.n_articles) == (6, 4, 10)
    again = [path.name for path, made in kept.items() if path.stat().st_mtime_ns != made]
    assert again == ["part-000004.parquet"]
    assert contents(here / "out") == contents(here / "whole")
    assert parse_corpus("a.jsonl", "out", max_articles=5).kept == 6
    assert contents(here / "out") == contents(here / "whole")


def test_changed_inputs_are_done_anew(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    (here / "news").mkdir()
    for name in "abc":
        write_lines(here / "news" / f"{name}.jsonl", make(10, seed=ord(name)))
    bounds = {"max_articles": 5, "max_bytes": 2_000}  # so small that each file has its own parts
    assert parse_corpus("news", "out", **bounds).parts == 6
    assert not caplog.records
    changed = make(10, seed=1)
    write_lines(here / "news/b.jsonl", changed)
    summary = parse_corpus("news", "out", **bounds)
    assert (summary.parts, summary.kept) == (6, 4)
    assert "made anew" in caplog.text
    write_lines(here / "news/c.jsonl", make(3))
    parse_corpus("news", "out", **bounds)
    parse_corpus("news", "fresh", **bounds)
    assert contents(here / "out") == contents(here / "fresh")


def test_changed_options_do_all_anew(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_lines(here / "a.jsonl", make(6))
    parse_corpus("a.jsonl", "out", max_articles=3)
    options = Options(adjectives=False)
    summary = parse_corpus("a.jsonl", "out", options=options, max_articles=3)
    assert summary.kept == 0
    assert caplog.text.count("with other options") == 1
    assert read_manifest(here / "out")["options"]["adjectives"] is False


def test_a_dataset_is_whole_or_has_no_manifest(here: Path) -> None:
    write_lines(here / "a.jsonl", make(6))

    class StoppedError(Exception):
        pass

    def stop(progress: Progress) -> None:
        raise StoppedError

    parse_corpus("a.jsonl", "out")
    write_lines(here / "a.jsonl", make(6, seed=1))
    with pytest.raises(StoppedError):
        parse_corpus("a.jsonl", "out", on_progress=stop)
    with pytest.raises(UsageError, match="not whole"):
        read_manifest(here / "out")
    with pytest.raises(UsageError, match="no dataset"):
        read_manifest(here)


def test_what_is_not_its_own_is_not_touched(here: Path) -> None:
    write_lines(here / "a.jsonl", make(2))
    own = here / "out/articles/part-000000.parquet"
    own.parent.mkdir(parents=True)
    pd.DataFrame({"mine": [1]}).to_parquet(own)
    before = own.read_bytes()
    with pytest.raises(UsageError, match="not geomap's"):
        parse_corpus("a.jsonl", "out")
    assert own.read_bytes() == before
    (here / "other").mkdir()
    (here / "other/manifest.json").write_text("{}")
    with pytest.raises(UsageError, match="something else"):
        parse_corpus("a.jsonl", "other")
    assert [path.name for path in (here / "other").iterdir()] == ["manifest.json"]
    with pytest.raises(OutputError, match="does not exist"):
        parse_corpus("a.jsonl", "no/such/out")
    with pytest.raises(OutputError, match="a file has this name"):
        parse_corpus("a.jsonl", "a.jsonl")


def test_two_runs_at_once_are_refused(here: Path) -> None:
    write_lines(here / "a.jsonl", make(2))

    def meanwhile(progress: Progress) -> None:
        with pytest.raises(UsageError, match="another run"):
            parse_corpus("a.jsonl", "out")

    parse_corpus("a.jsonl", "out", on_progress=meanwhile)


def test_datasets_are_no_input(here: Path) -> None:
    write_lines(here / "a.jsonl", make(2))
    parse_corpus("a.jsonl", "out")
    counts = parse_corpus("out/mentions", "again").counts
    assert (counts.n_articles, counts.n_rejects) == (0, 1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", disk], capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"a file system of its own can only be mounted by root: {made.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk(here: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(here / "a.jsonl", make(60))
    parse_corpus("a.jsonl", "whole", max_articles=10)
    out = small_disk / "out"
    with pytest.raises(OutputError, match="No space left on device"):
        parse_corpus("a.jsonl", out, max_articles=10)
    done = len(list((out / "articles").glob("*.parquet")))
    assert 0 < done < 6
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    assert parse_corpus("a.jsonl", out, max_articles=10).kept == done
    assert contents(out) == contents(here / "whole")


# ---------------------------------------------------------------- Dask


@pytest.fixture
def corpus_of_60(here: Path) -> dict[str, bytes]:
    """Sixty articles in a.jsonl, and what a run in this process makes of them."""
    lines = write_lines(here / "a.jsonl", make(60)).read_text().splitlines(keepends=True)
    lines[30:32] = ["no json\n", '{"text": " "}\n']
    (here / "a.jsonl").write_text("".join(lines))
    parse_corpus("a.jsonl", "serial", max_articles=4)
    return contents(here / "serial")


def test_a_cluster_makes_the_same(
    here: Path, corpus_of_60: dict[str, bytes], cluster: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Progress] = []
    summary = parse_corpus(
        "a.jsonl",
        "out",
        scheduler=cluster.scheduler_address,
        max_articles=4,
        on_progress=seen.append,
    )
    assert contents(here / "out") == corpus_of_60
    assert (summary.parts, summary.kept, summary.lost) == (15, 0, 0)
    assert seen[-1].done == seen[-1].size == (here / "a.jsonl").stat().st_size
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert {one.dashboard for one in seen} == {cluster.dashboard_link}


def test_a_worker_that_is_killed_costs_a_retry(
    here: Path, corpus_of_60: dict[str, bytes], cluster: Any
) -> None:
    from distributed import Client

    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.done and not killed:
            with Client(cluster) as client:
                killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    summary = parse_corpus(
        "a.jsonl", "out", scheduler=cluster.scheduler_address, max_articles=4, on_progress=kill
    )
    assert killed
    assert summary.lost == 0
    assert contents(here / "out") == corpus_of_60


def test_a_partition_that_kills_workers_is_rejected(
    here: Path, corpus_of_60: dict[str, bytes], cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client, WorkerPlugin

    def plugin() -> Any:
        class Poison(WorkerPlugin):  # type: ignore[misc]
            def setup(self, worker: Any) -> None:
                import geomap.batch.cluster as module

                parse = module.parse_partition

                def dies(partition: Any, job: Any) -> Any:
                    if any(b"Vyshneve-13 " in piece.data for piece in partition.pieces):
                        os._exit(1)
                    return parse(partition, job)

                module.parse_partition = dies

        return Poison()

    with Client(cluster) as client:
        client.register_plugin(plugin(), name="poison")
        summary = parse_corpus(
            "a.jsonl", "out", scheduler=cluster.scheduler_address, max_articles=4
        )
        client.unregister_worker_plugin("poison")
        client.restart()
    assert (summary.lost, summary.counts.n_articles, summary.counts.n_rejects) == (1, 54, 6)
    rejects = table(here / "out", "rejects")
    assert rejects["record"].tolist() == [13, 14, 15, 16, 31, 32]
    assert "workers died" in rejects["reason"][0]
    again = parse_corpus("a.jsonl", "out", scheduler=cluster.scheduler_address, max_articles=4)
    assert (again.kept, again.lost) == (14, 0)
    assert contents(here / "out") == corpus_of_60


def test_a_worker_of_another_version_is_refused(here: Path) -> None:
    write_lines(here / "a.jsonl", make(1))
    job = make_job(Options())
    [partition] = Corpus("a.jsonl").partitions()
    other = replace(job, versions={**job.versions, "resolver.json": "another"})
    with pytest.raises(UsageError, match=r"another version of resolver\.json"):
        parse_partition(partition, other)


def start(*arguments: str) -> subprocess.Popen[str]:
    """Run the command with small partitions, in a group of processes of its own."""
    code = (
        "import sys; from geomap.batch import parse_corpus; from geomap.cli import main\n"
        "parse_corpus.__kwdefaults__['max_articles'] = 50\n"
        "if __name__ == '__main__': sys.exit(main(sys.argv[1:]))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition: Callable[[], Any], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


def members(group: int) -> list[int]:
    """Return the processes of a group that are alive."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_parent_that_is_killed_leaves_what_can_be_resumed(here: Path, how: int) -> None:
    write_lines(here / "a.jsonl", make(1_000))
    run = start("parse", "a.jsonl", "-o", "out", "--workers", "2")
    done = here / "out/articles"
    wait_for(lambda: run.poll() is not None or (done.is_dir() and any(done.glob("*.parquet"))))
    if how == signal.SIGKILL:
        run.kill()
    else:
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    _, complaints = run.communicate(timeout=60)
    assert run.returncode == (-9 if how == signal.SIGKILL else 130), complaints
    wait_for(lambda: not members(run.pid))
    if how == signal.SIGINT:
        assert complaints.strip() == "geomap: stopped; the same command goes on from here"
    parts = len(list(done.glob("*.parquet")))
    assert 0 < parts < 20
    assert not (here / "out/manifest.json").exists()
    assert parse_corpus("a.jsonl", "out", max_articles=50).kept == parts
    parse_corpus("a.jsonl", "unbroken", max_articles=50)
    assert contents(here / "out") == contents(here / "unbroken")


# ---------------------------------------------------------------- the command


def test_the_command(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(here / "a.jsonl", make(5))
    assert main(["parse", "a.jsonl", "-o", "out/"]) == 0
    printed = capsys.readouterr().out
    for words in ("articles", "mentions", "placed", "unplaced", "rejects", "articles/s", "out/"):
        assert words in printed
    assert main(["parse", "a.jsonl", "-o", "out"]) == 0  # it is a dataset already
    assert "1 of 1 parts" in capsys.readouterr().out


def test_near_duplicates_on_request(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = make(1)[0]
    write_lines(here / "a.jsonl", [story, {**story, "source": "The Echo"}, *make(3, seed=5)])
    assert main(["parse", "a.jsonl", "-o", "out/", "--dedupe"]) == 0
    assert "near-duplicates" in capsys.readouterr().out
    articles = table(here / "out", "articles")
    assert articles["signature"][0] == articles["signature"][1] != articles["signature"][2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "out/", "--online", "nominatim"], "leave out --online"),
        (["--workers", "2", "-o", "out", "--online", "photon"], "leave out --online"),
        (["--workers", "2"], "name it with -o out/"),
        (["--workers", "2", "-o", "out", "--scheduler", "tcp://127.0.0.1:1"], "not both"),
        (["--dedupe", "-o", "out.jsonl"], "name a folder"),
        (["-o", "out/", "--recognizer", "nobody"], "no recognizer"),
        (["-o", "out/", "nowhere.jsonl"], "no such file"),
        (["-o", "out/", "https://example.org/"], "save it first"),
    ],
)
def test_what_makes_no_sense_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    write_lines(here / "a.jsonl", make(1))
    assert main(["parse", "a.jsonl", *arguments]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("geomap: ")
    assert words in printed
    assert not (here / "out").exists()


def test_dask_is_asked_for_where_it_is_missing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    write_lines(here / "a.jsonl", make(1))
    with pytest.raises(UsageError, match=r"pip install 'geomap\[corpora\]'"):
        parse_corpus("a.jsonl", "out", workers=2)


def test_a_scheduler_that_does_not_answer(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomap.batch.cluster.PATIENCE_S", 1)
    write_lines(here / "a.jsonl", make(1))
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        parse_corpus("a.jsonl", "out", scheduler="tcp://127.0.0.1:9")
