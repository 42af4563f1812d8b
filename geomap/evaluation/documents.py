"""Gold and predictions: JSON Lines, one document a line, read and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from geomap.errors import InputError

Document = dict[str, Any]
Documents = dict[str, Document]


def read_documents(path: str | Path, gold: Documents | None = None) -> Documents:
    """Read a gold file, or with `gold` a file of predictions for it, into {id: document}.

    Raises
    ------
    InputError
        A line is not a document, an id comes twice or is not in the gold, or a span or its
        coordinates make no sense; the message names file and line.
    """
    documents: Documents = {}
    try:
        with Path(path).open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        document = _document(json.loads(line), documents, gold)
                    except ValueError as error:
                        raise InputError(f"{path}:{number}: {error}; mend the line") from None
                    documents[document["id"]] = document
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; give JSON Lines in UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the path") from None
    if not documents:
        raise InputError(f"{path}: no documents; give one JSON object a line")
    return documents


def _document(document: Any, before: Documents, gold: Documents | None) -> Document:
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        raise ValueError('a line must be an object with a string "id"')
    name = document["id"]
    if name in before:
        raise ValueError(f"document {name!r} appears twice")
    if gold is not None and name not in gold:
        raise ValueError(f"document {name!r} is not in the gold file")
    text = (document if gold is None else gold[name]).get("text")
    if not isinstance(text, str):
        raise ValueError(f'document {name!r} has no "text"')
    if not isinstance(document.get("toponyms"), list):
        raise ValueError('"toponyms" must be a list')
    for toponym in document["toponyms"]:
        _check_toponym(toponym, text)
    return document


def _check_toponym(toponym: Any, text: str) -> None:
    if not isinstance(toponym, dict):
        raise ValueError(f"a toponym must be an object, not {toponym!r}")
    start, end = toponym.get("start"), toponym.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        raise ValueError(f"{start}-{end} is no span of a text of {len(text)} characters")
    if isinstance(toponym.get("text"), str) and toponym["text"] != text[start:end]:
        raise ValueError(f"{start}-{end} is {text[start:end]!r}, not {toponym['text']!r}")
    latitude, longitude = toponym.get("lat"), toponym.get("lon")
    if latitude is None and longitude is None:
        return
    if not (_within(latitude, 90) and _within(longitude, 180)):
        raise ValueError(f"bad coordinates at {start}-{end}: lat={latitude!r} lon={longitude!r}")


def _within(degrees: Any, most: int) -> bool:
    return type(degrees) in (int, float) and -most <= degrees <= most
