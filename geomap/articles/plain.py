"""Text and JSON Lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from geomap.articles.fields import (
    Fields,
    Found,
    decode,
    fields_of,
    published,
    refuse_binary,
    spans_of,
    without_bom,
)
from geomap.articles.source import Source
from geomap.errors import InputError

_DATE_HEADER = re.compile(r"\s*date\s+(\d{4}-\d{2}-\d{2})\b")


def read_text(source: Source) -> Iterator[Found]:
    """Yield the article that a file of text is."""
    yield text_fields(source.name, source.stem, source.file.read()), []


def text_fields(name: str, stem: str, data: bytes) -> Fields:
    """Return the fields of an article from the bytes of its text."""
    refuse_binary(name, data)
    text = decode(name, without_bom(data))
    if not text.strip():
        raise InputError(f"{name}: the file has no text, only white space; give one with text")
    header = _DATE_HEADER.match(text)
    return {"id": stem, "text": text, "published": published(name, header and header[1])}


def read_lines(source: Source) -> Iterator[Found]:
    """Yield an article a line; a bad line is reported."""
    anything = False
    for number, line in enumerate(source.file, 1):
        if number == 1:
            line = without_bom(line)
        if not line.strip():
            continue
        anything = True
        where = f"{source.name}:{number}"
        try:
            yield line_fields(where, line, f"{source.stem}-{number}", source.text_column)
        except InputError as error:
            source.report(error)
    if not anything:
        raise no_lines(source.name)


def line_fields(where: str, line: bytes, default_id: str, text_column: str) -> Found:
    """Return the article of a line of JSON Lines.

    Raises
    ------
    InputError
        It is no JSON object, or has no text, or its toponyms are no spans of it.
    """
    refuse_binary(where, line)
    try:
        record = json.loads(decode(where, line))
        if not isinstance(record, dict):
            raise InputError(f"{where}: a line must be a JSON object with a text")
        fields = fields_of(where, record, default_id, text_column)
        return fields, spans_of(where, record, fields["text"])
    except InputError:
        raise
    except json.JSONDecodeError as error:
        problem = f"not JSON ({error.msg} at column {error.colno})"
        raise InputError(f"{where}: {problem}; mend the line or take it out") from None
    except (ValueError, RecursionError) as error:
        problem = f"not JSON that can be read ({error})"
        raise InputError(f"{where}: {problem}; take the line out") from None


def no_lines(name: str) -> InputError:
    """Make the error of a file without lines."""
    return InputError(f"{name}: no lines; give one JSON object a line, each with a text")
