"""An opened input, as it is handed to the reader of its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from geomap.errors import InputError

OnError = Callable[[InputError], None]


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file or stream.

    Parameters
    ----------
    name
        How messages call it.
    stem
        What its articles are called that have no id of their own.
    file
        Its bytes, unpacked.
    text_column
        The column or field that holds the text of an article.
    report
        Takes the error of a bad line or row, after which reading goes on.
    """

    name: str
    stem: str
    file: BinaryIO
    text_column: str
    report: OnError
