"""The command ``geomap``: data on standard output, messages and progress on standard error.

Exit status: 0 if all went well; 1 if some inputs failed and the rest was done, or nothing was
found; 2 if nothing could be done; 130 after Ctrl-C.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from geomap import __version__
from geomap.cli_corpus import is_one_dataset, map_dataset, parse_to_dataset, wants_dataset
from geomap.cli_gazetteer import gazetteer, lookup
from geomap.cli_tables import examples as _examples
from geomap.cli_tables import (
    print_coverage,
    print_evaluations,
    print_facts,
    print_places,
    show_page,
)
from geomap.cli_train import train
from geomap.errors import GeomapError, UsageError

if TYPE_CHECKING:
    from geomap.geocoding import Geocoder
    from geomap.records import ParsedArticle

ALL_WELL, PARTLY, NOTHING_DONE, INTERRUPTED = 0, 1, 2, 130

T = TypeVar("T")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (default: those of the process); return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    log = logging.getLogger("geomap")
    log.handlers = [_Complaints()]
    log.propagate = False
    try:
        status = cli.main(arguments, prog_name="geomap", standalone_mode=False)
        return status if isinstance(status, int) else ALL_WELL
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
    except click.Abort:
        return INTERRUPTED
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "geomap"
        complain(f"{error.format_message().rstrip('.')}; see {command} --help")
    except GeomapError as error:
        complain(str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror or error}")
    return NOTHING_DONE


def complain(message: str) -> None:
    """Say what is wrong, in one line on standard error."""
    click.echo("geomap: " + _CONTROL.sub(lambda match: ascii(match[0])[1:-1], message), err=True)


class _Complaints(logging.Handler):
    """Writes geomap's warnings like its errors."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(record.getMessage())


# ---------------------------------------------------------------- commands


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_examples("geomap map seeds/ -o map.html"),
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Read news articles and map every place they mention."""


cli.add_command(train)


_recognizer = click.option(
    "--recognizer",
    metavar="NAME",
    default="own",
    show_default=True,
    help="Whose place names: own, those that geomap finds; given, the toponyms of the lines of"
    " JSON Lines; spacy:PIPELINE, those of a spaCy pipeline that is installed"
    " (spacy:en_core_web_trf).",
)
_adjectives = click.option(
    "--adjectives/--no-adjectives", default=True, help='Whether "Russian" counts as a toponym.'
)
_inside_names = click.option(
    "--inside-names/--no-inside-names",
    default=True,
    help='Whether "Oxford" of "University of Oxford" counts as a toponym.',
)
_online = click.option(
    "--online",
    metavar="NAME",
    help="Ask an online geocoder for the names that stay unplaced, and for no others: nominatim, "
    "photon or any other of geopy's. Its options are read from the environment: "
    "GEOMAP_GEOCODER_API_KEY, GEOMAP_GEOCODER_USERNAME, GEOMAP_GEOCODER_DOMAIN...",
)

_text_column = click.option(
    "--text-column",
    metavar="NAME",
    default="text",
    show_default=True,
    help="The column of a table, or the field of JSON Lines, that holds the text.",
)
_allow_network = click.option(
    "--allow-network",
    is_flag=True,
    help="Fetch INPUTs that are addresses (https://...) of web pages or feeds.",
)


@cli.command("map", epilog=_examples("geomap map seeds/ -o map.html --open"))
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--output", default="map.html", show_default=True, help="The page to write.")
@_text_column
@_allow_network
@click.option("--title", help="The page's title.")
@click.option(
    "--corrections",
    metavar="FILE",
    help="Apply the corrections.json that the page downloads.",
)
@click.option(
    "--tiles",
    metavar="URL",
    help="Lay the tiles of https://.../{z}/{x}/{y}.png under the places; the page then contacts"
    " that host.",
)
@click.option("--tiles-attribution", metavar="TEXT", help="Whom to credit for the tiles.")
@_recognizer
@_adjectives
@_inside_names
@_online
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(min=1),
    help="Count a dataset with N processes of this machine.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def map_command(
    inputs: tuple[str, ...],
    output: str,
    text_column: str,
    allow_network: bool,
    title: str | None,
    corrections: str | None,
    tiles: str | None,
    tiles_attribution: str | None,
    recognizer: str,
    adjectives: bool,
    inside_names: bool,
    online: str | None,
    workers: int | None,
    open_page: bool,
) -> int:
    """Map the places of articles on one page that needs no network.

    INPUT is text (.txt, .md), a web page (.html), PDF (.pdf), a table with a row an article
    (.csv, .tsv, .parquet), JSON Lines (.jsonl), a folder or a pattern of these, or - for the
    standard input; or else the one folder of a dataset that geomap parse wrote.
    """
    from geomap import export

    export.check(output, [".html"])
    if tiles or tiles_attribution:
        from geomap.webmap import check_tiles

        check_tiles(tiles, tiles_attribution)
    of_page = {"title": title, "tiles": tiles, "tiles_attribution": tiles_attribution}
    if is_one_dataset(inputs):
        if corrections or online:
            raise UsageError("--corrections and --online go with articles, not with a dataset")
        return map_dataset(inputs[0], output, workers, of_page, open_page)
    if workers:
        raise UsageError("--workers goes with a dataset: make one with geomap parse -o out/")
    made = []
    if corrections:
        from geomap.corrections import read as read_corrections

        made = read_corrections(corrections)
    parsed, failures = _parse_all(
        inputs,
        text_column,
        allow_network,
        recognizer,
        adjectives=adjectives,
        inside_names=inside_names,
        online=online,
    )
    results = list(parsed)
    if not results:
        return NOTHING_DONE
    from geomap.atlas import Atlas

    atlas = Atlas(results)
    if made:
        atlas = atlas.corrected(made)
    atlas.map(**of_page).save(output)
    print_places(atlas.places, int(atlas.mentions["place_id"].isna().sum()))
    show_page(output, open_page)
    return PARTLY if failures else ALL_WELL


@cli.command(
    epilog=_examples(
        "geomap parse seeds/ -o places.gpkg",
        "geomap parse articles.jsonl > places.jsonl",
        "geomap parse corpus/*.parquet -o out/ --workers 8",
    )
)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o",
    "--output",
    default="-",
    show_default=True,
    help="The file to write, its kind by suffix: .jsonl .geojson .gpkg .parquet .csv .kml "
    ".lpf.json; - is JSON Lines on standard output; a folder (out/) is a dataset of Parquet files, "
    "which a run that was stopped goes on with.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    help="Write a dataset, parsed by N processes on this machine.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Write a dataset, parsed by the Dask cluster that has its scheduler there: "
    "tcp://host:8786.",
)
@click.option(
    "--dedupe",
    is_flag=True,
    help="Find near-duplicates in the dataset: the same story in several papers.",
)
@_text_column
@_allow_network
@_recognizer
@_adjectives
@_inside_names
@_online
def parse(
    inputs: tuple[str, ...],
    output: str,
    workers: int | None,
    scheduler: str | None,
    dedupe: bool,
    text_column: str,
    allow_network: bool,
    recognizer: str,
    adjectives: bool,
    inside_names: bool,
    online: str | None,
) -> int:
    """Find and resolve the places of articles, and write them as data.

    INPUT is as of geomap map.
    """
    from geomap import export

    if wants_dataset(output, workers, scheduler):
        if online:
            raise UsageError(
                "an online geocoder is asked one name after the other, which takes years for a"
                " corpus; leave out --online, or write a file: -o places.jsonl"
            )
        from geomap.batch import Options

        options = Options(text_column, recognizer, adjectives, inside_names, dedupe)
        return parse_to_dataset(inputs, output, options, workers=workers, scheduler=scheduler)
    if dedupe:
        raise UsageError("--dedupe goes with a dataset: name a folder, -o out/")
    if output != "-":
        export.check(output)
    parsed, failures = _parse_all(
        inputs,
        text_column,
        allow_network,
        recognizer,
        adjectives=adjectives,
        inside_names=inside_names,
        online=online,
    )
    first = next(parsed, None)
    if first is None:
        return NOTHING_DONE
    results = chain([first], parsed)
    if output == "-":
        for line in export.to_lines(results):
            click.echo(line.encode(), nl=False)
    elif Path(output).suffix.lower() == export.LINES_SUFFIX:
        export.write_lines(results, output)
    else:
        from geomap.atlas import Atlas

        export.write(Atlas(results), output)
    return PARTLY if failures else ALL_WELL


cli.add_command(lookup)
cli.add_command(gazetteer)


@gazetteer.command(
    epilog=_examples("geomap gazetteer cache", "geomap gazetteer cache --clear"),
)
@click.option("--clear", is_flag=True, help="Forget the answers.")
def cache(clear: bool) -> None:
    """Say what is kept of the answers of online geocoders."""
    from geomap.geocoding import AnswerCache

    answers = AnswerCache()
    if clear:
        click.echo(f"{answers.clear()} answers forgotten")
    else:
        print_facts(answers.info())


@cli.command(
    epilog=_examples(
        "geomap evaluate gold.jsonl",
        "geomap evaluate gold.jsonl --predictions places.jsonl --json",
        "geomap evaluate gold.jsonl --peers recorded/",
        "geomap evaluate gold.jsonl --coverage",
    )
)
@click.argument("gold", nargs=-1, required=True, metavar="GOLD.jsonl...")
@click.option("--predictions", metavar="PRED.jsonl", help="Judge these, not geomap's own.")
@click.option(
    "--peers",
    multiple=True,
    metavar="PATH",
    help="Judge recorded answers of other systems beside: files SYSTEM.CORPUS.jsonl, or a folder of"
    " such. CORPUS is the gold file's name without .jsonl.",
)
@click.option(
    "--coverage",
    is_flag=True,
    help="Only say which located toponyms have a right candidate in the gazetteer, and list the"
    " rest.",
)
@click.option(
    "--spans",
    type=click.Choice(["own", "gold"]),
    default="own",
    show_default=True,
    help="Whose spans geomap resolves; with gold, resolution is judged alone.",
)
@_adjectives
@_inside_names
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    gold: tuple[str, ...],
    predictions: str | None,
    peers: tuple[str, ...],
    coverage: bool,
    spans: str,
    adjectives: bool,
    inside_names: bool,
    as_json: bool,
) -> None:
    """Score geomap, or the predictions of any system, on annotated articles.

    Geomap is judged beside the population baseline: its own spans, each placed at the most
    populous place of that name.
    """
    from geomap.evaluation import evaluate as run

    if coverage:
        if predictions or peers or spans == "gold":
            raise UsageError("--coverage asks the gazetteer alone: give it gold files only")
        _print_coverage(gold, as_json)
        return
    if predictions and (len(gold) > 1 or spans == "gold"):
        raise UsageError("--predictions goes with one gold file and without --spans gold")
    results = [
        run(
            path,
            predictions_path=predictions,
            peers=peers,
            gold_spans=spans == "gold",
            adjectives=adjectives,
            inside_names=inside_names,
        )
        for path in _progress(gold, "corpora")
    ]
    if as_json:
        click.echo(json.dumps([asdict(result) for result in results], indent=2))
    else:
        print_evaluations(results)


def _print_coverage(gold: Iterable[str], as_json: bool) -> None:
    from geomap.evaluation import coverage, read_documents
    from geomap.gazetteer import default

    found = {Path(path).stem: coverage(read_documents(path), default()) for path in gold}
    if as_json:
        rows = [{"corpus": corpus, **asdict(one)} for corpus, one in found.items()]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        print_coverage(found)


# ---------------------------------------------------------------- what commands share


def _parse_all(
    inputs: Iterable[str],
    text_column: str,
    allow_network: bool,
    recognizer: str,
    *,
    adjectives: bool,
    inside_names: bool,
    online: str | None,
) -> tuple[Iterator[ParsedArticle], list[GeomapError]]:
    """Parse the articles as they are read; the list fills with the inputs that failed."""
    from geomap import articles
    from geomap.gazetteer import embedded
    from geomap.geoparser import Geoparser
    from geomap.recognition import choose

    failures: list[GeomapError] = []
    spans: dict[str, list[articles.Span]] = {}

    def on_error(error: GeomapError) -> None:
        failures.append(error)
        complain(str(error))

    found = articles.read(
        inputs,
        text_column=text_column,
        allow_network=allow_network,
        on_error=on_error,
        given_spans=spans if recognizer == "given" else None,
    )
    geoparser = Geoparser(
        choose(
            recognizer,
            embedded(),
            spans=spans,
            adjectives=adjectives,
            inside_names=inside_names,
        ),
        online=_geocoder(online) if online else None,
    )
    return geoparser.parse_all(_progress(found, "articles")), failures


def _geocoder(service: str) -> Geocoder:
    from geomap.geocoding import Geocoder

    return Geocoder(service)


def _progress(items: Iterable[T], unit: str) -> Iterator[T]:
    """Pass `items` on, counting them on a terminal's standard error."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed} {task.description}"))
    console = Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        task = progress.add_task(unit, total=None)
        for item in items:
            yield item
            progress.advance(task)
