"""The command ``geomap train``: how the models that geomap carries are made and judged.

Not for everyday use, and so left out of the help of ``geomap``; needs the extra ``train``.
"""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)

_news = click.option(
    "--news", multiple=True, required=True, type=_FILE, help="News with annotated toponyms."
)
_entities = click.option(
    "--entities", multiple=True, required=True, type=_FILE, help="Open named-entity corpora."
)
_own = click.option(
    "--own", multiple=True, type=_FILE, help="geomap's own annotated sentences (training/)."
)


@click.group(hidden=True, epilog="\b\nExample:\n  geomap train lexicon --out data/lexicon.marisa")
def train() -> None:
    """Make the models that geomap carries."""


@train.command(epilog="\b\nExample:\n  geomap train lexicon --out data/lexicon.marisa")
@click.option(
    "--scowl",
    default="/usr/share/dict/scowl",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of SCOWL's word lists.",
)
@click.option("--out", required=True, type=_OUT, help="The file to write.")
def lexicon(scowl: Path, out: Path) -> None:
    """Build the lexicon of ordinary words and people's names."""
    from geomap.training import build_lexicon

    click.echo(f"{build_lexicon(scowl, out)} words in {out}")


@train.command(
    epilog="\b\nExample:\n  geomap train recognizer --news lgl.jsonl --entities gum.jsonl"
    " --own training/news.jsonl --out data/recognizer.npz"
)
@_news
@_entities
@_own
@click.option("--out", required=True, type=_OUT, help="The file to write.")
def recognizer(
    news: tuple[Path, ...], entities: tuple[Path, ...], own: tuple[Path, ...], out: Path
) -> None:
    """Train the recogniser: minutes."""
    from geomap.training import train_recognizer

    for what, count in train_recognizer(news, entities, own, out).items():
        click.echo(f"{count:8,} {what}")


@train.command(
    epilog="\b\nExample:\n  geomap train resolver --news lgl.jsonl --out data/resolver.json"
)
@_news
@click.option("--out", required=True, type=_OUT, help="The file to write.")
def resolver(news: tuple[Path, ...], out: Path) -> None:
    """Train the resolver: seconds."""
    from geomap.training import train_resolver

    click.echo(f"{train_resolver(news, out)} articles")


@train.command(
    epilog="\b\nExample:\n  geomap train validate --news lgl.jsonl --entities gum.jsonl"
    " --own training/news.jsonl"
)
@_news
@_entities
@_own
@click.option("--by-corpus", is_flag=True, help="Leave a whole corpus out at a time.")
def validate(
    news: tuple[Path, ...], entities: tuple[Path, ...], own: tuple[Path, ...], by_corpus: bool
) -> None:
    """Judge the whole pipeline by cross-validation: a quarter of an hour."""
    from geomap.cli_tables import print_evaluations
    from geomap.evaluation import Evaluation
    from geomap.training.validation import cross_validate

    found = cross_validate(news, entities, own, by_corpus=by_corpus)
    print_evaluations([Evaluation(corpus, scores) for corpus, scores in found.items()])
