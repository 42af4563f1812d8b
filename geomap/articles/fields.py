"""What the kinds of input have in common: the fields of an article, and text from bytes."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypedDict

from geomap.errors import InputError

logger = logging.getLogger("geomap.articles")

Span = tuple[int, int]

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Fields(TypedDict, total=False):
    """What ``Article(**fields)`` takes."""

    id: str
    text: str
    title: str | None
    source: str | None
    url: str | None
    published: date | None
    language: str | None
    author: str | None


Found = tuple[Fields, list[Span]]


# ---------------------------------------------------------------- records


def fields_of(where: str, record: Mapping[str, Any], default_id: str, text_column: str) -> Fields:
    """Return the fields that a line or a row gives.

    Raises
    ------
    InputError
        It has no text.
    """
    text = record.get(text_column)
    if not isinstance(text, str) or not text.strip():
        raise InputError(f'{where}: no text; each line needs a "{text_column}" that is not empty')
    given = record.get("date") or record.get("published")
    return {
        "id": string(record.get("id")) or default_id,
        "text": without_surrogates(text),
        "title": string(record.get("title")),
        "source": string(record.get("source")),
        "url": string(record.get("url")),
        "language": string(record.get("language")),
        "author": string(record.get("author")),
        "published": published(where, given),
    }


def spans_of(where: str, record: Mapping[str, Any], text: str) -> list[Span]:
    """Return the spans of the toponyms that a line gives."""
    toponyms = record.get("toponyms") or []
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


def string(value: object) -> str | None:
    """Return what a field says, or None where it says nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return without_surrogates(value) if isinstance(value, str) and value.strip() else None


def without_surrogates(text: str) -> str:
    """Replace halves of characters, which JSON can write and nothing can show, one for one."""
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


# ---------------------------------------------------------------- dates


def published(where: str, value: object) -> date | None:
    """Read a date of publication; one that cannot be read is logged."""
    day = read_date(value)
    if value not in (None, "") and day is None:
        logger.warning("%s: the date %r cannot be read; the article is undated", where, value)
    return day


def read_date(value: object) -> date | None:
    """Read a date of publication as it is written, time and time zone left aside.

    ISO dates first, then whatever dateutil finds in the text, if it is a whole date that can
    be read in one way only: "03/04/2015" and "January 2015" give None.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
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


# ---------------------------------------------------------------- bytes


def refuse_binary(name: str, data: bytes) -> None:
    """Raise `InputError` for what is no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{name}: looks like UTF-16; {_iconv('UTF-16')}")
    if b"\0" in data:
        raise _binary(name)


def decode(where: str, data: bytes) -> str:
    """Return the text of `data`, which must be UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if _CONTROL.search(data):
            raise _binary(where) from None
        problem = f"not UTF-8 (byte {data[error.start]:#04x} at offset {error.start})"
        raise InputError(f"{where}: {problem}; {_iconv('WINDOWS-1252')}") from None


def without_bom(data: bytes) -> bytes:
    """Return `data` without a byte order mark at its start."""
    return data.removeprefix(b"\xef\xbb\xbf")


def _binary(name: str) -> InputError:
    return InputError(f"{name}: binary data, not text; convert it to text, or give it its suffix")


def _iconv(encoding: str) -> str:
    return f"convert it, for example: iconv -f {encoding} -t UTF-8 OLD > NEW"
