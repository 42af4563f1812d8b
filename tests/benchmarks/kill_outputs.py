"""Kills ``geomap`` while it writes: ``python tests/benchmarks/kill_outputs.py 200``.

A file that was there before is written anew by ``geomap map`` or ``geomap parse``, and the process
is killed (SIGKILL) at a random moment, half of them once the writing has begun; each format in
turn. Whatever the moment, there must be the old file as it was, or the new one whole, and beside it
nothing but the hidden folder that a killed run cannot remove. The processes are forked from one
that has imported and read everything.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pyogrio

from geomap.cli import main as geomap

SUFFIXES = (".html", ".jsonl", ".geojson", ".gpkg", ".parquet", ".csv", ".kml", ".lpf.json")
BEFORE = b"what was there before"
TEXT = "Shells hit Kharkiv, Kursk and the village of Noven'ke in Sumy region on Friday. " * 20


def _layers(path: Path) -> None:
    for layer in ("places", "mentions", "regions", "articles"):
        assert len(pyogrio.read_dataframe(path, layer=layer))


def _lines(path: Path) -> None:
    assert [json.loads(line)["id"] for line in path.open()] == ["article"]


#: Raises where a file is not whole.
WHOLE: dict[str, Callable[[Path], object]] = {
    ".html": lambda path: path.read_text("utf-8").rstrip().index("</html>"),
    ".jsonl": _lines,
    ".geojson": lambda path: json.loads(path.read_bytes())["features"][0],
    ".gpkg": _layers,
    ".parquet": gpd.read_parquet,
    ".csv": lambda path: pd.read_csv(path)["longitude"].iloc[-1],
    ".kml": ElementTree.parse,
    ".lpf.json": lambda path: json.loads(path.read_bytes())["features"][0],
}


def kill(folder: Path, times: int, seed: int = 0) -> Counter[str]:
    """Kill so many runs, in `folder`; return what was found, by how often.

    Raises
    ------
    AssertionError
        If a file was neither the old one nor a whole one, or something else was left.
    """
    rng = random.Random(seed)
    article = folder / "article.txt"
    article.write_text(TEXT, encoding="utf-8")
    took: dict[str, float] = {}
    found: Counter[str] = Counter()
    for number in range(times):
        suffix = SUFFIXES[number % len(SUFFIXES)]
        if suffix not in took:
            started = time.monotonic()
            assert _wait(_start(article, folder / f"whole{suffix}")) == 0
            took[suffix] = time.monotonic() - started
            WHOLE[suffix](folder / f"whole{suffix}")
        own = folder / str(number)
        own.mkdir()
        path = own / f"out{suffix}"
        path.write_bytes(BEFORE)
        process = _start(article, path)
        if rng.random() < 0.5:
            time.sleep(rng.uniform(0, took[suffix]))
        else:  # once it has begun to write
            limit = time.monotonic() + 5 * took[suffix]
            while len(list(own.iterdir())) == 1 and time.monotonic() < limit:
                time.sleep(0.0005)
            time.sleep(rng.uniform(0, 0.2 * took[suffix]))
        os.kill(process, signal.SIGKILL)
        ended = _wait(process)
        left = [name.name for name in own.iterdir() if name != path]
        assert all(name.startswith(".geomap-") for name in left), left
        assert len(left) <= 1, left
        if path.read_bytes() == BEFORE:
            found["old, killed while writing" if left else "old, killed before"] += 1
            assert ended == -signal.SIGKILL
        else:
            WHOLE[suffix](path)
            found["new, run had ended" if ended == 0 else "new, killed after"] += 1
    return found


def _start(article: Path, path: Path) -> int:
    """Run the command in a process of its own; return its number."""
    command = "map" if path.suffix == ".html" else "parse"
    process = os.fork()
    if process == 0:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        status = 70
        try:
            status = geomap([command, str(article), "-o", str(path)])
        finally:
            os._exit(status)
    return process


def _wait(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def main() -> None:
    """Print how often what was found."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "warm.txt").write_text(TEXT, encoding="utf-8")
        for suffix in SUFFIXES:  # imports and reads everything
            command = "map" if suffix == ".html" else "parse"
            assert geomap([command, f"{name}/warm.txt", "-o", f"{name}/warm{suffix}"]) == 0
        found = kill(folder, times)
    for what, count in found.most_common():
        print(f"{count:5}  {what}")
    print(f"{times:5}  killed; each file was the old one or a whole one")


if __name__ == "__main__":
    main()
