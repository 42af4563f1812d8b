"""Writes docs/reference/contents.md, what is in the embedded gazetteer.

``python docs/contents_page.py``, whenever that was built anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from geomap.cli_gazetteer import kinds_by_country
from geomap.gazetteer import embedded
from geomap.names import fold
from geomap.records import KINDS

PAGE = Path(__file__).parent / "reference" / "contents.md"

_INTRODUCTION = """\
# What the embedded gazetteer holds

<!-- Written by docs/contents_page.py from the gazetteer itself; do not edit by hand. -->

`geomap gazetteer info --countries` prints the same, and `--json` gives it as data. Where \
each row comes from is said in `data/README.md`.
"""
_KINDS = {
    "country": "countries, dependent territories, historical states",
    "region": "regions of the first and second order, world regions, areas with a name",
    "settlement": "cities, towns, villages, districts of cities",
    "natural": "waters, islands, mountains, deserts",
    "facility": "airports, bases, plants, squares, streets and other sites",
}


def page() -> str:
    """Return the page as it should be."""
    gazetteer = embedded()
    counts = gazetteer.info()["counts"]
    kinds = [(kind, _KINDS[kind], f"{counts[kind]:,}") for kind in KINDS]
    kinds.append(
        ("all", f"places, with {counts['names']:,} different names", f"{counts['places']:,}")
    )
    by_country = kinds_by_country(gazetteer.places())
    none = by_country.pop("")
    named = {gazetteer.country_name(code) or code: one for code, one in by_country.items()}
    countries = [
        (name, *(f"{number:,}" for number in (*one.values(), sum(one.values()))))
        for name, one in [
            *sorted(named.items(), key=lambda row: fold(row[0])),
            ("no one country", none),
        ]
    ]
    parts = [
        _INTRODUCTION,
        "## By kind\n",
        _table(("Kind", "What it is", "Places>"), kinds),
        "## By country\n",
        _table(("Country", *(f"{kind.capitalize()}>" for kind in KINDS), "All>"), countries),
    ]
    return "\n".join(parts)


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    headings = list(headings)
    rule = ["---:" if heading.endswith(">") else "---" for heading in headings]
    lines = [[heading.rstrip(">") for heading in headings], rule, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
