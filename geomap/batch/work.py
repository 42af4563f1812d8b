"""What is done to a partition, in whatever process: its articles parsed, its part of each table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from geomap import __version__, settings
from geomap.articles.fields import Fields, Span, without_bom
from geomap.articles.plain import line_fields
from geomap.articles.reading import READERS
from geomap.articles.source import Source
from geomap.batch.cutting import LINES, Partition, Piece, Reject
from geomap.errors import GazetteerError, InputError, UsageError
from geomap.geoparser import Geoparser
from geomap.records import Article, ParsedArticle, Place

if TYPE_CHECKING:
    from geomap.records import Recognizer

#: A text of more characters is no article: it is rejected, so that a worker stays small; one of
#: twice this length takes 670 MB.
LONGEST = 500_000

#: What geomap has learned: files of its data whose checksums say which version it is.
_MODELS = ("recognizer.npz", "resolver.json", "lexicon.marisa", "newspapers.csv")


@dataclass(frozen=True)
class Options:
    """What a dataset is made with.

    Parameters
    ----------
    text_column
        The column of a table, or the field of JSON Lines, that holds the text.
    recognizer, adjectives, inside_names
        As of :func:`geomap.recognition.choose`.
    dedupe
        Whether each article gets a signature by which near-duplicates are found.
    """

    text_column: str = "text"
    recognizer: str = "own"
    adjectives: bool = True
    inside_names: bool = True
    dedupe: bool = False


@dataclass(frozen=True)
class Job:
    """What a worker needs to know besides the partition.

    Parameters
    ----------
    options
        The dataset's.
    versions
        Those of the process that gives the work; a worker must have the same.
    regions
        The regions of the places whose codes do not tell them.
    """

    options: Options
    versions: Mapping[str, Any]
    regions: Mapping[str, str | None] = field(repr=False)

    def checksum(self, partition: Partition) -> str:
        """Return the SHA-256 of all that a part is made from: articles, options and versions."""
        made_with = json.dumps([asdict(self.options), self.versions, partition.checksum()])
        return hashlib.sha256(made_with.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Counts:
    """What a part holds."""

    n_articles: int = 0
    n_mentions: int = 0
    n_placed: int = 0
    n_rejects: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(_values(self), _values(other), strict=True)))


def _values(counts: Counts) -> tuple[int, ...]:
    return counts.n_articles, counts.n_mentions, counts.n_placed, counts.n_rejects


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the dataset: its files' bytes, without rejects where there are none."""

    number: int
    checksum: str
    counts: Counts
    articles: bytes = field(repr=False)
    mentions: bytes = field(repr=False)
    rejects: bytes | None = field(repr=False)


def make_job(options: Options) -> Job:
    """Return the job of a dataset with these options.

    Raises
    ------
    UsageError
        There is no such recogniser.
    GazetteerError
        The data that geomap carries are missing or damaged.
    """
    _tools(options)  # raises now what every worker would
    return Job(options, versions(options.recognizer), _regions_without_codes())


def parse_partition(partition: Partition, job: Job) -> Part:
    """Parse the articles of a partition and return its part of the dataset.

    Raises
    ------
    UsageError
        This process has another geomap, gazetteer or model than the one that gave the work.
    GazetteerError
        The data that geomap carries are missing or damaged.
    """
    from geomap.batch import tables

    own = versions(job.options.recognizer)
    if own != job.versions:
        names = sorted({*own, *job.versions})
        differ = ", ".join(name for name in names if own.get(name) != job.versions.get(name))
        mend = "install there what is here"
        raise UsageError(f"a worker has another version of {differ} than this process; {mend}")
    tools = _tools(job.options)
    rejects = list(partition.rejects)
    articles: list[tables.Row] = []
    mentions = tables.MentionRows(_Regions(job.regions))
    n_placed = 0
    for piece in partition.pieces:
        for record, where, read in _articles(piece, job.options.text_column):
            try:
                fields, spans = read()
                parsed = tools.parse(f"{piece.input}#{record}", fields, spans)
            except InputError as error:
                reason = str(error).removeprefix(f"{where}: ")
                rejects.append(Reject(piece.input, record, reason))
                continue
            except (GazetteerError, UsageError):
                raise
            except Exception as error:  # whatever one article does, the others are parsed
                reason = f"cannot be parsed ({type(error).__name__}: {error}); please report it"
                rejects.append(Reject(piece.input, record, reason))
                continue
            placed = sum(one.place is not None for one in parsed.resolutions)
            n_placed += placed
            mentions.add(parsed)
            row = tables.article_row(parsed, fields["id"] or None, piece.input, record, placed)
            articles.append((*row, _signature(fields["text"])) if job.options.dedupe else row)
    order = {piece.input: number for number, piece in enumerate(partition.pieces)}
    rejects.sort(key=lambda one: (order.get(one.input, len(order)), one.record or 0))
    counts = Counts(len(articles), mentions.count, n_placed, len(rejects))
    checksum = job.checksum(partition)
    about = json.dumps({"checksum": checksum, **asdict(counts)}).encode()
    schema = tables.ARTICLES.append(tables.SIGNATURE) if job.options.dedupe else tables.ARTICLES
    return Part(
        partition.number,
        checksum,
        counts,
        tables.to_parquet(articles, schema, {tables.ABOUT: about}),
        mentions.to_parquet(),
        tables.rejects_to_parquet(rejects) if rejects else None,
    )


def lost_part(partition: Partition, reason: str) -> Part:
    """Return the part of a partition that could not be parsed: all its articles rejected.

    It has no checksum, and so the next run tries again.
    """
    from geomap.batch import tables

    rejects = [
        *partition.rejects,
        *(
            Reject(piece.input, record, reason)
            for piece in partition.pieces
            for record, _, _ in _articles(piece, "")
        ),
    ]
    counts = Counts(n_rejects=len(rejects))
    about = json.dumps({"checksum": "", **asdict(counts)}).encode()
    return Part(
        partition.number,
        "",
        counts,
        tables.to_parquet([], tables.ARTICLES, {tables.ABOUT: about}),
        tables.MentionRows(_Regions({})).to_parquet(),
        tables.rejects_to_parquet(rejects),
    )


Reading = Callable[[], tuple[Fields, list[Span]]]


def _articles(piece: Piece, text_column: str) -> Iterator[tuple[int, str, Reading]]:
    """Yield each article's number, how messages call it, and what reads it."""
    file = cast("BinaryIO", BytesIO(piece.data))
    if piece.kind != LINES:
        source = Source(piece.input, "", file, text_column, _never)
        yield 1, piece.input, lambda: next(READERS[piece.kind](source))
        return
    for number, line in enumerate(file, piece.first):
        if number == 1:
            line = without_bom(line)
        if line.strip():
            where = f"{piece.input}:{number}"
            yield number, where, partial(line_fields, where, line, "", text_column)


def _never(error: InputError) -> None:
    raise error


class _Tools:
    """What a process needs to parse, opened once."""

    def __init__(self, options: Options) -> None:
        from geomap.gazetteer import embedded
        from geomap.recognition import choose

        self._spans: dict[str, list[Span]] = {}
        recognizer: Recognizer = choose(
            options.recognizer,
            embedded(),
            spans=self._spans,
            adjectives=options.adjectives,
            inside_names=options.inside_names,
        )
        self._geoparser = Geoparser(recognizer)

    def parse(self, article_id: str, fields: Fields, spans: list[Span]) -> ParsedArticle:
        size = len(fields["text"])
        if size > LONGEST:
            raise InputError(
                f"the text has {size:,} characters, more than {LONGEST:,}; cut it into articles"
            )
        self._spans.clear()
        self._spans[article_id] = spans
        return self._geoparser.parse(replace(Article(**fields), id=article_id))


@cache
def _tools(options: Options) -> _Tools:
    return _Tools(options)


def _signature(text: str) -> bytes | None:
    from geomap.duplicates import signature

    return signature(text) or None


# ---------------------------------------------------------------- regions


class _Regions:
    """Says which region a place belongs to, as :func:`geomap.regions.group` does.

    Geopandas is large, and so not imported by a worker unless a place needs the outlines.
    """

    def __init__(self, known: Mapping[str, str | None]) -> None:
        self._known = dict(known)

    def __call__(self, place: Place) -> str | None:
        if place.id not in self._known:
            self._known[place.id] = self._find(place)
        return self._known[place.id]

    def _find(self, place: Place) -> str | None:
        if _needs_outlines(place):
            from geomap.regions import group

            return group([place])[place.id][0]
        if place.kind == "country" or not _has_codes(place):
            return None
        return f"{place.country_code}.{place.admin1_code}"


def _has_codes(place: Place) -> bool:
    return bool(place.country_code and place.admin1_code and place.admin1_code != "00")


def _needs_outlines(place: Place) -> bool:
    return place.kind not in ("country", "region") and not _has_codes(place)


@cache
def _regions_without_codes() -> Mapping[str, str | None]:
    """Return the regions of the places of the embedded gazetteer that have no codes."""
    from geomap.gazetteer import embedded
    from geomap.regions import group

    places = [place for place in embedded().places() if _needs_outlines(place)]
    return {place_id: region_id for place_id, (region_id, _) in group(places).items()}


# ---------------------------------------------------------------- versions


@cache
def versions(recognizer: str = "own") -> dict[str, Any]:
    """Return what a dataset is made by: versions, or checksums (SHA-256) of what has none.

    Raises
    ------
    GazetteerError
        The data that geomap carries are missing.
    """
    from geomap.gazetteer import CombinedGazetteer, default
    from geomap.recognition.choice import SPACY

    files = {
        "gazetteer": settings.DATA / "gazetteer" / "manifest.json",
        **{name: settings.DATA / name for name in _MODELS},
    }
    found = {"geomap": __version__, **{name: _sha256(path) for name, path in files.items()}}
    if isinstance(gazetteer := default(), CombinedGazetteer):
        folder = Path(gazetteer.geonames.info()["folder"])
        found["geonames"] = _sha256(folder / "manifest.json")
    if recognizer.startswith(SPACY):
        pipeline = recognizer.removeprefix(SPACY)
        try:
            found[pipeline] = metadata.version(pipeline)
        except metadata.PackageNotFoundError:
            found[pipeline] = "not installed as a package"
    return found


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise GazetteerError(f"{path}: cannot be read ({error}); install geomap again") from error
