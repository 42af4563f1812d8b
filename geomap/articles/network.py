"""Web pages and feeds from the network, for those who asked for it.

HTTPS only, redirects included; no more than `MAX_BYTES` and `TIMEOUT_S` for a page, and
`MAX_ENTRIES` of a feed, with a pause between pages. What a page or feed points to is fetched
only where it is the host that the caller named or has public addresses, so that a feed cannot
make geomap ask machines of the caller's own network. Passwords in addresses are refused, and
keys in their queries shown nowhere.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from http.client import HTTPException, InvalidURL
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from geomap.articles.documents import html_fields, read_pdf
from geomap.articles.fields import Fields, Found, read_date, string
from geomap.articles.plain import text_fields
from geomap.articles.source import OnError, Source, shown
from geomap.errors import InputError
from geomap.settings import TIMEOUT_S, USER_AGENT

#: The most that is read of one page, bytes.
MAX_BYTES = 10_000_000
#: The most entries that are read of one feed.
MAX_ENTRIES = 200
#: Between two pages of one feed, seconds.
PAUSE_S = 1.0

_ACCEPT = "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, */*;q=0.5"
_FEED = (b"<rss", b"<feed", b"<rdf:rdf")


@dataclass(frozen=True, slots=True)
class _Page:
    """What was fetched."""

    url: str
    data: bytes
    charset: str | None


def read_address(address: str, report: OnError) -> Iterator[Found]:
    """Yield the article at an address, or those of the feed that is there.

    Raises
    ------
    InputError
        The address is not HTTPS, nothing can be had there in time, or it is no article.
    """
    host = _host(address)
    page = _fetch(address, host)
    if not any(mark in page.data[:2048].lower() for mark in _FEED):
        fields = _article(page, report)
        yield _public({**fields, "source": fields.get("source") or _host(page.url)}), []
        return
    for entry in _entries(page):
        try:
            yield _public(_entry(page, entry, host, report)), []
        except InputError as error:
            report(error)


def _public(fields: Fields) -> Fields:
    url = fields.get("url")
    return {**fields, "url": url and shown(url)}


def _fetch(address: str, trusted: str) -> _Page:
    """Get a page; `trusted` is the host that the caller named."""
    _check(address, trusted)
    opener = build_opener(_Redirects(trusted))
    opener.addheaders = [("User-Agent", USER_AGENT), ("Accept", _ACCEPT)]
    deadline = time.monotonic() + TIMEOUT_S
    data = bytearray()
    try:
        with opener.open(Request(address), timeout=TIMEOUT_S) as answer:
            while chunk := answer.read1(1 << 16):
                data += chunk
                if len(data) > MAX_BYTES:
                    raise InputError(
                        f"{shown(address)}: over {MAX_BYTES / 1e6:g} MB; save it, and give the file"
                    )
                if time.monotonic() > deadline:
                    raise TimeoutError
            if answer.length:  # read1 is silent on what is missing
                raise InputError(f"{shown(address)}: the answer broke off; try again")
            return _Page(answer.url, bytes(data), answer.headers.get_content_charset())
    except HTTPError as error:
        mend = "check it in a browser"
        raise InputError(f"{shown(address)}: the server says {error.code}; {mend}") from None
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, InputError):
            raise reason from None
        if isinstance(reason, InvalidURL):  # it quotes the address
            reason = "no valid address"
        if isinstance(reason, TimeoutError):
            reason = f"no whole answer within {TIMEOUT_S:g} s"
        raise InputError(
            f"{shown(address)}: cannot be fetched: {reason}; try again later"
        ) from None


class _Redirects(HTTPRedirectHandler):
    """Follows a redirect only to where one may go at all."""

    def __init__(self, trusted: str) -> None:
        self._trusted = trusted

    def redirect_request(self, *asked: Any) -> Request | None:
        _check(asked[-1], self._trusted)
        return super().redirect_request(*asked)


def _check(address: str, trusted: str) -> None:
    host = _host(address)
    if "@" in urlsplit(address).netloc:
        raise InputError(
            f"{shown(address)}: no address with a user or password is fetched; save the page"
        )
    if urlsplit(address).scheme != "https":
        raise InputError(f"{shown(address)}: only HTTPS is fetched; give an address with https://")
    if host != trusted and not _is_public(host):
        raise InputError(f"{shown(address)}: not a public address; give it yourself if you mean it")


def _host(address: str) -> str:
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    if not host:
        raise InputError(f"{shown(address)}: no address of a page; check it")
    return host


def _is_public(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return True  # fetching will say what is wrong
    addresses = (str(one[4][0]).partition("%")[0] for one in found)
    return all(map(_is_public_address, addresses))


def _is_public_address(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return found.is_global and not found.is_multicast


# ---------------------------------------------------------------- what is there


def _article(page: _Page, report: OnError) -> Fields:
    stem = _stem(page.url)
    start = page.data.lstrip()[:64].lower()
    if start.startswith(b"%pdf-"):
        [(fields, _)] = read_pdf(Source(shown(page.url), stem, BytesIO(page.data), "text", report))
    elif b"<" in start:
        fields = html_fields(shown(page.url), stem, page.data, page.charset)
    else:
        fields = text_fields(shown(page.url), stem, page.data)
    return {**fields, "url": fields.get("url") or page.url}


def _entries(page: _Page) -> list[Any]:
    try:
        import feedparser
    except ImportError:
        mend = 'pip install "geomap[feeds]"'
        raise InputError(
            f"{shown(page.url)}: reading feeds needs feedparser; install it: {mend}"
        ) from None
    feed = feedparser.parse(page.data, response_headers={"content-location": page.url})
    if not feed.entries:
        raise InputError(f"{shown(page.url)}: no entries in this feed; check it in a browser")
    return [(feed.feed.get("title"), entry) for entry in feed.entries[:MAX_ENTRIES]]


def _entry(page: _Page, titled: tuple[str | None, Any], host: str, report: OnError) -> Fields:
    """Return the article of a feed's entry: what the feed has of it whole, else its page."""
    source, entry = titled
    link = entry.get("link")
    whole = entry.get("content")
    if whole:
        body = f"<html><body><article>{whole[0].value}</article></body></html>"
        where = shown(link) if link else f"{shown(page.url)} ({escape(str(entry.get('title')))})"
        fields = html_fields(where, _stem(link or page.url), body.encode())
    elif link:
        time.sleep(PAUSE_S)
        fields = _article(_fetch(link, host), report)
    else:
        raise InputError(
            f"{shown(page.url)}: an entry has neither text nor link; nothing can be read"
        )
    day = read_date(entry.get("published") or entry.get("updated"))
    return {
        **fields,
        "title": string(entry.get("title")) or fields.get("title"),
        "source": fields.get("source") or string(source),
        "url": fields.get("url") or string(link),
        "author": fields.get("author") or string(entry.get("author")),
        "published": day or fields.get("published"),
    }


def _stem(url: str) -> str:
    parts = urlsplit(url)
    return PurePosixPath(unquote(parts.path)).stem or parts.hostname or "page"
