"""The tables that the commands print on standard output."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from geomap.evaluation import Coverage, Evaluation, Missed, Scores
    from geomap.records import Candidate

TABLE_ROWS = 40  # of the table after `geomap map`; the page has them all

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def examples(*commands: str) -> str:
    """Make the end of a command's help, which click is not to wrap."""
    title = "Example:" if len(commands) == 1 else "Examples:"
    return "\n  ".join(["\b", title, *commands]).replace("\b\n  ", "\b\n")


def print_places(places: Any, unplaced: int) -> None:
    """Print a table of places, the most mentioned first, and how many names are unplaced."""
    places = places.sort_values("n_mentions", ascending=False, kind="stable")
    words = places[["name", "kind", "admin1_name", "country_name"]].astype(object).fillna("")
    rows = [
        (*row, str(count), f"{confidence:.0%}")
        for row, count, confidence in zip(
            words.itertuples(index=False), places["n_mentions"], places["confidence"], strict=True
        )
    ]
    headings = ["place", "kind", "region", "country", "mentions>", "confidence>"]
    print_table(headings, rows[:TABLE_ROWS])
    if len(rows) > TABLE_ROWS:
        click.echo(f"and {len(rows) - TABLE_ROWS:,} more places")
    if unplaced:
        click.echo(f"{unplaced:,} mentions left unplaced; the page says why")


def show_page(path: str, in_browser: bool) -> None:
    """Print where a page was written, and open it in the browser if that is asked for."""
    click.echo(path)
    if in_browser:
        import webbrowser

        webbrowser.open(Path(path).resolve().as_uri())


def print_candidates(candidates: Iterable[Candidate]) -> None:
    """Print the bearers of a name, a row each."""
    rows = []
    for candidate in candidates:
        place = candidate.place
        found_as = (
            candidate.matched_name,
            candidate.name_type,
            candidate.language,
            "colloquial" if candidate.colloquial else None,
        )
        rows.append(
            (
                place.name,
                place.kind,
                place.admin1_name,
                place.country_code,
                f"{place.latitude:.4f}",
                f"{place.longitude:.4f}",
                f"{place.population:,}" if place.population else None,
                place.id,
                place.source,
                ", ".join(filter(None, found_as)),
            )
        )
    headings = ["place", "kind", "region", "country", "lat>", "lon>", "population>", "id"]
    print_table([*headings, "source", "found as"], rows)


#: What is printed of a system's scores, a row a measure: shares in per cent, distances in km.
_SCORES: dict[str, Callable[[Scores], float | None]] = {
    "documents": lambda s: s.documents,
    "gold toponyms": lambda s: s.strict.gold,
    "recognition precision, strict": lambda s: s.strict.precision,
    "recognition recall, strict": lambda s: s.strict.recall,
    "recognition F1, strict": lambda s: s.strict.f1,
    "recognition F1, lenient": lambda s: s.lenient.f1,
    "resolution accuracy @161 km": lambda s: s.resolution.acc_161km if _places(s) else None,
    "resolution accuracy @20 km": lambda s: s.resolution.acc_20km if _places(s) else None,
    "resolution mean, km": lambda s: s.resolution.mean_km if _places(s) else None,
    "resolution median, km": lambda s: s.resolution.median_km if _places(s) else None,
    "resolution AUC (0 is best, 1 worst)": lambda s: s.resolution.auc if _places(s) else None,
    "end-to-end precision": lambda s: s.end_to_end.precision if _places(s) else None,
    "end-to-end recall": lambda s: s.end_to_end.recall if _places(s) else None,
    "end-to-end F1": lambda s: s.end_to_end.f1 if _places(s) else None,
    "role accuracy": lambda s: s.role,
    "literal toponyms' F1, strict": lambda s: s.literal.f1 if s.literal else None,
    "kind accuracy": lambda s: s.kind,
    "country accuracy": lambda s: s.country,
    "region accuracy": lambda s: s.region,
    "placed, though never a place": lambda s: s.never_placed if _places(s) else None,
    "placed, of the found": lambda s: s.placement.share if _places(s) else None,
    "right @161 km, of the placed": lambda s: s.placement.precision,
    "calibration error (0 to 1)": lambda s: s.placement.calibration_error,
}
_OF_GEOMAP: dict[str, Callable[[Evaluation], float | None]] = {
    "gazetteer coverage": lambda e: e.coverage,
    "most populous candidate @161 km": lambda e: e.baseline,
    "articles per second": lambda e: e.articles_per_second,
}


def _places(scores: Scores) -> bool:
    """Whether the system resolves what it finds."""
    return bool(scores.placement.share)


def print_evaluations(evaluations: Sequence[Evaluation]) -> None:
    """Print a row a measure, and the curves; what nobody has is left out.

    The columns are the corpora; but where other systems are judged beside, each corpus has a
    table with a column a system.
    """
    if any(one.beside for one in evaluations):
        for one in evaluations:
            systems = [one.scores, *one.beside.values()]
            _print_measures(one.corpus, [one.system, *one.beside], systems, [one])
    else:
        corpora = [one.corpus for one in evaluations]
        scores = [one.scores for one in evaluations]
        _print_measures("per cent unless said", corpora, scores, evaluations)
    _print_curves([one for one in evaluations if one.scores.placement.curve])


def _print_measures(
    title: str,
    columns: Sequence[str],
    scores: Sequence[Scores],
    evaluations: Sequence[Evaluation],
) -> None:
    figures = {label: [measure(one) for one in scores] for label, measure in _SCORES.items()}
    for label, own in _OF_GEOMAP.items():
        figures[label] = [own(one) for one in evaluations]
    rows = [
        (label, *map(_figure, row))
        for label, row in figures.items()
        if any(figure is not None for figure in row)
    ]
    print_table([title, *(f"{column}>" for column in columns)], rows)


def _print_curves(evaluations: Sequence[Evaluation]) -> None:
    """Print which share is placed, and of that is right, for thresholds of confidence."""
    if not evaluations:
        return
    headings = [
        f"{one.corpus}, {what}>" for one in evaluations for what in ("placed", "right of these")
    ]
    curves = [one.scores.placement.curve for one in evaluations]
    rows = [
        (
            f"{points[0][0]:g}",
            *(_figure(share) for _, placed, right in points for share in (placed, right)),
        )
        for points in zip(*curves, strict=True)
    ]
    print_table(["confidence of at least", *headings], rows)


def print_coverage(coverages: dict[str, Coverage]) -> None:
    """Print a row a corpus, and a table a corpus of the names that are missed, by kind."""
    headings = ["corpus", "located>", "covered, %>", "most populous right, %>"]
    print_table(
        [*headings, "candidates, mean>", "candidates, median>"],
        [
            (
                corpus,
                str(one.located),
                _figure(one.share),
                _figure(one.most_populous),
                _figure(one.mean_candidates),
                _figure(one.median_candidates),
            )
            for corpus, one in coverages.items()
        ],
    )
    for corpus, one in coverages.items():
        rows = []
        for kind, missed in groupby(one.missed, key=lambda name: name.kind):
            names = list(missed)
            mentions = sum(name.mentions for name in names)
            share = f"{100 * mentions / one.located:.1f}"
            rows.append((kind, str(mentions), share, ", ".join(map(_missed, names))))
        if rows:
            print_table([f"missed of {corpus}", "mentions>", "%>", "names"], rows)
    click.echo("x3: three mentions; (km): the nearest place of that name is so far away")


def _missed(name: Missed) -> str:
    times = f" x{name.mentions}" if name.mentions > 1 else ""
    away = f" ({name.nearest_km:,.0f} km)" if name.nearest_km is not None else ""
    return name.name + times + away


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}" if value < 1 else f"{value:.1f}"


def print_facts(facts: dict[str, Any]) -> None:
    """Print names and values, a row each."""
    rows = []
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {part}" for key, part in value.items())
        rows.append((name.replace("_", " "), str(value)))
    print_table([], rows)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    """Print a table; a heading that ends in ``>`` stands over figures."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD if headings else None, show_header=bool(headings))
    for heading in headings:
        figures = heading.endswith(">")
        table.add_column(
            heading.rstrip(">"), justify="right" if figures else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(_CONTROL.sub(" ", cell or "") for cell in row))
    width = None if sys.stdout.isatty() else 1000  # a pipe has no edge to wrap at
    Console(width=width, markup=False, emoji=False, highlight=False).print(table)
