"""A parsed corpus on disk, read a file at a time: what ``geomap parse INPUT... -o FOLDER`` writes.

Each file of ``articles/`` has one of ``mentions/`` beside it, of the same name: no article lies
in two of them, which is what makes counts of articles sums of those of the files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq

from geomap.errors import InputError
from geomap.records import Role

#: What :mod:`geomap.batch` calls the layout that is read here.
FORMAT = "geomap dataset 1"
MANIFEST = "manifest.json"
DUPLICATES = "duplicates.parquet"


@dataclass(frozen=True)
class Filter:
    """Which mentions are meant; what is not said does not restrict.

    Parameters
    ----------
    since, until
        Articles published on these days or between; those without a date are left out.
    sources
        Articles of these sources.
    role
        Mentions of this role.
    countries
        Mentions of places in these countries; ISO 3166-1 alpha-2 ("UA").
    """

    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] | None = None
    role: Role | None = None
    countries: tuple[str, ...] | None = None

    def of_articles(self) -> Any:
        """Return the filter as an expression over the columns of articles, or None."""
        return _all(
            [
                *([pc.field("published") >= pa.scalar(self.since)] if self.since else []),
                *([pc.field("published") <= pa.scalar(self.until)] if self.until else []),
                *([_among("source", self.sources)] if self.sources is not None else []),
            ]
        )

    def of_mentions(self) -> Any:
        """Return the filter as an expression over the columns of mentions, or None."""
        articles = self.of_articles()
        return _all(
            [
                *([articles] if articles is not None else []),
                *([_among("role", (self.role,))] if self.role else []),
                *([_among("country_code", self.countries)] if self.countries is not None else []),
            ]
        )


class Dataset:
    """The files of a parsed corpus.

    Parameters
    ----------
    path
        The folder.

    Raises
    ------
    InputError
        The folder holds no parsed corpus, or one that was not finished.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            text = (self.path / MANIFEST).read_bytes()
            self.manifest: dict[str, Any] = json.loads(text)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.path}: is no parsed corpus: {MANIFEST} is missing or damaged; make it with"
                " geomap parse INPUT... -o FOLDER"
            ) from error
        if self.manifest.get("format") != FORMAT:
            raise InputError(
                f"{self.path / MANIFEST}: not of the format {FORMAT!r}; parse it again"
            )
        self.parts = sorted(file.name for file in (self.path / "mentions").glob("*.parquet"))
        if self.parts != sorted(file.name for file in (self.path / "articles").glob("*.parquet")):
            raise InputError(
                f"{self.path}: articles/ and mentions/ do not have the same files; parse it again"
            )
        repeats = self.path / DUPLICATES
        #: What the counts depend on.
        self.digest = hashlib.sha256(text).hexdigest()
        self.has_duplicates = repeats.is_file()
        if self.has_duplicates:
            self.digest += hashlib.sha256(repeats.read_bytes()).hexdigest()

    def sizes(self) -> list[int]:
        """Return the number of mentions in each part."""
        return [self._metadata("mentions", part).num_rows for part in self.parts]

    def days(self) -> set[date]:
        """Return the days of publication."""
        found: set[date] = set()
        for part in self.parts:
            column = pq.read_table(self.path / "articles" / part, columns=["published"])
            found.update(pc.unique(column["published"]).to_pylist())
        return found - {None}

    def read(self, table: str, part: str, columns: Sequence[str], where: Filter) -> pa.Table:
        """Return the rows of one part that fit; texts as strings, whatever the file says."""
        expression = where.of_articles() if table == "articles" else where.of_mentions()
        found = self._open(table, [part]).to_table(
            columns=list(columns), filter=expression, use_threads=False
        )
        return plain(found)

    def read_all(self, table: str, columns: Sequence[str] | None, where: Filter) -> pa.Table:
        """Return the rows of all parts that fit."""
        expression = where.of_articles() if table == "articles" else where.of_mentions()
        return plain(
            self._open(table, self.parts).to_table(
                columns=list(columns) if columns is not None else None, filter=expression
            )
        )

    def repeats(self, part: str) -> pa.Array:
        """Return the ids of the articles of a part that repeat another one."""
        if not self.has_duplicates:
            return pa.array([], pa.string())
        # One row group a part: see geomap.duplicates.
        with pq.ParquetFile(self.path / DUPLICATES) as file:
            rows = file.read_row_group(self.parts.index(part))
        return rows.filter(pc.invert(rows["is_first"]))["article_id"].combine_chunks()

    def batches(self, sizes: Sequence[int], most: int) -> Iterator[tuple[str, ...]]:
        """Yield neighbouring parts together, as many as have `most` mentions, one at least."""
        batch: list[str] = []
        rows = 0
        for part, size in zip(self.parts, sizes, strict=True):
            if batch and rows + size > most:
                yield tuple(batch)
                batch, rows = [], 0
            batch.append(part)
            rows += size
        if batch:
            yield tuple(batch)

    def _open(self, table: str, parts: Sequence[str]) -> pads.Dataset:
        return pads.dataset([str(self.path / table / part) for part in parts], format="parquet")

    def _metadata(self, table: str, part: str) -> Any:
        return pq.read_metadata(self.path / table / part)


def plain(table: pa.Table) -> pa.Table:
    """Return a table with its dictionaries and large strings as plain strings."""
    columns = []
    for column in table.columns:
        kind = column.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            kind = pa.string()
        if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
            kind = pa.binary()
        columns.append(column.cast(kind))
    return pa.table(columns, names=table.column_names)


def _among(name: str, values: tuple[str, ...]) -> Any:
    return pc.field(name).isin(pa.array(values, pa.string()))


def _all(expressions: Sequence[Any]) -> Any:
    whole = None
    for each in expressions:
        whole = each if whole is None else whole & each
    return whole
