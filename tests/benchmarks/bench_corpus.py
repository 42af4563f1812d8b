"""Prints what a corpus costs: ``python tests/benchmarks/bench_corpus.py [ARTICLES]``.

The corpus is that of ``corpus.py``, 2,000 articles unless said otherwise. It is parsed by one
worker and by two, a tenth of it by two, and flashgeotext (the extra ``benchmark``) and a
transformer of RoBERTa-base's size with random weights (torch, where it is installed) read the same
texts. Then four workers that do nothing but answer with a part of real size show what the process
that gives the work can do.

Rates are of wall time and, beside it, of the workers' processor time. Memory is the most there
was: of the parent all (VmHWM), of a worker what it has for itself alone, and what of that a worker
of Dask has before it knows of geomap.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from bench_recognition import FLASHGEOTEXT, GEOMAP, TRANSFORMER
from corpus import articles

from geomap.batch import Progress, parse_corpus
from geomap.batch.cluster import connected

TRANSFORMER_ARTICLES = 8
OTHERS_ARTICLES = 400
IDLE_WORKERS, IDLE_PARTS = 4, 40
YEAR_S = 365 * 86_400


def main() -> None:
    """Print the figures of a corpus of as many articles as the argument says."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        size = write("corpus.jsonl", count)
        write("tenth.jsonl", count // 10)
        print(f"{count:,} articles of {size / count:,.0f} bytes, {os.cpu_count()} cores")
        if hasattr(os, "getloadavg"):
            print(f"load average {os.getloadavg()[0]:.1f}", file=sys.stderr)
        print(
            f"{'articles':>9}{'workers':>9}{'articles/s':>12}{'of CPU':>9}{'parent MB':>11}"
            f"{'worker MB':>11}{'of it Dask':>12}"
        )
        tenth = run("tenth.jsonl", 2)
        show(count // 10, 2, tenth)
        one = run("corpus.jsonl", 1)
        show(count, 1, one)
        two = run("corpus.jsonl", 2)
        show(count, 2, two)
        written = sum(path.stat().st_size for path in Path("out-2").rglob("*.parquet"))
        ratio = two["rate"] / one["rate"]
        print(f"two workers : one                    {ratio:.2f}")
        print(f"bytes of the dataset per article     {written / count:,.0f}")
        idle = run_idle(two["part_articles"])
        label = f"parent, per partition of {two['part_articles']:,.0f}"
        cpu, wall = 1000 * idle["cpu"], 1000 * idle["seconds"]
        print(f"{label:<37}{cpu:,.0f} ms of processor time, {wall:,.0f} ms in all")
        others(size / count)
        on_paper(one, written / count, size / count, idle)


def write(path: str, count: int) -> int:
    """Write a corpus; return its bytes."""
    with Path(path).open("w", encoding="utf-8") as file:
        for article in articles(count):
            file.write(json.dumps(article, ensure_ascii=False) + "\n")
    return Path(path).stat().st_size


def show(count: int, workers: int, found: dict[str, float]) -> None:
    """Print a row."""
    print(
        f"{count:>9,}{workers:>9}{found['rate']:>12.1f}{found['cpu_rate']:>9.1f}"
        f"{found['parent']:>11.0f}{found['worker']:>11.0f}{found['bare']:>12.0f}"
    )


def run(path: str, workers: int) -> dict[str, float]:
    """Parse a corpus in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--run", path, str(workers)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured_run(path: str, workers: int) -> None:
    """Parse a corpus and print what it took; its start, some seconds, is left out."""
    started: list[float] = []
    peak = bare = 0.0
    seconds: dict[int, float] = {}
    first: dict[int, float] = {}

    def watch(progress: Progress) -> None:
        nonlocal peak, bare
        if not started:
            started.append(time.perf_counter())
        for child in psutil.Process().children(recursive=True):
            try:
                if "spawn_main" not in " ".join(child.cmdline()):
                    continue  # the tracker of multiprocessing's
                peak = max(peak, child.memory_full_info().uss)
                bare = bare or peak
                times = child.cpu_times()
                seconds[child.pid] = times.user + times.system
                first.setdefault(child.pid, seconds[child.pid])
            except psutil.Error:
                continue

    summary = parse_corpus(path, f"out-{workers}", workers=workers, on_progress=watch)
    count = summary.counts.n_articles
    used = sum(seconds.values()) - sum(first.values())
    found = {
        "rate": count / (time.perf_counter() - started[0]),
        "cpu_rate": count / used,
        "parent": peak_mb(),
        "worker": peak / 1e6,
        "bare": bare / 1e6,
        "part_articles": count / summary.parts,
    }
    print(json.dumps(found))


def peak_mb() -> float:
    """Return the most memory that this process has had, MB."""
    status = Path("/proc/self/status").read_text()
    return float(status.partition("VmHWM:")[2].split()[0]) / 1000


def run_idle(part_articles: float) -> dict[str, float]:
    """Measure what the parent does for a partition, with workers that answer at once."""
    write("idle.jsonl", round(part_articles) * IDLE_PARTS)
    part = [Path(f"out-2/{table}/part-000000.parquet") for table in ("articles", "mentions")]
    with connected(IDLE_WORKERS, None) as client:
        client.register_plugin(_answers(*(path.read_bytes() for path in part)))
        address = client.scheduler.address
        marks: list[tuple[float, float]] = []
        summary = parse_corpus(
            "idle.jsonl",
            "out-idle",
            scheduler=address,
            on_progress=lambda _: marks.append((time.perf_counter(), time.process_time())),
        )
    seconds, cpu = (b - a for a, b in zip(marks[0], marks[-1], strict=True))
    return {"seconds": seconds / summary.parts, "cpu": cpu / summary.parts}


def _answers(articles: bytes, mentions: bytes) -> Any:
    from distributed import WorkerPlugin

    class Answers(WorkerPlugin):  # type: ignore[misc]
        def setup(self, worker: Any) -> None:
            from geomap.batch import cluster
            from geomap.batch.work import Counts, Part

            cluster.parse_partition = lambda partition, job: Part(
                partition.number, job.checksum(partition), Counts(), articles, mentions, None
            )

    return Answers()


TIMED = """
import itertools, sys, time
from corpus import articles
texts = [one["text"] for one in articles({count})]
{load}
recognize(texts[0])
rates = []
for _ in range(2):
    start = time.process_time()
    for text in texts:
        recognize(text)
    rates.append(len(texts) / (time.process_time() - start))
print(max(rates))
"""
OTHERS = {
    "geomap, recognition alone": ("geomap", GEOMAP, OTHERS_ARTICLES),
    "flashgeotext": ("flashgeotext", FLASHGEOTEXT, OTHERS_ARTICLES),
    "transformer (random)": ("torch", TRANSFORMER, TRANSFORMER_ARTICLES),
}


def others(size: float) -> None:
    """Print the speed of others on the same texts, on one core."""
    print("on one core, articles/s of processor time:")
    for name, (library, load, count) in OTHERS.items():
        if importlib.util.find_spec(library) is None:
            print(f"  {name:<35}left out: {library} is not installed")
            continue
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", TIMED.format(load=load, count=count)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, **threads, "PYTHONPATH": str(Path(__file__).parent)},
        )
        print(f"  {name:<35}{float(done.stdout.split()[-1]):,.1f}")


def on_paper(one: dict[str, float], written: float, size: float, idle: dict[str, float]) -> None:
    """Print what larger corpora would take, by these figures."""
    print(f"{'on paper':<12}{'core hours':>11}{'input GB':>10}{'dataset GB':>12}{'parts':>9}")
    for count in (1_000_000, 300_000_000):
        print(
            f"{count:<12,}{count / one['cpu_rate'] / 3600:>11,.1f}{count * size / 1e9:>10,.1f}"
            f"{count * written / 1e9:>12,.1f}{count / one['part_articles']:>9,.0f}"
        )
    most = one["part_articles"] / idle["seconds"]
    print(
        f"the parent gives out {most:,.0f} articles/s at most: the work of"
        f" {most / one['cpu_rate']:,.0f} cores"
    )
    year = 300_000_000 / YEAR_S
    print(f"as they come, {year:,.1f} articles/s: the work of {year / one['cpu_rate']:.2f} cores")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        measured_run(sys.argv[2], int(sys.argv[3]))
    else:
        main()
