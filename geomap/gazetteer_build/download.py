"""Downloads GeoNames' dumps: over HTTPS, from one host, going on where it was broken off."""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import requests

from geomap import settings
from geomap.errors import InputError, OutputError

T = TypeVar("T")

logger = logging.getLogger(__name__)

BASE_URL = "https://download.geonames.org/export/dump/"

#: Tells how far a step is: what is being done, how much of it is, and how much there is.
Progress = Callable[[str, int, int], None]

_BLOCK = 1 << 16
_REDIRECTS = 5
_ATTEMPTS = 5  # in a row that bring nothing new
_LONGEST_PAUSE = 300.0
_READ_TIMEOUT_S = 60.0
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_MEND = "try again later, or download the files otherwise and give their folder with --from"


class _PassingError(Exception):
    """What may go better the next time."""

    def __init__(self, what: str, pause: float | None = None) -> None:
        super().__init__(what)
        self.pause = pause


def download(
    names: Sequence[str],
    folder: Path,
    *,
    required: Collection[str] = (),
    base_url: str = BASE_URL,
    session: requests.Session | None = None,
    pause: float = 1.0,
    progress: Progress = lambda what, done, total: None,
) -> None:
    """Download files into `folder`; what is there already and has not changed stays.

    Parameters
    ----------
    names
        Of files below `base_url`.
    folder
        Made where it is missing. A partial file stays there when all attempts fail, and the next
        call goes on with it.
    required
        The names without which nothing can be done; others may be missing on the server.
    base_url
        HTTPS. Redirects are followed on its host only.
    session
        Makes the requests.
    pause
        Seconds before the second attempt, doubled before each further one, unless the server
        says how long to wait.
    progress
        Called with a file's name, how many bytes of it are there, and how many it has.

    Raises
    ------
    InputError
        If the server cannot be reached, has no such file, or leads elsewhere.
    OutputError
        If there is no room for the files.
    """
    if urlsplit(base_url).scheme != "https":
        raise InputError(f"{base_url}: only https:// is downloaded from")
    folder.mkdir(parents=True, exist_ok=True)
    with session or requests.Session() as asked:
        asked.headers["User-Agent"] = settings.USER_AGENT
        asked.headers["Accept-Encoding"] = "identity"
        files = []
        for name in names:
            file = _File(asked, urljoin(base_url, name), folder / name, pause)
            if file.ask():
                files.append(file)
            elif name in required:
                raise InputError(f"{file.url}: there is no such file: look at {base_url}")
            else:
                file.forget()
        check_room(folder, sum(file.missing() for file in files))
        for file in files:
            file.tell(progress)
        for file in files:
            file.fetch(progress)


def check_room(folder: Path, needed: int) -> None:
    """Raise `OutputError` unless so many bytes are free on the disk of `folder`."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OutputError(
            f"{needed / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB free at {folder}: free "
            "some, or set GEOMAP_DATA to a folder on a larger disk"
        )


class _File:
    """A file on the server, and what is here of it: whole, or as ``.part``.

    Beside it lies the server's mark of the version (ETag, or the time it was changed), so that
    two versions are never joined.
    """

    def __init__(self, session: requests.Session, url: str, path: Path, pause: float) -> None:
        self.url = url
        self._session, self._path, self._pause = session, path, pause
        self._part = path.with_name(path.name + ".part")
        self._mark_path = path.with_name(path.name + ".mark")
        self._size, self._mark, self._changed = 0, "", ""

    def ask(self) -> bool:
        """Learn size and version from the server; False if it has no such file."""
        return self._retry(self._ask)

    def _ask(self) -> bool:
        with self._request("HEAD", {}) as response:
            if response.status_code == 404:
                return False
            _check_status(response, 200)
            length = response.headers.get("Content-Length", "")
            if not length.isdigit():
                raise InputError(f"{self.url}: the server does not say its size; {_MEND}")
            etag = response.headers.get("ETag", "W/")
            self._changed = response.headers.get("Last-Modified", "")
            self._mark = self._changed if etag.startswith("W/") else etag
            self._size = int(length)
            return True

    def missing(self) -> int:
        """Return how many bytes are yet to come."""
        return 0 if self._is_whole() else self._size - self._here()

    def forget(self) -> None:
        """Remove what is here, of a version the server no longer has."""
        for path in (self._path, self._part, self._mark_path):
            path.unlink(missing_ok=True)

    def tell(self, progress: Progress) -> None:
        """Say how much of it is here."""
        progress(self._path.name, self._size - self.missing(), self._size)

    def fetch(self, progress: Progress) -> None:
        """Download what is missing."""
        if self._is_whole():
            return
        if not self._here():
            self.forget()
            self._mark_path.write_text(self._mark, "utf-8")
        self._retry(lambda: self._fetch_rest(progress))
        self._part.replace(self._path)
        with suppress(ValueError):  # not every server says when
            changed = parsedate_to_datetime(self._changed).timestamp()
            os.utime(self._path, (changed, changed))

    def _fetch_rest(self, progress: Progress) -> None:
        here = self._here()
        if here == self._size and here:
            return
        headers = {"Range": f"bytes={here}-", "If-Range": self._mark} if here else {}
        with self._request("GET", headers) as response:
            _check_status(response, 200, 206)
            if response.status_code == 200:
                here = 0
            elif not re.match(
                rf"bytes {here}-\d+/{self._size}$", response.headers.get("Content-Range", "")
            ):
                self._part.unlink(missing_ok=True)
                raise _PassingError("another part was sent than was asked for")
            with self._part.open("ab" if here else "wb") as file:
                for block in response.iter_content(_BLOCK):
                    here += len(block)
                    if here > self._size:
                        break
                    file.write(block)
                    progress(self._path.name, here, self._size)
        if here > self._size:
            self._part.unlink(missing_ok=True)
            raise _PassingError("more was sent than the file has")
        if here < self._size:
            raise _PassingError(f"broken off at byte {here:,} of {self._size:,}")

    def _is_whole(self) -> bool:
        return (
            self._path.exists()
            and self._path.stat().st_size == self._size
            and self._mark_here() == self._mark != ""
        )

    def _here(self) -> int:
        """Return how many bytes are here of the server's version."""
        if not self._mark or self._mark_here() != self._mark or not self._part.exists():
            return 0
        size = self._part.stat().st_size
        return size if size <= self._size else 0

    def _mark_here(self) -> str:
        try:
            return self._mark_path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def _retry(self, act: Callable[[], T]) -> T:
        """Do it again, after ever longer pauses, until several attempts in a row bring nothing."""
        failed, before = 0, self._here()
        while True:
            try:
                return act()
            except requests.exceptions.SSLError as error:
                raise InputError(
                    f"{self.url}: no trust in the server ({error}); {_MEND}"
                ) from error
            except (requests.RequestException, _PassingError) as error:
                failed = failed + 1 if self._here() <= before else 1
                before = self._here()
                if failed >= _ATTEMPTS:
                    raise InputError(f"{self.url}: {_cause(error)}; {_MEND}") from error
                pause = error.pause if isinstance(error, _PassingError) else None
                logger.info("%s: %s; trying again", self.url, _cause(error))
                time.sleep(self._pause * 2 ** (failed - 1) if pause is None else pause)

    def _request(self, method: str, headers: dict[str, str]) -> requests.Response:
        """Send a request and follow redirects, which must stay on the host and on HTTPS."""
        url = self.url
        for _ in range(_REDIRECTS + 1):
            response = self._session.request(
                method,
                url,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(settings.TIMEOUT_S, _READ_TIMEOUT_S),
            )
            if not response.is_redirect:
                return response
            response.close()
            target = urljoin(url, response.headers["Location"])
            here, there = urlsplit(url), urlsplit(target)
            if (there.scheme, there.netloc) != (here.scheme, here.netloc):
                raise InputError(f"{url}: leads to {target}, which is another host; {_MEND}")
            url = target
        raise InputError(f"{self.url}: more than {_REDIRECTS} redirects; {_MEND}")


def _check_status(response: requests.Response, *expected: int) -> None:
    """Raise `_PassingError` for what may pass, `InputError` for any other unexpected answer."""
    if response.status_code in expected:
        return
    what = f"the server answers {response.status_code} {response.reason}"
    wait = response.headers.get("Retry-After", "")
    if response.status_code in _PASSING:
        raise _PassingError(what, min(float(wait), _LONGEST_PAUSE) if wait.isdigit() else None)
    if response.status_code == 416:
        raise _PassingError(what)
    raise InputError(f"{response.url}: {what}; {_MEND}")


def _cause(error: Exception) -> str:
    return (
        str(error)
        if isinstance(error, _PassingError)
        else f"cannot be reached ({type(error).__name__})"
    )
