"""Cuts inputs into partitions of bounded size, as they are read.

The process that reads them reads each byte once: it takes the file's checksum, finds where the
articles end, and hands their bytes on, so that whoever parses them need not see the file. Rows of
tables become lines of JSON on the way. Where a partition ends depends on the inputs alone.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from geomap.articles.plain import no_lines
from geomap.articles.reading import STDIN, find_files, opened, reporting
from geomap.articles.source import Source
from geomap.articles.tables import Row, csv_rows, parquet_rows
from geomap.errors import GeomapError, InputError, UsageError

#: The bounds of a partition: articles, and bytes of them (unless one alone has more).
ARTICLES, BYTES = 1_000, 8_000_000
#: What has more bytes than this is no article: a line, a row, or a file that is one article.
LARGEST = 16_000_000
#: A file with at least this part of a partition's bytes shares no partition with its neighbours,
#: so that nothing of theirs is done anew when it changes.
OWN = 1 / 8

LINES = ".jsonl"
_TABLES = {".csv": csv_rows, ".tsv": csv_rows, ".parquet": parquet_rows}
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Reject:
    """What was not parsed: an article, or with `record` None a whole input, or the rest of one."""

    input: str
    record: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Articles of one input that follow each other.

    Parameters
    ----------
    input
        The path as it was given, or found in a folder.
    kind
        ``.jsonl`` for lines, else the suffix that names the kind of a file that is one article.
    first, count
        Number of the first line, row or file (1); how many.
    data
        Their bytes.
    """

    input: str
    kind: str
    first: int
    count: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Partition:
    """What is parsed in one go and written as one part.

    Parameters
    ----------
    number
        Counted from 0.
    pieces
        The articles.
    rejects
        What was found to be no article when it was read.
    size
        Bytes of the inputs that were read for it.
    """

    number: int
    pieces: tuple[Piece, ...]
    rejects: tuple[Reject, ...]
    size: int

    def checksum(self) -> str:
        """Return the SHA-256 of all that the partition is made from."""
        pieces = [
            [p.input, p.kind, p.first, p.count, hashlib.sha256(p.data).hexdigest()]
            for p in self.pieces
        ]
        rejects = [[r.input, r.record, r.reason] for r in self.rejects]
        return hashlib.sha256(json.dumps([pieces, rejects]).encode()).hexdigest()


class Input(NamedTuple):
    """A file that has been read."""

    path: str
    size: int
    sha256: str


class Corpus:
    """The articles of inputs, in partitions.

    Parameters
    ----------
    inputs
        Paths of files and folders, patterns, or ``-``, the standard input; see
        :mod:`geomap.articles`. A file that is found twice is read once.
    text_column
        The column of a table, or the field of JSON Lines, that holds the text.
    max_articles, max_bytes
        Bounds of a partition.

    Attributes
    ----------
    size
        Bytes of all inputs; of the standard input 0.
    read
        The files that have been read to their end.

    Raises
    ------
    InputError
        An input is not there, or of a kind that is not read.
    UsageError
        An input is an address, or a bound is below 1.
    """

    def __init__(
        self,
        inputs: str | Path | Iterable[str | Path],
        *,
        text_column: str = "text",
        max_articles: int = ARTICLES,
        max_bytes: int = BYTES,
    ) -> None:
        if min(max_articles, max_bytes) < 1:
            raise UsageError("a partition has at least one article and one byte")
        self._text_column = text_column
        self._max_articles = max_articles
        self._max_bytes = max_bytes
        self._unreadable: list[Reject] = []
        self._paths: list[str] = []
        self.size = 0
        self.read: list[Input] = []
        seen: set[str] = set()
        for given in [inputs] if isinstance(inputs, str | Path) else inputs:
            for path in self._found(str(given)):
                known = path if path == STDIN else os.path.realpath(path)
                if known not in seen:
                    seen.add(known)
                    self._paths.append(path)
                    self.size += 0 if path == STDIN else _size(path)

    def _found(self, given: str) -> Iterator[str]:
        if given == STDIN:
            yield given
        elif given.lower().startswith(("https://", "http://")):
            raise UsageError(f"{given}: a corpus is not fetched; save it first, and give the files")
        else:

            def report(error: InputError) -> None:
                self._unreadable.append(Reject(given, None, str(error)))

            yield from map(str, find_files(Path(given), report))

    def partitions(self) -> Iterator[Partition]:
        """Yield the partitions in the order of the inputs, reading no further than asked."""
        packing = _Packing(self._max_articles, self._max_bytes)
        packing.rejects += self._unreadable
        before = 0
        for path in self._paths:
            own = path == STDIN or _size(path) >= self._max_bytes * OWN
            if own and packing:
                yield packing.partition(before)
            with closing(_File(path, self._text_column)) as file:
                for record in file.records():
                    if not packing.fits(record):
                        yield packing.partition(before + file.position)
                    packing.add(path, file.kind, record)
                self.read.append(file.about())
                before += file.position
            if own and packing:
                yield packing.partition(before)
        if packing or not packing.number:
            yield packing.partition(before)


class _Record(NamedTuple):
    """A line, row or file: its bytes, or why it is no article; number None: a whole input."""

    number: int | None
    data: bytes
    problem: str | None = None


class _Packing:
    """The partition that is being filled."""

    def __init__(self, max_articles: int, max_bytes: int) -> None:
        self._max_articles = max_articles
        self._max_bytes = max_bytes
        self.number = 0
        self._position = 0
        self.pieces: list[Piece] = []
        self.rejects: list[Reject] = []
        self._open: tuple[str, str, int] | None = None  # input, kind, first
        self._records: list[bytes] = []
        self._articles = self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._articles or self.rejects)

    def fits(self, record: _Record) -> bool:
        if record.number is None or not self._articles:
            return True
        return (
            self._articles < self._max_articles
            and self._bytes + len(record.data) <= self._max_bytes
        )

    def add(self, path: str, kind: str, record: _Record) -> None:
        data = record.data
        if record.problem is not None:
            self.rejects.append(Reject(path, record.number, record.problem))
            data = b"\n"  # keeps the lines' numbers
        if record.number is None:
            return
        if kind != LINES or self._open is None or self._open[0] != path:
            self._close()
            if kind != LINES and record.problem is not None:
                return
            self._open = (path, kind, record.number)
        self._records.append(data)
        self._articles += 1
        self._bytes += len(data)

    def partition(self, position: int) -> Partition:
        self._close()
        size = position - self._position
        made = Partition(self.number, tuple(self.pieces), tuple(self.rejects), size)
        self.number += 1
        self._position = position
        self.pieces, self.rejects = [], []
        self._articles = self._bytes = 0
        return made

    def _close(self) -> None:
        if self._open is not None:
            path, kind, first = self._open
            data = b"".join(self._records)
            self.pieces.append(Piece(path, kind, first, len(self._records), data))
        self._open, self._records = None, []


class _File:
    """A file as it is read."""

    def __init__(self, path: str, text_column: str) -> None:
        self.path = path
        self.kind = LINES
        self._text_column = text_column
        self._file: BinaryIO | None = None
        self._raw: _Hashing | None = None

    @property
    def position(self) -> int:
        return self._raw.position if self._raw else 0

    def close(self) -> None:
        if self._file and self.path != STDIN:
            self._file.close()

    def about(self) -> Input:
        """Read what is left, and return size and checksum of all."""
        raw = self._raw
        if raw is None:
            return Input(self.path, 0, "")
        try:
            return Input(self.path, *raw.finish())
        except OSError:
            return Input(self.path, raw.position, "")

    def records(self) -> Iterator[_Record]:
        problems: list[InputError] = []
        with reporting(self.path, problems.append):
            yield from self._records()
        for problem in problems:
            yield _Record(None, b"", _without(f"{self.path}: ", problem))

    def _records(self) -> Iterator[_Record]:
        self._file = sys.stdin.buffer if self.path == STDIN else open(self.path, "rb")  # noqa: PTH123, SIM115
        self._raw = _Hashing(self._file)
        buffered = io.BufferedReader(self._raw, _BLOCK)
        kind, file = opened(self.path, cast("BinaryIO", buffered))
        if kind == LINES:
            yield from _lines(self.path, cast("BinaryIO", file))
        elif kind in _TABLES:
            source = Source(self.path, "", cast("BinaryIO", file), self._text_column, _never)
            yield from map(_line_of, _TABLES[kind](source))
        else:
            self.kind = kind
            data = file.read(LARGEST + 1)
            yield _Record(1, data, _too_large("file") if len(data) > LARGEST else None)


class _Hashing(io.RawIOBase):
    """A raw file that takes the checksum of what is read of it from its start to its end.

    A reader that jumps about (of Parquet) leaves the checksum to be taken at the end.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self._hashed = 0
        self._at = 0
        self.position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        size: int = self._file.readinto(view)  # type: ignore[attr-defined]
        if self._at == self._hashed:
            self._sha256.update(view[:size])
            self._hashed += size
        self._at += size
        self.position = max(self.position, self._at)
        return size

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = self._file.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        return self._at

    def finish(self) -> tuple[int, str]:
        if self._at != self._hashed:
            self.seek(self._hashed)
        block = bytearray(_BLOCK)
        while self.readinto(block):
            pass
        return self._hashed, self._sha256.hexdigest()

    def close(self) -> None:
        """Do nothing: what reads from it closes it, and the checksum is taken after that."""


def _lines(path: str, file: BinaryIO) -> Iterator[_Record]:
    anything = False
    for number in count(1):
        line = file.readline(LARGEST + 1)
        if not line:
            break
        if len(line) > LARGEST:
            while line and not line.endswith(b"\n"):
                line = file.readline(_BLOCK)
            yield _Record(number, b"", _too_large("line"))
            anything = True
            continue
        anything = anything or bool(line.strip())
        yield _Record(number, line if line.endswith(b"\n") else line + b"\n")
    if not anything:
        raise no_lines(path)


def _line_of(row: Row) -> _Record:
    if isinstance(row.record, InputError):
        return _Record(row.number, b"", _without(f"{row.where}: ", row.record))
    line = json.dumps(row.record, ensure_ascii=False, default=_plain).encode() + b"\n"
    return _Record(row.number, line, _too_large("row") if len(line) > LARGEST else None)


def _plain(value: object) -> str | None:
    """Return what JSON has no type for: dates as text, and nothing of what no field can be."""
    return value.isoformat() if isinstance(value, date) else None


def _too_large(what: str) -> str:
    return f"the {what} has more than {LARGEST / 1e6:.0f} MB; cut it into articles"


def _without(prefix: str, error: GeomapError) -> str:
    return str(error).removeprefix(prefix)


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0  # opening it says what is wrong


def _never(error: InputError) -> None:
    raise error
