"""Files under faults: killed runs, full disks, two runs at once, damage, links, the umask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from geomap import Geoparser, export
from geomap.atlas import Atlas
from geomap.cli import main
from geomap.errors import GeomapError, InputError, OutputError, UsageError
from geomap.gazetteer.geonames import GeonamesGazetteer, installed
from geomap.gazetteer_build import build_geonames
from geomap.gazetteer_build.archives import read_chunks
from geomap.geocoding import AnswerCache
from geomap.records import Article, Candidate, ParsedArticle, Place
from geomap.writing import locked

BENCHMARKS = Path(__file__).parent / "benchmarks"
ROW = (
    "{0}\tPlace {0}\tPlace {0}\t\t50.{0}\t30.{0}\tP\tPPL\tUA\t\t21\t\t\t\t1000\t\t\tEurope/Kyiv\t\n"
)
PLACE = Place("geonames:1", "Xyz", 51.0, 34.0, "settlement")


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "article.txt"
    path.parent.mkdir()
    path.write_text("Shells hit Kharkiv and the village of Noven'ke in Sumy region.")
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    with zipfile.ZipFile(folder / "UA.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("UA.txt", "".join(ROW.format(n) for n in range(100, 400)))
    return folder


def test_killed_at_any_moment_a_file_is_the_old_or_the_new() -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "kill_outputs.py", "10"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "10  killed; each file was the old one or a whole one" in done.stdout


# ---------------------------------------------------------------- where nothing can be written


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder]
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this system does not let root mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def large() -> Atlas:
    text = "Shells hit Kharkiv on Friday. "
    articles = [
        {"text": text * 20, "id": str(n), "url": "https://e.org/" + "x" * 2000} for n in range(30)
    ]
    return Atlas(Geoparser().parse_all(Article(**one) for one in articles))


@pytest.mark.parametrize("suffix", [*export.SUFFIXES, ".html"])
def test_a_full_disk(suffix: str, small_disk: Path, large: Atlas) -> None:
    path = small_disk / f"a{suffix}"
    path.write_text("before")
    (small_disk / "filling").write_bytes(b"x" * 40_000)  # some of it is written before it is full
    with pytest.raises(OutputError, match="cannot be written") as raised:
        large.save(path)
    assert "\n" not in str(raised.value)
    assert path.read_text() == "before"
    assert sorted(found.name for found in small_disk.iterdir()) == [path.name, "filling"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.gpkg", "map.html"])
def test_a_disk_that_is_read_only(
    name: str, small_disk: Path, article: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    command = "map" if name == "map.html" else "parse"
    assert main([command, str(article), "-o", str(small_disk / name)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"geomap: {small_disk / name}: no permission to write in")


def test_a_gazetteer_on_a_full_disk(small_disk: Path, source: Path) -> None:
    (small_disk / "filling").write_bytes(b"x" * 50_000)
    with pytest.raises(OutputError):
        build_geonames(["UA"], small_disk / "geonames", source=source)
    assert installed(small_disk / "geonames") is None
    assert list((small_disk / "geonames").iterdir()) == []


# ---------------------------------------------------------------- two runs at once


def test_two_runs_at_once_on_a_new_cache(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from geomap.geocoding import AnswerCache;"
        "print('ready', flush=True); sys.stdin.readline();"
        "cache = AnswerCache(Path(sys.argv[1]));"
        "[cache.put(('s', sys.argv[2] + str(n), ''), []) for n in range(25)]"
    )
    path = tmp_path / "cache.sqlite"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code, path, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in "abcd"
    ]
    for run in runs:
        assert run.stdout
        run.stdout.readline()
    for run in runs:
        assert run.stdin
        run.stdin.write("\n")
        run.stdin.flush()
    for run in runs:
        assert run.communicate(timeout=120)[1] == ""
    assert AnswerCache(path).info()["answers"] == 100


def test_one_build_at_a_time(tmp_path: Path, source: Path) -> None:
    root = tmp_path / "geonames"
    build_geonames(["UA"], root, source=source)
    before = installed(root)
    with locked(root), pytest.raises(UsageError, match="another run is writing to it"):
        build_geonames(["UA"], root, source=source)
    assert installed(root) == before
    build_geonames(["UA"], root, source=source)


def test_builds_at_once_leave_one_whole_gazetteer(tmp_path: Path, source: Path) -> None:
    root, refused, built = tmp_path / "geonames", [], []

    def build() -> None:
        try:
            built.append(build_geonames(["UA"], root, source=source))
        except UsageError as error:
            refused.append(error)

    threads = [threading.Thread(target=build) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) + len(refused) == 6
    assert built
    found = installed(root)
    assert found
    assert len(GeonamesGazetteer(found)) == 300
    assert len(list(root.iterdir())) == 2


def test_two_runs_at_once_on_one_output(tmp_path: Path, large: Atlas) -> None:
    path = tmp_path / "a.geojson"
    threads = [threading.Thread(target=export.write, args=(large, path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(json.loads(path.read_bytes())["features"]) == 600
    assert list(tmp_path.iterdir()) == [path]


# ---------------------------------------------------------------- damage


def test_an_answer_that_was_altered_is_asked_for_again(tmp_path: Path) -> None:
    """SQLite sees damage to its own structure only, not to what is kept in it."""
    path = tmp_path / "cache.sqlite"
    key = ("nominatim", "Xyz", "")
    found = [Candidate(PLACE, "Xyz", "canonical", 1.0)]
    AnswerCache(path).put(key, found)
    assert AnswerCache(path).get(key) == found
    whole = path.read_bytes()
    assert whole.count(b'"latitude": 51.0') == 1
    path.write_bytes(whole.replace(b'"latitude": 51.0', b'"latitude": 59.0'))
    cache = AnswerCache(path)
    assert cache.get(key) is None
    cache.put(key, found)
    assert cache.get(key) == found


@pytest.mark.parametrize("name", ["places.bin", "texts.bin", "postings.bin", "names-00.marisa"])
def test_a_bit_that_fell_over_in_a_gazetteer(name: str, tmp_path: Path, source: Path) -> None:
    root = tmp_path / "geonames"
    build_geonames(["UA"], root, source=source)
    folder = installed(root)
    assert folder
    path = folder / name
    whole = path.read_bytes()
    for at in range(0, len(whole), len(whole) // 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(GeomapError, match=rf"{name} is damaged.*geomap gazetteer build"):
            GeonamesGazetteer(folder)
    path.write_bytes(whole)
    assert len(GeonamesGazetteer(folder)) == 300


# ---------------------------------------------------------------- names and links


@pytest.mark.parametrize("name", ["../UA.txt", "/etc/UA.txt", "a/../../UA.txt", "..\\UA.txt"])
def test_names_in_an_archive_that_lead_out_of_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / "UA.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("UA.txt", ROW.format(1))
        archive.writestr(name, ROW.format(2))
    with pytest.raises(InputError, match="holds a file named"):
        list(read_chunks(path))
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_in_an_archive_is_not_followed(tmp_path: Path) -> None:
    """The text is read out of the archive, never unpacked: a link is its target's name."""
    (tmp_path / "secret").write_text("1\tsecret\n")
    path = tmp_path / "UA.zip"
    link = zipfile.ZipInfo("UA.txt")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, str(tmp_path / "secret"))
    assert b"".join(read_chunks(path)) == str(tmp_path / "secret").encode()
    with pytest.raises(GeomapError):
        build_geonames(["UA"], tmp_path / "geonames", source=tmp_path)


def test_a_bomb_of_bombs_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "UA.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("UA.txt", b"1\tx\n" * 10_000_000)
    assert path.stat().st_size < 200_000
    with pytest.raises(InputError, match="a zip bomb"):
        next(read_chunks(path))


def test_an_output_that_is_a_link_is_replaced_and_its_target_is_not(
    tmp_path: Path, article: Path
) -> None:
    target = tmp_path / "precious.txt"
    target.write_text("before")
    path = tmp_path / "out.jsonl"
    path.symlink_to(target)
    assert main(["parse", str(article), "-o", str(path)]) == 0
    assert target.read_text() == "before"
    assert not path.is_symlink()
    assert json.loads(path.read_text())["id"] == "article"


@pytest.mark.parametrize(
    "name",
    [
        "-rf $(touch hacked) %2e%2e%2fup?a#b!c",
        "<img src=x onerror=1>",
        "'; DROP TABLE places; --",
        "line\nfeed\x1b[2J\u202efdp.lmth",
        "é" * 100,
    ],
)
def test_hostile_file_names(
    name: str, tmp_path: Path, article: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "named"
    folder.mkdir()
    given = folder / f"{name}.txt"
    given.write_bytes(article.read_bytes())
    outputs = [folder / f"{name}.out{suffix}" for suffix in (".jsonl", ".gpkg", ".kml", ".html")]
    for path in outputs:
        command = "map" if path.suffix == ".html" else "parse"
        assert main([command, str(given), "-o", str(path)]) == 0
    assert main(["parse", str(folder / f"{name}.missing.txt")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert sorted(folder.iterdir()) == sorted([given, *outputs])
    assert json.loads(outputs[0].read_text("utf-8"))["id"] == name


# ---------------------------------------------------------------- the umask


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_what_is_written_is_as_readable_as_the_umask_allows(
    mask: int, tmp_path: Path, source: Path
) -> None:
    atlas = Atlas([ParsedArticle(Article("a", "Nothing."), ())])
    before = os.umask(mask)
    try:
        for suffix in (*export.SUFFIXES, ".html"):
            atlas.save(tmp_path / f"a{suffix}")
        build_geonames(["UA"], tmp_path / "geonames", source=source)
        AnswerCache(tmp_path / "cache" / "answers.sqlite").put(("s", "n", ""), [])
    finally:
        os.umask(before)
    made = [*tmp_path.glob("a.*"), *tmp_path.glob("geonames/**/*"), *tmp_path.glob("cache/**/*")]
    assert len(made) > 15
    for path in made:
        whole = 0o777 if path.is_dir() else 0o666
        # GDAL and SQLite never give others than the owner the right to write.
        assert path.stat().st_mode & 0o755 == whole & ~mask & 0o755, path
        assert path.stat().st_mode & mask == 0, path
