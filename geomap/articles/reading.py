"""Finds the inputs, opens each and hands it to the reader of its kind."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from glob import iglob
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from geomap.articles.documents import read_html, read_pdf
from geomap.articles.fields import Found, Span, logger, without_surrogates
from geomap.articles.plain import read_lines, read_text
from geomap.articles.source import OnError, Source, shown
from geomap.articles.tables import read_csv, read_parquet
from geomap.errors import InputError
from geomap.records import Article

STDIN = "-"

#: The reader of each kind.
READERS: dict[str, Callable[[Source], Iterator[Found]]] = {
    ".txt": read_text,
    ".md": read_text,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".jsonl": read_lines,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".parquet": read_parquet,
}
_PACKED = tuple(
    f"{kind}{packing}" for kind in (".jsonl", ".csv", ".tsv") for packing in (".gz", ".zst")
)

#: The suffixes of what is read.
SUFFIXES = (*READERS, *_PACKED)

_ADDRESSES = ("https://", "http://")
_HEAD = 1024  # bytes by which the kind of what has no suffix is told


def read(
    inputs: str | Path | Iterable[str | Path],
    *,
    text_column: str = "text",
    allow_network: bool = False,
    on_error: OnError | None = None,
    given_spans: dict[str, list[Span]] | None = None,
) -> Iterator[Article]:
    """Read every article of `inputs`, one at a time, in order; folders sorted by name.

    Parameters
    ----------
    inputs
        Paths of files or folders (see :mod:`geomap.articles` for the kinds), patterns
        (``news/*.html``) and, with `allow_network`, addresses of web pages and feeds; ``-`` is
        the standard input. A line of JSON Lines or a row of a table has at least a text, and
        ``id``, ``title``, ``source``, ``url``, ``language``, ``author`` and ``date`` (or
        ``published``) where it has them.
    text_column
        The column of a table, or the field of JSON Lines, that holds the text.
    allow_network
        Whether addresses are fetched: by HTTPS only, of bounded size and in bounded time.
        Without it nothing is ever asked of the network.
    on_error
        Called with each `InputError`, after which reading goes on with the next line or file.
        Without it the first error is raised.
    given_spans
        Filled, just before each article is yielded, with the spans of the ``toponyms`` that its
        line of JSON Lines gives, under the article's id.

    Yields
    ------
    Article
        With ids unique within the call: an id met before gets ``-2``, ``-3`` and so on, and a
        warning is logged.

    Raises
    ------
    InputError
        Only without `on_error`: an input is missing, empty, binary, not UTF-8, of a kind that
        is not read, or a line is not what it should be. The message names file, line and mend.
    """

    def report(error: InputError) -> None:
        if on_error is None:
            raise error
        on_error(error)

    def source_of(name: str, stem: str, file: BinaryIO) -> Source:
        return Source(name, stem, file, text_column, report)

    finder = _Finder(source_of, report, allow_network)
    seen: dict[str, int] = {}
    for source in [inputs] if isinstance(inputs, str | Path) else inputs:
        for fields, spans in finder.find(str(source)):
            fields["id"] = _unique(fields["id"], seen)
            article = Article(**fields)
            if given_spans is not None:
                given_spans[article.id] = spans
            yield article


class _Finder:
    """Finds what an input stands for, and reads it."""

    def __init__(
        self,
        source_of: Callable[[str, str, BinaryIO], Source],
        report: OnError,
        allow_network: bool,
    ) -> None:
        self._source_of = source_of
        self._report = report
        self._allow_network = allow_network

    def find(self, source: str) -> Iterator[Found]:
        if source == STDIN:
            yield from self._read("standard input", "stdin", nullcontext(sys.stdin.buffer))
        elif source.lower().startswith(_ADDRESSES):
            with reporting(shown(source), self._report):
                yield from self._fetch(source)
        else:
            with reporting(source, self._report):
                for path in find_files(Path(source), self._report):
                    yield from self._read(str(path), stem_of(path), path)

    def _read(
        self, name: str, stem: str, file: Path | AbstractContextManager[BinaryIO]
    ) -> Iterator[Found]:
        with (
            reporting(name, self._report),
            file.open("rb") if isinstance(file, Path) else file as raw,
        ):
            kind, unpacked = opened(name, raw)
            yield from READERS[kind](self._source_of(name, stem, unpacked))

    def _fetch(self, address: str) -> Iterator[Found]:
        if not self._allow_network:
            mend = "allow it with --allow-network, or give a file"
            raise InputError(
                f"{shown(address)}: nothing is fetched from the network unasked; {mend}"
            )
        from geomap.articles.network import read_address

        yield from read_address(address, self._report)


@contextmanager
def reporting(name: str, report: OnError) -> Iterator[None]:
    """Report what goes wrong with an input instead of raising it."""
    try:
        yield
    except InputError as error:
        report(error)
    except (OSError, EOFError, zlib.error, ValueError) as error:  # ValueError: NUL in the path
        mend = "check the path and its permissions"
        report(InputError(f"{name}: cannot be read: {_cause(error)}; {mend}"))


def find_files(path: Path, report: OnError) -> Iterator[Path]:
    """Yield the files that a path or a pattern stands for, those of a folder sorted by name.

    Raises
    ------
    InputError
        There is nothing there, or nothing of a kind that is read. What is wrong with one file
        or folder of several is reported.
    """
    if path.is_dir():
        yield from _files_below(path, report)
    elif path.exists():
        if path.suffix and kind_of(path) not in SUFFIXES:
            raise InputError(
                f"{path}: files of the kind {path.suffix} are not read; "
                f"give one of {', '.join(SUFFIXES)}"
            )
        yield path
    elif any(character in str(path) for character in "*?["):
        # A Path globs no absolute pattern before Python 3.13.
        found = sorted(iglob(str(path), recursive=True))  # noqa: PTH207
        if not found:
            raise InputError(f"{path}: nothing fits this pattern; check it")
        for one in found:
            with reporting(one, report):
                yield from find_files(Path(one), report)
    else:
        raise InputError(f"{path}: there is no such file or folder; check the path")


def _files_below(folder: Path, report: OnError) -> Iterator[Path]:
    found = False

    def unreadable(error: OSError) -> None:
        report(InputError(f"{error.filename}: cannot be read: {_cause(error)}; check permissions"))

    for root, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            if kind_of(path) in SUFFIXES and not name.startswith("."):
                found = True
                yield path
    if not found:
        kinds = ", ".join(SUFFIXES)
        raise InputError(f"{folder}: no articles in this folder; it needs files of kind {kinds}")


def opened(name: str, raw: BinaryIO) -> tuple[str, BufferedReader]:
    """Unpack a file; return the suffix of its kind, which may be told by how it begins, and it.

    Raises
    ------
    InputError
        The file is empty.
    """
    kind = kind_of(Path(name))
    file = _unpacked(raw, kind)
    head = file.peek(_HEAD)
    if not head:
        raise InputError(f"{name}: the file is empty; give one with text")
    kind = kind.removesuffix(".gz").removesuffix(".zst")
    return kind if kind in READERS else _sniffed(head), file


def kind_of(path: Path) -> str:
    """Return the suffix that tells the kind of a file, which may have two parts."""
    name = path.name.lower()
    return next((suffix for suffix in _PACKED if name.endswith(suffix)), path.suffix.lower())


def stem_of(path: Path) -> str:
    """Return the name of a file without the suffix of its kind."""
    return without_surrogates(path.name[: len(path.name) - len(kind_of(path))])


def _unpacked(raw: BinaryIO, kind: str) -> BufferedReader:
    if kind.endswith(".gz"):
        return BufferedReader(gzip.GzipFile(fileobj=raw))
    if kind.endswith(".zst"):
        import pyarrow as pa

        return BufferedReader(pa.CompressedInputStream(raw, "zstd"))
    return raw if isinstance(raw, BufferedReader) else BufferedReader(raw)  # type: ignore[arg-type]


def _sniffed(head: bytes) -> str:
    """Return the suffix of the kind that begins like this."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    if start.startswith(b"%pdf-"):
        return ".pdf"
    if start.startswith((b"<!doctype html", b"<html")):
        return ".html"
    return ".jsonl" if start.startswith(b"{") else ".txt"


def _unique(name: str, seen: dict[str, int]) -> str:
    unique = name
    while unique in seen:
        seen[name] += 1
        unique = f"{name}-{seen[name]}"
    seen[unique] = 1
    if unique != name:
        logger.warning("two articles have the id %r; the later one becomes %r", name, unique)
    return unique


def _cause(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
