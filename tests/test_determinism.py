"""The same articles give the same bytes, whatever the hash seed, zone, locale and folder."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from geomap.settings import DATA

ROOT = Path(__file__).resolve().parent.parent
INPUTS = [str(ROOT / "seeds"), str(DATA / "examples" / "front" / "dispatches.jsonl")]

#: Parses once and writes everything, so that each surrounding costs one process.
SCRIPT = """
import sys
import geomap
from geomap import export
parsed = geomap.Geoparser().parse_all(geomap.read(sys.argv[2:]))
atlas = geomap.Atlas(list(parsed))
for name in ("places.jsonl", "places.parquet", "places.csv", "map.html"):
    atlas.save(f"{sys.argv[1]}/{name}")
"""

SURROUNDINGS = {
    "plain": {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    "other seed, far east": {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
    "another, far west": {"PYTHONHASHSEED": "4711", "TZ": "Etc/GMT+12", "LC_ALL": "tr_TR.UTF-8"},
}


def _made(folder: Path, cwd: Path, surroundings: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), *INPUTS],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **surroundings},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("made")
    folders = []
    for i, surroundings in enumerate(SURROUNDINGS.values()):
        cwd = root / f"cwd {i}"
        cwd.mkdir()
        folders.append(_made(root / str(i), cwd, surroundings))
    return folders


@pytest.mark.parametrize("name", ["places.jsonl", "places.csv", "map.html"])
def test_bytes_are_the_same(made: list[Path], name: str) -> None:
    digests = {hashlib.sha256((folder / name).read_bytes()).hexdigest() for folder in made}
    assert len(digests) == 1


def test_geoparquet_holds_the_same(made: list[Path]) -> None:
    from pyarrow import parquet

    def content(folder: Path) -> list[dict[str, Any]]:
        rows = parquet.read_table(folder / "places.parquet")
        geo = json.loads(rows.schema.metadata[b"geo"])
        return [geo, *rows.to_pylist()]

    first, *others = map(content, made)
    assert len(first) > 20
    assert all(other == first for other in others)


def test_nothing_says_where_or_when_it_was_made(made: list[Path]) -> None:
    for folder in made:
        for path in folder.iterdir():
            assert str(folder.parent).encode() not in path.read_bytes()
