"""Sends many articles through one process: ``python tests/benchmarks/bench_long_run.py 50000``.

The articles are read from one file of JSON Lines, parsed, and written as lines to nowhere, as
``geomap parse`` does. After each thousand it prints the articles a second of processor time, the
memory and the open file handles; at the end, how far the memory grew after the first thousand.
The articles are those of ``corpus.py``, cut to ``--characters``.
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from corpus import articles as invented

from geomap import Geoparser
from geomap.articles import read
from geomap.export import to_lines


@dataclass(frozen=True)
class State:
    """What the process holds after so many articles."""

    articles: int
    seconds: float  # of processor time, for the articles since the state before
    resident: int  # bytes
    handles: int


def run(path: Path, every: int) -> list[State]:
    """Parse the articles of a file; return the state of the process after each `every` of them."""
    states: list[State] = []
    started = time.process_time()
    for number, _ in enumerate(to_lines(Geoparser().parse_all(read(path))), 1):
        if number % every == 0:
            seconds = time.process_time() - started
            gc.collect()
            states.append(State(number, seconds, resident(), handles()))
            started = time.process_time()
    return states


def resident() -> int:
    """Return the bytes of memory that are this process's own: not the files it has mapped."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise OSError("this system does not say what is a process's own memory")


def handles() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def main() -> None:
    """Print a row a thousand articles, and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", nargs="?", type=int, default=50_000)
    parser.add_argument("--characters", type=int, default=600, help="of an article, at most")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "articles.jsonl")
        with path.open("w", encoding="utf-8") as file:
            for one in invented(asked.count):
                file.write(json.dumps({**one, "text": one["text"][: asked.characters]}) + "\n")
        states = run(path, 1000)
    print(f"{'articles':>9} {'articles/s':>11} {'memory, MB':>11} {'handles':>8}")
    for state in states:
        speed = 1000 / state.seconds
        print(f"{state.articles:9,} {speed:11.0f} {state.resident / 1e6:11.1f} {state.handles:8}")
    first, last = states[0], states[-1]
    grown = (last.resident - first.resident) / 1e6
    print(f"memory after {first.articles:,} -> {last.articles:,}: {grown:+.1f} MB")


if __name__ == "__main__":
    main()
