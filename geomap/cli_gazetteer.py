"""The commands ``geomap lookup`` and ``geomap gazetteer``."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from geomap.cli_tables import examples, print_candidates, print_facts, print_table
from geomap.errors import UsageError
from geomap.records import KINDS, Kind, Place

logger = logging.getLogger(__name__)

_FOUND, _NOT_FOUND = 0, 1
_MEGABYTE = 1_000_000  # no other step has so many parts
_LARGEST = 15  # countries in the table of `geomap gazetteer info`


@click.command(
    epilog=examples(
        'geomap lookup "Noven\'ke"', "geomap lookup Paris --country US --kind settlement"
    )
)
@click.argument("name")
@click.option("--country", metavar="CC", help="Only in this country (ISO 3166: UA, US).")
@click.option("--kind", type=click.Choice(KINDS), help="Only places of this kind.")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="At most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def lookup(name: str, country: str | None, kind: Any, limit: int, as_json: bool) -> int:
    """List the places that bear NAME, the most prominent first.

    Where no place does, those with a close spelling are listed, and the exit status is 1.
    """
    from geomap.gazetteer import default

    if country is not None and default().country_name(country.upper()) is None:
        raise UsageError(f"{country!r} is no country's code: use ISO 3166's two letters (UA, US)")
    filters: dict[str, Any] = {"country_code": country, "kind": kind}
    found = default().lookup(name, limit=limit, **filters)
    close = [] if found else default().similar(name, limit, **filters)
    if as_json:
        match = "exact" if found else "close"
        rows = [{"match": match, **asdict(candidate)} for candidate in found or close]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    if close:
        logger.warning("no place is called %r; close spellings:", name)
    elif not found:
        logger.warning("no place is called %r, nor anything close; try fewer limits", name)
    if not as_json and (found or close):
        print_candidates(found or close)
    return _FOUND if found else _NOT_FOUND


@click.group(epilog=examples("geomap gazetteer info"))
def gazetteer() -> None:
    """Ask about the gazetteer, or build it anew."""


@gazetteer.command(
    epilog=examples("geomap gazetteer info", "geomap gazetteer info --countries --json")
)
@click.option(
    "--countries", is_flag=True, help="Every country, by kind, of what comes with geomap."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(countries: bool, as_json: bool) -> None:
    """Say what the gazetteer holds, by kind and country, and where it comes from."""
    from geomap.gazetteer import CombinedGazetteer, default, embedded

    parts = {"embedded": embedded().info()}
    if isinstance(combined := default(), CombinedGazetteer):
        parts["GeoNames"] = combined.geonames.info()
    if countries:
        parts["embedded"]["kinds_by_country"] = kinds_by_country(embedded().places())
    if as_json:
        click.echo(json.dumps(parts, ensure_ascii=False, indent=2))
        return
    for name, about in parts.items():
        click.echo(f"{name} gazetteer")
        print_facts(
            {
                "date": about["date"],
                "sources": about["sources"],
                "licence": about["licence"],
                "size": f"{about['bytes'] / 1e6:,.1f} MB",
                "folder": about["folder"],
            }
        )
        click.echo()
    headings = [f"{name}>" for name in parts]
    kinds = [*KINDS, "places", "names"]
    rows = [[kind, *_figures(parts, "counts", kind)] for kind in kinds]
    print_table(["kind", *headings], rows)
    if countries:
        rows = [
            [default().country_name(code) or code or "none", *(f"{n:,}" for n in of_kind.values())]
            for code, of_kind in parts["embedded"]["kinds_by_country"].items()
        ]
        print_table(["country", *(f"{kind}>" for kind in KINDS)], rows)
        return
    sizes = [about["places_by_country"] for about in parts.values()]
    codes = {code for size in sizes for code in size if code}
    largest = sorted(codes, key=lambda code: (-sum(size.get(code, 0) for size in sizes), code))
    rows = [
        [default().country_name(code) or code, *_figures(parts, "places_by_country", code)]
        for code in largest[:_LARGEST]
    ]
    print_table(["country", *headings], rows)
    if len(largest) > _LARGEST:
        click.echo(f"and {len(largest) - _LARGEST} more countries; --countries lists them")


def kinds_by_country(places: Iterable[Place]) -> dict[str, dict[Kind, int]]:
    """Count places by country and kind.

    Parameters
    ----------
    places
        All that are to be counted.

    Returns
    -------
    dict
        Country's code -> kind -> number of places; codes in order, "" for what belongs to no one
        country.
    """
    counts = Counter((place.country_code or "", place.kind) for place in places)
    codes = sorted({code for code, _ in counts})
    return {code: {kind: counts[code, kind] for kind in KINDS} for code in codes}


def _figures(parts: dict[str, dict[str, Any]], table: str, row: str) -> list[str]:
    return [f"{about[table].get(row, 0):,}" for about in parts.values()]


@gazetteer.command(
    epilog=examples(
        "geomap gazetteer build --countries UA,RU",
        "geomap gazetteer build --all --from downloads/",
        "geomap gazetteer build --embedded --sources sources/ --out data/",
    )
)
@click.option("--countries", metavar="CC,CC", help="The whole of these countries, from GeoNames.")
@click.option("--all", "world", is_flag=True, help="The whole of GeoNames.")
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Take the files of GeoNames that are there, and download nothing.",
)
@click.option("--embedded", is_flag=True, help="Build the gazetteer that comes with geomap.")
@click.option(
    "--sources",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="With --embedded: the folder of source files; data/README.md lists them.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="With --embedded: where it goes, by default data/.",
)
def build(
    countries: str | None,
    world: bool,
    source: Path | None,
    embedded: bool,
    sources: Path | None,
    out: Path | None,
) -> None:
    """Build a gazetteer, which replaces the one before once it is whole.

    GeoNames' whole countries go to your data folder (GEOMAP_DATA says where else) and are used
    beside what comes with geomap. They are downloaded from download.geonames.org: the countries
    or the world, and alternateNamesV2.zip (200 MB).
    """
    if (countries is not None) + world + embedded != 1:
        raise UsageError("say what to build: --countries UA,RU, --all, or --embedded")
    if embedded != (sources is not None) or (out and not embedded) or (source and embedded):
        raise UsageError("--sources DIR and --out DIR go with --embedded, --from DIR without it")
    if sources is not None:
        _build_embedded(sources, out)
        return
    from geomap.gazetteer_build import build_geonames
    from geomap.settings import USER_DATA

    with _progress() as progress:
        manifest = build_geonames(
            None if countries is None else countries.split(","),
            USER_DATA / "geonames",
            source=source,
            progress=progress,
        )
    print_facts({name: f"{count:,}" for name, count in manifest["counts"].items()})


def _build_embedded(sources: Path, out: Path | None) -> None:
    from geomap.boundary_build import build_boundaries
    from geomap.gazetteer_build import build_embedded
    from geomap.settings import DATA

    # The outlines are called as the gazetteer has it, and its regions lie at their centroids.
    build_embedded(sources, out or DATA)
    boundaries = build_boundaries(sources, out or DATA)
    counts = build_embedded(sources, out or DATA)["counts"]
    without = len(boundaries["without_polygon"])
    outlines = {
        "outlines of regions": f"{boundaries['regions']}, and {without} without",
        "of countries": boundaries["countries"],
        "of lakes": boundaries["lakes"],
    }
    print_facts({**counts, **outlines})


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Give what shows on a terminal's standard error how far each step is."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    steps: dict[str, TaskID] = {}
    with Progress(console=Console(stderr=True)) as shown:

        def show(what: str, done: int, total: int) -> None:
            if what not in steps:
                size = f" ({total / 1e6:,.0f} MB)" if total >= _MEGABYTE else ""
                steps[what] = shown.add_task(what + size, total=total)
            shown.update(steps[what], completed=done, total=total)

        yield show
