"""What ``geomap parse`` does where its output is a folder: a dataset, perhaps by many workers."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from geomap.cli_tables import print_facts, print_places, show_page
from geomap.errors import UsageError

if TYPE_CHECKING:
    from geomap.batch import Options, Progress, Summary

_ALL_WELL, _PARTLY, _NOTHING_DONE = 0, 1, 2


def wants_dataset(output: str, workers: int | None, scheduler: str | None) -> bool:
    """Whether what was asked for is a dataset, not a file."""
    if workers is not None or scheduler is not None:
        return True
    if output == "-":
        return False
    from geomap.batch import is_dataset

    return output.endswith(("/", os.sep)) or is_dataset(output)


def parse_to_dataset(
    inputs: Sequence[str],
    output: str,
    options: Options,
    *,
    workers: int | None,
    scheduler: str | None,
) -> int:
    """Parse into a dataset, print what it holds, and return the exit status."""
    if output == "-":
        raise UsageError("several workers write a dataset, which is a folder: name it with -o out/")
    from geomap.batch import parse_corpus

    started = time.monotonic()
    try:
        with _shown() as on_progress:
            summary = parse_corpus(
                inputs,
                output,
                options=options,
                workers=workers,
                scheduler=scheduler,
                on_progress=on_progress,
            )
    except KeyboardInterrupt:
        click.echo("geomap: stopped; the same command goes on from here", err=True)
        raise
    repeats = None
    if options.dedupe:
        from geomap.duplicates import find

        repeats = find(output)["repeats"]
    _print(summary, repeats, time.monotonic() - started)
    click.echo(output)
    if not summary.counts.n_articles:
        return _NOTHING_DONE
    return _PARTLY if summary.counts.n_rejects else _ALL_WELL


def is_one_dataset(inputs: Sequence[str]) -> bool:
    """Whether what is to be mapped is a dataset.

    Raises
    ------
    UsageError
        A dataset and something else are.
    """
    from geomap.batch import is_dataset

    datasets = [path for path in inputs if path != "-" and is_dataset(path)]
    if datasets and len(inputs) > 1:
        raise UsageError(f"{datasets[0]}: a dataset is mapped alone; leave out the other inputs")
    return bool(datasets)


def map_dataset(
    path: str,
    output: str,
    workers: int | None,
    of_page: Mapping[str, str | None],
    in_browser: bool,
) -> int:
    """Write the page of a dataset, print its places, and return the exit status."""
    from geomap.atlas import Atlas
    from geomap.batch import make_aggregates, read_manifest

    read_manifest(path)  # which must be whole
    make_aggregates(path, workers=workers)
    atlas = Atlas.from_dataset(path)
    atlas.map(**of_page).save(output)
    print_places(atlas.places, int(atlas.timeline["n_unplaced"].sum()))
    show_page(output, in_browser)
    return _ALL_WELL


def _print(summary: Summary, repeats: int | None, seconds: float) -> None:
    counts = summary.counts
    facts = {
        "articles": f"{counts.n_articles:,}",
        "mentions": f"{counts.n_mentions:,}",
        "placed": f"{counts.n_placed:,}",
        "unplaced": f"{counts.n_mentions - counts.n_placed:,}",
        "rejects": f"{counts.n_rejects:,}",
    }
    if repeats is not None:
        facts["near-duplicates"] = f"{repeats:,}"
    if summary.kept:
        facts["of an earlier run"] = f"{summary.kept:,} of {summary.parts:,} parts"
    if summary.lost:
        facts["to be tried again"] = f"{summary.lost:,} parts that workers died of"
    facts["articles/s"] = f"{summary.parsed.n_articles / seconds:,.1f}"
    print_facts(facts)


@contextmanager
def _shown() -> Iterator[Callable[[Progress], None] | None]:
    """Give what shows on a terminal's standard error how far a run is."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[parsed]:,} articles, {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    console = Console(stderr=True)
    started = time.monotonic()
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, parsed=0, rate=0.0, left="")
        named = False

        def show(progress: Progress) -> None:
            nonlocal named
            if progress.dashboard and not named:
                console.print(f"dashboard: {progress.dashboard}", markup=False, highlight=False)
                named = True
            seconds = time.monotonic() - started
            parsed = progress.parsed.n_articles
            left = ""
            if progress.done:
                missing = max(progress.size - progress.done, 0)
                left = f"{_duration(seconds * missing / progress.done)} left"
            bar.update(
                task,
                total=progress.size or None,
                completed=progress.done,
                parsed=parsed,
                rate=parsed / seconds,
                left=left,
            )

        yield show


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
