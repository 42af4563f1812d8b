"""The rules of the house, read from the code: who imports whom, where heavy libraries live."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "geomap"

LAYERS = {
    "records": 0,
    "errors": 0,
    "names": 0,
    "settings": 0,
    "sentences": 0,
    "wordlists": 0,
    "writing": 1,
    "articles": 1,
    "recognition": 1,
    "gazetteer": 1,
    "geocoding": 1,
    "resolution": 1,
    "corrections": 1,
    "regions": 1,
    "webmap": 2,
    "export": 2,
    "online": 2,
    "duplicates": 2,
    "corpus": 2.5,
    "filters": 1,
    "gazetteer_build": 3,
    "geoparser": 3,
    "atlas": 3,
    "batch": 4,
    "evaluation": 4,
    "training": 4.5,
    "boundary_build": 4,
    "cli_tables": 5,
    "cli_corpus": 5.5,
    "cli_gazetteer": 5.5,
    "cli_train": 5.5,
    "cli": 6,
    "__main__": 7,
    "__init__": 7,
}

SPATIAL = {"regions", "export", "webmap", "corpus", "atlas", "boundary_build", "gazetteer_build"}

#: Library -> the only rooms that may import it at all.
ROOMS = {
    "datasketch": {"duplicates"},
    "folium": {"webmap"},
    "branca": {"webmap"},
    "geopy": {"geocoding"},
    "dask": {"batch"},
    "distributed": {"batch"},
    "geopandas": SPATIAL,
    "shapely": SPATIAL,
    "pyogrio": SPATIAL,
    "marisa_trie": {"gazetteer", "gazetteer_build", "recognition", "training"},
    "rapidfuzz": {"gazetteer", "gazetteer_build"},
    "requests": {"gazetteer_build"},
    "trafilatura": {"articles"},
    "pypdf": {"articles"},
    "feedparser": {"articles"},
    "sqlalchemy": {"export"},
    "geoalchemy2": {"export"},
    "spacy": {"recognition"},
    "click": {"cli", "cli_corpus", "cli_gazetteer", "cli_tables", "cli_train"},
}

#: Library -> the rooms that may import it before a function needs it.
EAGER = {
    "folium": {"webmap"},
    "branca": {"webmap"},
    "geopandas": SPATIAL,
    "shapely": SPATIAL,
    "pandas": SPATIAL,
    "pyarrow": SPATIAL | {"batch", "duplicates"},
    "numpy": SPATIAL
    | {"batch", "duplicates", "gazetteer", "recognition", "resolution", "training"},
    "rich": set(),
    "dateutil": set(),
}


class Import(NamedTuple):
    room: str  # the module, or the package it belongs to
    target: str  # dotted name of what is imported
    eager: bool  # made when the module is imported
    where: str

    @property
    def library(self) -> str:
        return self.target.partition(".")[0]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside_functions = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    package = ("geomap", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            targets = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in targets:
            where = f"{path.relative_to(PACKAGE.parent)}:{node.lineno}"
            yield Import(room_of(path), target, id(node) not in inside_functions, where)


MODULES = sorted(PACKAGE.rglob("*.py"))
IMPORTS = [found for path in MODULES for found in imports_of(path)]


def test_every_room_has_a_layer() -> None:
    rooms = {room_of(path) for path in MODULES}
    assert rooms
    assert rooms <= set(LAYERS), f"give these a layer: {sorted(rooms - set(LAYERS))}"


def test_a_room_imports_only_from_lower_layers() -> None:
    wrong = []
    for found in IMPORTS:
        if found.library != "geomap" or found.target == "geomap.__version__":
            continue
        target = [*found.target.split("."), "__init__"][1]
        if target == found.room or found.room == "__main__":
            continue
        if LAYERS.get(target, 7) >= LAYERS[found.room] and found.room != "__init__":
            wrong.append(f"{found.where} imports {found.target}")
    assert not wrong


def test_the_lowest_layer_needs_the_standard_library_only() -> None:
    wrong = [
        f"{found.where} imports {found.target}"
        for found in IMPORTS
        if LAYERS[found.room] == 0
        and found.library not in sys.stdlib_module_names
        and found.library != "geomap"
        and (found.room, found.library) != ("settings", "platformdirs")
    ]
    assert not wrong


@pytest.mark.parametrize("library", ROOMS)
def test_a_heavy_library_stays_in_its_room(library: str) -> None:
    wrong = [
        found.where
        for found in IMPORTS
        if found.library == library and found.room not in ROOMS[library]
    ]
    assert not wrong


@pytest.mark.parametrize("library", EAGER)
def test_a_heavy_library_is_imported_where_it_is_used(library: str) -> None:
    wrong = [
        found.where
        for found in IMPORTS
        if found.library == library and found.eager and found.room not in EAGER[library]
    ]
    assert not wrong


@pytest.mark.parametrize("statement", ["import geomap", "import geomap.cli"])
def test_the_front_door_is_light(statement: str) -> None:
    heavy = set(EAGER) | set(ROOMS) - {"click"}
    code = f"import sys; {statement}; print(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500
