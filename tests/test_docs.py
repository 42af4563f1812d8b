"""What README and docs/ say runs: each page's code from top to bottom, in a folder of its own."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from geomap import Atlas, geoparse
from geomap.cli import cli, main

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
GENERATED = DOCS / "cli.md"
CONTENTS = DOCS / "reference" / "contents.md"

#: What a page's commands may do without: a network, a browser, minutes, files of one's own.
NOT_RUN = re.compile(
    r"--online|https://|--open|--countries|--all|--embedded|spacy:|^geomap train|lgl\.jsonl"
)
FENCE = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^ *```$", flags=re.DOTALL | re.MULTILINE)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return the language and the code of each block of a page, in its order."""
    found = []
    for indent, language, code in FENCE.findall(page.read_text(encoding="utf-8")):
        found.append((language, re.sub(rf"^{indent}", "", code, flags=re.MULTILINE)))
    return found


def calls(code: str) -> list[list[str]]:
    """Return the words of each call of geomap in a block of shell."""
    lines = [re.split(" > | &$", line)[0] for line in code.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("geomap ")]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder of files that the pages speak of."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    shutil.copytree(ROOT / "data/examples", folder / "data/examples")
    dispatches = ROOT / "data/examples/front/dispatches.jsonl"
    records = [json.loads(line) for line in dispatches.read_text(encoding="utf-8").splitlines()]
    for name in ("articles.jsonl", "part-aa.jsonl", "part-ab.jsonl"):
        shutil.copy(dispatches, folder / name)
    news = folder / "news"
    news.mkdir()
    text = records[0]["text"]
    (news / "a.html").write_text(f"<html><body><article><p>{text}</p></article></body></html>")
    (news / "b.txt").write_text(text)
    rows = "".join(f"{record['date']},{json.dumps(record['text'])}\n" for record in records[:3])
    (folder / "news.csv").write_text("date,body\n" + rows)
    toponym = {"start": 9, "end": 13, "text": "Kyiv", "lat": 50.45, "lon": 30.52}
    gold = {"id": "a", "text": "Talks in Kyiv.", "toponyms": [toponym]}
    (folder / "gold.jsonl").write_text(json.dumps(gold) + "\n")
    (folder / "mine.jsonl").write_text(json.dumps(gold) + "\n")
    (folder / "recorded").mkdir()
    (folder / "recorded/other.gold.jsonl").write_text(json.dumps(gold) + "\n")
    own = ("training/roles.jsonl", "training/news.jsonl")
    for name in ("lgl.jsonl", "gum.jsonl", *own, "downloads/UA.zip"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    (folder / "corrections.json").write_text(json.dumps({"corrections": []}))
    return folder


@pytest.fixture
def here(inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    shutil.copytree(inputs, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MPLBACKEND", "agg")
    return folder


@pytest.mark.parametrize("page", [p for p in PAGES if p != GENERATED], ids=name_of)
def test_the_code_of_a_page_runs(
    page: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, object] = {}
    for language, code in blocks(page):
        if language == "python":
            exec(compile(code, str(page), "exec"), names)
        elif language == "json":
            included = re.fullmatch(r'--8<-- "(.+)"\n', code)
            json.loads((ROOT / included[1]).read_text(encoding="utf-8") if included else code)
        elif language == "sh":
            for words in calls(code):
                command = shlex.join(["geomap", *words])
                if NOT_RUN.search(command):
                    understood(words)
                else:
                    assert main(words) in (0, 1), f"{command}: {capsys.readouterr().err}"
        else:
            assert language in ("text", "sql"), f"{language}: not run by the tests"


def understood(words: list[str]) -> None:
    """Fail unless the words are a command with its arguments."""
    command: click.Command = cli
    context = click.Context(cli, info_name="geomap", **cli.context_settings)
    while isinstance(command, click.Group):
        name, *words = words
        command = command.commands[name]
        context = command.make_context(name, [*words], parent=context)


def test_the_readme_begins_with_picture_commands_and_python() -> None:
    text = PAGES[0].read_text(encoding="utf-8")
    screen = "\n".join(text.splitlines()[:30])
    assert "](docs/page-desktop.png)" in screen
    assert "make map" in screen
    assert "make test" in screen
    assert "import geomap" in screen


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_linked_file_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (page.parent / target).exists(), target
    for target in re.findall(r"`([\w-]+(?:/[\w.-]+)+\.\w+)`", text):
        if target.startswith(("data/", "docs/", "geomap/", "notebooks/", "tests/", "training/")):
            assert (ROOT / target).exists(), target


# ---------------------------------------------------------------- pages that say what the code is


def writer(name: str) -> ModuleType:
    """Import a script that writes a page."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cli_page() -> ModuleType:
    return writer("cli_page")


def test_the_page_of_what_the_gazetteer_holds_is_current() -> None:
    found = CONTENTS.read_text(encoding="utf-8")
    assert found == writer("contents_page").page(), "write it anew: python docs/contents_page.py"


def test_the_page_of_commands_is_current(cli_page: ModuleType) -> None:
    found = GENERATED.read_text(encoding="utf-8")
    assert found == cli_page.page(), "write it anew: python docs/cli_page.py"


def test_every_command_is_on_its_page_with_an_example(cli_page: ModuleType) -> None:
    shown = cli_page.helps(cli, ("geomap",))
    for path, text in shown:
        assert f"## {' '.join(path)}\n" in GENERATED.read_text(encoding="utf-8")
        _, found, example = text.partition("Example")
        assert found, f"{' '.join(path)} has no example"
        assert " ".join(path) in example


def documented_columns() -> dict[str, dict[str, str]]:
    """Return the columns and types of each table on the page of tables."""
    text = (DOCS / "reference/tables.md").read_text(encoding="utf-8")
    tables: dict[str, dict[str, str]] = {}
    for part in text.split("\n## ")[1:]:
        name = part.split()[0].strip("`")
        rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", part, flags=re.MULTILINE)
        tables[name] = dict(rows)
    return tables


def test_the_columns_of_the_tables_are_documented() -> None:
    atlas = Atlas(geoparse(str(ROOT / "seeds")))
    documented = documented_columns()
    tables = {
        "articles": atlas.articles,
        "mentions": atlas.mentions,
        "places": atlas.places,
        "regions": atlas.regions,
        "clusters": atlas.clusters(),
        "focus": atlas.focus(),
    }
    assert set(documented) == set(tables)
    for name, table in tables.items():
        index = {table.index.name: str(table.index.dtype)}
        columns = {column: str(dtype) for column, dtype in table.dtypes.items()}
        assert documented[name] == {**index, **columns}, name


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    for library in ("mkdocs", "material", "mkdocstrings"):
        if importlib.util.find_spec(library) is None:
            pytest.skip("the extra docs is not installed: pip install -e '.[docs]'")
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = {page.relative_to(site).as_posix() for page in site.rglob("*.html")}
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).with_suffix("").as_posix()
        assert ("index.html" if name == "index" else f"{name}/index.html") in made
    # The site, like the page, loads nothing from elsewhere.
    home = (site / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?://', home)
