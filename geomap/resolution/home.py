"""Where a paper is at home: "Paris" in theparisnews.com is Paris, Texas."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache

from geomap.errors import GazetteerError
from geomap.records import Article
from geomap.settings import DATA

_COUNTRY_DOMAIN = re.compile(r"\.([a-z]{2})$")
#: Domains of countries that are used the world over.
_NOT_A_COUNTRY = frozenset(["tv", "io", "me", "co", "ai", "fm", "cc", "ws", "ly", "to", "eu"])


@dataclass(frozen=True, slots=True)
class Home:
    """A paper's home.

    Parameters
    ----------
    host
        Host of its web address, without "www.".
    country_code
        ISO 3166-1 alpha-2, or None where unknown.
    admin1_code
        Code of its region, for local and regional papers.
    latitude, longitude
        Its town, for local and regional papers.
    name
        The paper's name, where it is known.
    """

    host: str = ""
    country_code: str | None = None
    admin1_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    name: str | None = None


def home_of(article: Article) -> Home:
    """Return the home of an article's paper, by its web address; all None where unknown."""
    for address in (article.source, article.url):
        host = _host(address or "")
        labels = host.split(".")
        for start in range(len(labels) - 1):
            row = _papers().get(".".join(labels[start:]))
            if row:
                return _home(host, row)
        ending = _COUNTRY_DOMAIN.search(host)
        if ending and ending.group(1) not in _NOT_A_COUNTRY:
            code = ending.group(1).upper()
            return Home(host, "GB" if code == "UK" else code)
        if "." in host:
            return Home(host)
    return Home()


def _host(address: str) -> str:
    host = address.strip().lower().split("//")[-1].split("/")[0].split(":")[0]
    return host.removeprefix("www.") if " " not in host else ""


def _home(host: str, row: dict[str, str]) -> Home:
    country = row["country_code"] or None
    if row["scope"] == "national" or not row["latitude"]:
        return Home(host, country, name=row["name"])
    return Home(
        host,
        country,
        row["admin1_code"] or None,
        float(row["latitude"]),
        float(row["longitude"]),
        row["name"],
    )


@cache
def _papers() -> dict[str, dict[str, str]]:
    path = DATA / "newspapers.csv"
    try:
        with path.open(encoding="utf-8", newline="") as table:
            return {row["domain"]: row for row in csv.DictReader(table)}
    except OSError as error:
        raise GazetteerError(
            f"{path}: cannot read the newspapers ({error.strerror}); install geomap again"
        ) from error
