"""Files, folders and streams of news, read into `Article` records.

What is read
    Text (``.txt``, ``.md``), JSON Lines (``.jsonl``), folders of these, and ``-``, the standard
    input. What has no suffix is JSON Lines if it begins with ``{`` and text otherwise.
Offsets
    A text is taken as it stands, line ends included, so that offsets count the file's own
    characters. Only a byte order mark at the start is no part of it.
Errors
    One bad input never spoils the good ones beside it: see `read`.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from geomap.errors import InputError
from geomap.records import Article

logger = logging.getLogger(__name__)

TEXT_SUFFIXES = (".txt", ".md")
LINES_SUFFIX = ".jsonl"
SUFFIXES = (*TEXT_SUFFIXES, LINES_SUFFIX)
STDIN = "-"

_BINARY = f"binary data, not text; give one of {', '.join(SUFFIXES)}"

Span = tuple[int, int]
OnError = Callable[[InputError], None]

_DATE_HEADER = re.compile(r"\s*date\s+(\d{4}-\d{2}-\d{2})\b")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read(
    inputs: str | Path | Iterable[str | Path],
    *,
    on_error: OnError | None = None,
    given_spans: dict[str, list[Span]] | None = None,
) -> Iterator[Article]:
    """Read every article of `inputs`, one at a time, in order; folders sorted by name.

    Parameters
    ----------
    inputs
        Paths of text files, JSON Lines files or folders; ``-`` is the standard input. A line of
        JSON Lines has at least ``text``, and ``id``, ``title``, ``source``, ``url``,
        ``language`` and ``date`` (or ``published``) where it has them.
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

    seen: dict[str, int] = {}
    for source in [inputs] if isinstance(inputs, str | Path) else inputs:
        for fields, spans in _read_input(str(source), report):
            fields["id"] = _unique(fields["id"], seen)
            article = Article(**fields)
            if given_spans is not None:
                given_spans[article.id] = spans
            yield article


def read_date(value: object) -> date | None:
    """Read a date of publication as it is written, time and time zone left aside.

    ISO dates first, then whatever dateutil finds in the text, if it is a whole date that can
    be read in one way only: "03/04/2015" and "January 2015" give None.
    """
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        pass
    from dateutil import parser

    readings = set()
    try:
        for missing in (datetime(2000, 1, 1), datetime(2001, 2, 2)):
            for dayfirst in (False, True):
                moment = parser.parse(
                    value, default=missing, dayfirst=dayfirst, fuzzy=True, ignoretz=True
                )
                readings.add(moment.date())
    except (ValueError, OverflowError):
        return None
    return readings.pop() if len(readings) == 1 else None


# ---------------------------------------------------------------- inputs

Fields = dict[str, Any]  # what Article(**fields) takes


def _read_input(source: str, report: OnError) -> Iterator[tuple[Fields, list[Span]]]:
    if source == STDIN:
        yield from _read_file("standard input", "stdin", nullcontext(sys.stdin.buffer), report)
        return
    path = Path(source)
    try:
        if path.is_dir():
            yield from _read_folder(path, report)
        elif not path.exists():
            raise InputError(f"{path}: there is no such file or folder; check the path")
        elif path.suffix and path.suffix.lower() not in SUFFIXES:
            raise InputError(
                f"{path}: files of the kind {path.suffix} are not read; "
                f"give one of {', '.join(SUFFIXES)}"
            )
        else:
            yield from _read_file(str(path), path.stem, path.open("rb"), report)
    except InputError as error:
        report(error)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        mend = "check the path and its permissions"
        report(InputError(f"{source}: cannot be read: {_cause(error)}; {mend}"))


def _read_folder(folder: Path, report: OnError) -> Iterator[tuple[Fields, list[Span]]]:
    found = False

    def unreadable(error: OSError) -> None:
        report(InputError(f"{error.filename}: cannot be read: {_cause(error)}; check permissions"))

    for root, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            if path.suffix.lower() in SUFFIXES and not name.startswith("."):
                found = True
                yield from _read_input(str(path), report)
    if not found:
        kinds = ", ".join(SUFFIXES)
        raise InputError(f"{folder}: no articles in this folder; it needs files of kind {kinds}")


def _read_file(
    name: str, stem: str, opened: AbstractContextManager[BinaryIO], report: OnError
) -> Iterator[tuple[Fields, list[Span]]]:
    with opened as file:
        first = file.readline()
        if not first:
            raise InputError(f"{name}: the file is empty; give one with text")
        _refuse_binary(name, first)
        suffix = Path(name).suffix.lower()
        if suffix == LINES_SUFFIX or (not suffix and _without_bom(first).lstrip()[:1] == b"{"):
            yield from _read_lines(name, stem, first, file, report)
        else:
            yield _read_text(name, stem, first + file.read()), []


def _read_text(name: str, stem: str, data: bytes) -> Fields:
    _refuse_binary(name, data)
    text = _decode(name, _without_bom(data))
    if not text.strip():
        raise InputError(f"{name}: the file has no text, only white space; give one with text")
    header = _DATE_HEADER.match(text)
    return {"id": stem, "text": text, "published": _published(name, header and header[1])}


def _read_lines(
    name: str, stem: str, first: bytes, rest: Iterable[bytes], report: OnError
) -> Iterator[tuple[Fields, list[Span]]]:
    number, anything = 1, False
    for number, line in enumerate(_chain(_without_bom(first), rest), 1):
        if not line.strip():
            continue
        anything = True
        where = f"{name}:{number}"
        try:
            _refuse_binary(name, line)
            record = json.loads(_decode(where, line))
            if not isinstance(record, dict):
                raise InputError(f"{where}: a line must be a JSON object with a text")
            yield _fields(where, record, f"{stem}-{number}"), _spans(where, record)
        except InputError as error:
            report(error)
        except json.JSONDecodeError as error:
            problem = f"not JSON ({error.msg} at column {error.colno})"
            report(InputError(f"{where}: {problem}; mend the line or take it out"))
        except (ValueError, RecursionError) as error:
            report(InputError(f"{where}: not JSON that can be read ({error}); take the line out"))
    if not anything:
        raise InputError(f"{name}: no lines; give one JSON object a line, each with a text")


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


# ---------------------------------------------------------------- lines of JSON


def _fields(where: str, record: dict[str, Any], default_id: str) -> Fields:
    text = record.get("text")
    if not isinstance(text, str) or not text.strip():
        raise InputError(f'{where}: no text; each line needs a "text" that is not empty')
    given = record.get("date", record.get("published"))
    return {
        "id": _string(record.get("id")) or default_id,
        "text": _without_surrogates(text),
        "title": _string(record.get("title")),
        "source": _string(record.get("source")),
        "url": _string(record.get("url")),
        "language": _string(record.get("language")),
        "published": _published(where, given),
    }


def _string(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _without_surrogates(value) if isinstance(value, str) and value.strip() else None


def _without_surrogates(text: str) -> str:
    """Replace halves of characters, which JSON can write and nothing can show, one for one."""
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _spans(where: str, record: dict[str, Any]) -> list[Span]:
    toponyms, text = record.get("toponyms") or [], record["text"]
    if not isinstance(toponyms, list):
        raise InputError(f'{where}: "toponyms" must be a list of objects with start and end')
    spans = []
    for toponym in toponyms:
        start, end = (
            (toponym.get("start"), toponym.get("end"))
            if isinstance(toponym, dict)
            else (None, None)
        )
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
            raise InputError(
                f"{where}: a toponym from {start} to {end} is no span of the text's "
                f"{len(text)} characters; count characters, end exclusive"
            )
        spans.append((start, end))
    return spans


def _published(where: str, value: object) -> date | None:
    published = read_date(value)
    if value is not None and published is None:
        logger.warning("%s: the date %r cannot be read; the article is undated", where, value)
    return published


# ---------------------------------------------------------------- bytes and ids


def _refuse_binary(name: str, data: bytes) -> None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{name}: looks like UTF-16; {_iconv('UTF-16')}")
    if b"\0" in data:
        raise InputError(f"{name}: {_BINARY}")


def _decode(where: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if _CONTROL.search(data):
            raise InputError(f"{where}: {_BINARY}") from None
        problem = f"not UTF-8 (byte {data[error.start]:#04x} at offset {error.start})"
        raise InputError(f"{where}: {problem}; {_iconv('WINDOWS-1252')}") from None


def _iconv(encoding: str) -> str:
    return f"convert it, for example: iconv -f {encoding} -t UTF-8 OLD > NEW"


def _without_bom(data: bytes) -> bytes:
    return data.removeprefix(b"\xef\xbb\xbf")


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
