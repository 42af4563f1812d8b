"""The tables that the commands print on standard output."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from geomap.atlas import Atlas
    from geomap.evaluation import Evaluation
    from geomap.records import Candidate

TABLE_ROWS = 40  # of the table after `geomap map`; the page has them all

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def examples(*commands: str) -> str:
    """Make the end of a command's help, which click is not to wrap."""
    title = "Example:" if len(commands) == 1 else "Examples:"
    return "\n  ".join(["\b", title, *commands]).replace("\b\n  ", "\b\n")


def print_places(atlas: Atlas) -> None:
    """Print the places of a map, the most mentioned first."""
    places = atlas.places.sort_values("n_mentions", ascending=False, kind="stable")
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
        click.echo(f"and {len(rows) - TABLE_ROWS} more places, all on the map")
    unplaced = int(atlas.mentions["place_id"].isna().sum())
    if unplaced:
        click.echo(f"{unplaced} mentions left unplaced; the page says why")


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


#: What is printed of an evaluation, a row a measure: shares in per cent, distances in km.
_MEASURES: dict[str, Callable[[Evaluation], float | None]] = {
    "documents": lambda e: e.scores.documents,
    "gold toponyms": lambda e: e.scores.strict.gold,
    "recognition precision, strict": lambda e: e.scores.strict.precision,
    "recognition recall, strict": lambda e: e.scores.strict.recall,
    "recognition F1, strict": lambda e: e.scores.strict.f1,
    "recognition F1, lenient": lambda e: e.scores.lenient.f1,
    "resolution accuracy @161 km": lambda e: e.scores.resolution.acc_161km,
    "resolution accuracy @20 km": lambda e: e.scores.resolution.acc_20km,
    "resolution mean, km": lambda e: e.scores.resolution.mean_km,
    "resolution median, km": lambda e: e.scores.resolution.median_km,
    "resolution AUC (0 is best, 1 worst)": lambda e: e.scores.resolution.auc,
    "end-to-end precision": lambda e: e.scores.end_to_end.precision,
    "end-to-end recall": lambda e: e.scores.end_to_end.recall,
    "end-to-end F1": lambda e: e.scores.end_to_end.f1,
    "role accuracy": lambda e: e.scores.role,
    "literal toponyms' F1, strict": lambda e: e.scores.literal.f1 if e.scores.literal else None,
    "kind accuracy": lambda e: e.scores.kind,
    "country accuracy": lambda e: e.scores.country,
    "region accuracy": lambda e: e.scores.region,
    "placed, though never a place": lambda e: e.scores.never_placed,
    "placed, of the found": lambda e: e.scores.placement.share,
    "right @161 km, of the placed": lambda e: e.scores.placement.precision,
    "calibration error (0 to 1)": lambda e: e.scores.placement.calibration_error,
    "gazetteer coverage": lambda e: e.coverage,
    "most populous candidate @161 km": lambda e: e.baseline,
    "articles per second": lambda e: e.articles_per_second,
}


def print_evaluations(evaluations: Sequence[Evaluation]) -> None:
    """Print a column a corpus and a row a measure; what no corpus has is left out."""
    rows = []
    for label, measure in _MEASURES.items():
        figures = [measure(one) for one in evaluations]
        if any(figure is not None for figure in figures):
            rows.append((label, *map(_figure, figures)))
    print_table(["per cent unless said", *(f"{one.corpus}>" for one in evaluations)], rows)


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
