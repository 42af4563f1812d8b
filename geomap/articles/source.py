"""An opened input, as it is handed to the reader of its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit

from geomap.errors import InputError

OnError = Callable[[InputError], None]

_SECRETS = ("apikey", "api_key", "api-key", "token", "secret", "passw", "signature")
_SECRET = frozenset({"key", "auth", "sig", "pwd"})


def shown(address: str) -> str:
    """Return an address as it may be shown: without user, password and keys in its query."""
    if "@" not in address and "?" not in address:
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return address.rpartition("@")[2].partition("?")[0]
    query = "&".join(pair for pair in parts.query.split("&") if not _is_secret(pair))
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host, query=query))


def _is_secret(pair: str) -> bool:
    name = pair.partition("=")[0].lower()
    return name in _SECRET or any(word in name for word in _SECRETS)


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
