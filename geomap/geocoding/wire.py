"""HTTP for geopy: pages of bounded size in bounded time, and what can go wrong in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPException
from time import monotonic
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from geopy import exc
from geopy.adapters import AdapterHTTPError, BaseSyncAdapter, get_retry_after

from geomap.settings import TIMEOUT_S

_MAX_BYTES = 4_000_000


class _NoRedirect(HTTPRedirectHandler):
    """A name is asked of the service that the user chose, and of no other."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Adapter(BaseSyncAdapter):  # type: ignore[misc]
    """Gets a page of bounded size in bounded time; geopy's own adapters bound neither."""

    def __init__(self, *, proxies: Any, ssl_context: Any) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        handlers = (_NoRedirect, HTTPSHandler(context=ssl_context), ProxyHandler(proxies))
        self._open: Callable[..., Any] = build_opener(*handlers).open

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        """Return the JSON of a page."""
        try:
            return json.loads(self.get_text(url, timeout=timeout, headers=headers))
        except (ValueError, RecursionError):
            raise exc.GeocoderParseError("not JSON") from None

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
        """Return a page; errors are those that geopy wants of an adapter."""
        deadline = monotonic() + timeout
        body = bytearray()
        request = Request(url, headers={**headers, "Accept-Language": "en"})
        try:
            with self._open(request, timeout=timeout) as page:
                while chunk := page.read1(1 << 16):
                    body += chunk
                    if len(body) > _MAX_BYTES:
                        raise exc.GeocoderParseError("too long")
                    if monotonic() > deadline:
                        raise TimeoutError
                if page.length:  # read1 is silent on what is missing
                    raise exc.GeocoderServiceError
        except HTTPError as error:
            found = {name.lower(): value for name, value in error.headers.items()}
            raise AdapterHTTPError("", status_code=error.code, headers=found, text="") from None
        except OSError as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, TimeoutError):
                raise exc.GeocoderTimedOut from None
            if isinstance(error, URLError):  # no connection was made at all
                raise exc.GeocoderUnavailable from None
            raise exc.GeocoderServiceError from None
        except HTTPException:
            raise exc.GeocoderServiceError from None
        try:
            return body.decode()
        except ValueError:
            raise exc.GeocoderParseError("not UTF-8") from None


class Trouble(NamedTuple):
    """Why a service gave no answer, and whether to ask again."""

    what: str
    retry: bool = False  # the same request may do better
    final: bool = False  # no other request will
    wait: float | None = None  # seconds, as the service asks


def trouble_of(error: BaseException) -> Trouble:
    """Say in words what went wrong; never in the service's, which may repeat a key."""
    http: Any = error
    while http and not isinstance(http, AdapterHTTPError):
        http = http.__cause__ or http.__context__
    if http:
        status, wait = http.status_code, _wait(http.headers)
        if status == 429:
            asks = f"asks to wait {wait:.0f} s (429)" if wait else "asks to be asked less (429)"
            return Trouble(asks, retry=True, final=True, wait=wait)
        if status in (401, 402, 403, 407):
            return Trouble(f"refused the request ({status})", final=True)
        if status >= 500 or status == 408:
            return Trouble(f"failed ({status})", retry=True, wait=wait)
        return Trouble(f"rejected the request ({status})")
    if isinstance(error, exc.GeocoderTimedOut):
        return Trouble(f"did not answer within {TIMEOUT_S:g} s", retry=True)
    if isinstance(error, exc.GeocoderUnavailable):
        return Trouble("cannot be reached", final=True)
    if isinstance(error, exc.GeocoderAuthenticationFailure | exc.GeocoderInsufficientPrivileges):
        return Trouble("refused the request", final=True)
    if isinstance(error, exc.GeocoderQuotaExceeded):
        return Trouble("says that the quota is used up", final=True)
    if isinstance(error, exc.GeocoderQueryError):
        return Trouble("rejected the request")
    if type(error) is exc.GeocoderServiceError:
        return Trouble("gave no answer", retry=True)
    return Trouble("gave an answer that cannot be read")


def _wait(headers: dict[str, str]) -> float | None:
    try:
        wait = get_retry_after(headers)
    except (ValueError, OverflowError, TypeError):
        return None
    return None if wait is None else float(min(wait, 1_000_000))
