"""Writes the licences of what geomap needs to run into docs/security.md.

``python docs/licences.py``, whenever the dependencies have changed. They are read from what is
installed: each package's own declaration.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import metadata, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PAGE = Path(__file__).parent / "security.md"
PROJECT = Path(__file__).parent.parent / "pyproject.toml"
_TABLE = re.compile(r"(<!-- licences: written by docs/licences.py -->\n).*?(<!-- end -->)", re.S)
_CLASSIFIER = "License :: "


def runtime() -> list[str]:
    """Return the packages that an installation without extras brings, by name."""
    found: set[str] = set()
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    waiting: list[str] = list(project["dependencies"])
    while waiting:
        needed = Requirement(waiting.pop())
        name = canonicalize_name(needed.name)
        extras = ("", *needed.extras)
        if needed.marker and not any(needed.marker.evaluate({"extra": e}) for e in extras):
            continue
        if name not in found:
            found.add(name)
            waiting += requires(name) or []
    return sorted(found)


def licence(package: str) -> str:
    """Return the licence that a package declares."""
    about = metadata(package)
    if expression := about.get("License-Expression"):
        return str(expression)
    given = [one for one in about.get_all("Classifier", []) if one.startswith(_CLASSIFIER)]
    named = ", ".join(one.rpartition(" :: ")[2] for one in given)
    return named or str(about.get("License") or "").partition("\n")[0]


def table() -> str:
    """Return the table of packages and licences."""
    rows = [f"| {package} | {licence(package)} |" for package in runtime()]
    return "\n".join(["| package | licence |", "|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda m: m[1] + table() + m[2], text), encoding="utf-8")
