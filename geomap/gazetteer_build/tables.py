"""A chunk of GeoNames' dumps -> a table of its columns; damaged rows are left out and named.

The format is GeoNames' ``readme.txt``. A chunk is parsed as a whole; only one in which something
is wrong is gone through row by row, to say which row that is and why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from geomap.gazetteer.geonames import kind_of

_MAIN = pa.schema(
    {
        "number": pa.uint32(), "name": pa.string(), "ascii_name": pa.string(),
        "alternates": pa.string(), "latitude": pa.float64(), "longitude": pa.float64(),
        "feature_class": pa.string(), "feature_code": pa.string(), "country": pa.string(),
        "cc2": pa.string(), "admin1": pa.string(), "admin2": pa.string(), "admin3": pa.string(),
        "admin4": pa.string(), "population": pa.int64(), "elevation": pa.string(),
        "dem": pa.string(), "timezone": pa.string(), "changed": pa.string(),
    }
)  # fmt: skip
_NAMES = pa.schema(
    {
        "number": pa.string(), "geonames_id": pa.uint32(), "language": pa.string(),
        "name": pa.string(), "preferred": pa.string(), "short": pa.string(),
        "colloquial": pa.string(), "historic": pa.string(), "from": pa.string(), "to": pa.string(),
    }
)  # fmt: skip
#: The last two columns of alternate names came later.
_FEWEST_OF_NAMES = 8

_WHOLE = re.compile(" *-?[0-9]{1,18} *")
_DECIMAL = re.compile(r" *[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)? *", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a file: its text, the number of its first line, and its own number."""

    text: bytes
    where: str
    first_line: int
    number: int


@dataclass(slots=True)
class Report:
    """What became of a chunk, or of several."""

    size: int = 0
    rows: int = 0
    bad: int = 0
    complaints: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)
    areas: list[tuple[str, int]] = field(default_factory=list)
    languages: set[str] = field(default_factory=set)

    def add(self, other: Report) -> None:
        """Take in what is reported of another chunk."""
        self.size += other.size
        self.rows += other.rows
        self.bad += other.bad
        self.complaints += other.complaints[: 10 - len(self.complaints)]
        self.kinds += other.kinds
        self.countries += other.countries
        self.areas += other.areas
        self.languages |= other.languages

    def complain(self, where: str, line: int, what: object) -> None:
        """Count a damaged row, and name the first of them."""
        self.bad += 1
        if len(self.complaints) < 10:
            self.complaints.append(f"{where}, line {line}: {what}")


def main_table(chunk: Chunk, countries: frozenset[str], report: Report) -> pa.RecordBatch:
    """Return the sound rows of a chunk of the main table, and report the others.

    Parameters
    ----------
    chunk
        Of ``allCountries.txt`` or a country's own file.
    countries
        Only their rows, and only these are reported; empty for all.
    report
        Counts the rows.
    """

    def check(fields: list[str]) -> list[str] | None:
        if len(fields) != len(_MAIN):
            raise ValueError(f"{len(fields)} columns, not {len(_MAIN)}")
        if countries and fields[8] not in countries:
            return None
        number, population = _whole(fields[0]), _whole(fields[14] or "0")
        degrees = fields[4:6]
        latitude, longitude = map(float, degrees)
        in_range = -90 <= latitude <= 90 and -180 <= longitude <= 180
        if not in_range or not all(map(_DECIMAL.fullmatch, degrees)):
            raise ValueError(f"coordinates {', '.join(degrees)} are out of range")
        if not 0 < number < 2**32 or population < 0 or not fields[1]:
            raise ValueError("no name, or an id or population that cannot be")
        if fields[6] and not kind_of(fields[6], ""):
            raise ValueError(f"feature class {fields[6]!r} is none of GeoNames'")
        fields[0], fields[14] = str(number), str(population)
        return fields

    table = _table(chunk, _MAIN, _is_main, check, report)
    if countries:
        table = table.filter(pc.is_in(table["country"], pa.array(sorted(countries))))
    report.rows += len(table)
    return table


def names_table(chunk: Chunk, report: Report) -> pa.RecordBatch:
    """Return the sound rows of a chunk of ``alternateNamesV2.txt``, and report the others."""

    def check(fields: list[str]) -> list[str]:
        if not _FEWEST_OF_NAMES <= len(fields) <= len(_NAMES):
            raise ValueError(f"{len(fields)} columns, not {len(_NAMES)}")
        if not re.fullmatch("[0-9]{1,10}", fields[1]) or int(fields[1]) >= 2**32:
            raise ValueError(f"geonameid {fields[1][:20]!r} is no number")
        return fields + [""] * (len(_NAMES) - len(fields))

    table = _table(chunk, _NAMES, _is_names, check, report)
    report.rows += len(table)
    return table


def _table(
    chunk: Chunk,
    schema: pa.Schema,
    is_sound: Callable[[pa.RecordBatch], bool],
    check: Callable[[list[str]], list[str] | None],
    report: Report,
) -> pa.RecordBatch:
    """Parse a chunk.

    `check` is given the fields of each row where not all are sound; it returns them as they are
    to be taken, None if they are not to be taken, or raises ValueError that names the fault.
    """
    try:
        table = _parse(chunk.text, schema)
        if is_sound(table):
            return table
    except pa.ArrowInvalid:
        pass  # what it says does not name the line in the file
    sound = "\n".join("\t".join(fields) for fields in _check_rows(chunk, check, report))
    if not sound:
        return pa.RecordBatch.from_pylist([], schema)
    return _parse(sound.encode(), schema)


def _parse(text: bytes, schema: pa.Schema) -> pa.RecordBatch:
    table = csv.read_csv(
        pa.BufferReader(text),
        read_options=csv.ReadOptions(
            column_names=schema.names, block_size=len(text) + 1, use_threads=False
        ),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
        convert_options=csv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=False
        ),
    )
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema)


def _is_main(table: pa.RecordBatch) -> bool:
    """Whether no row has anything that cannot be."""
    needed = [table[name] for name in ("number", "latitude", "longitude")]
    number, latitude, longitude = needed
    sound = [
        pc.greater(number, 0),
        pc.less_equal(pc.abs(latitude), 90),
        pc.less_equal(pc.abs(longitude), 180),
        pc.greater_equal(pc.fill_null(table["population"], 0), 0),
        pc.greater(pc.binary_length(table["name"]), 0),
    ]
    return (
        not any(column.null_count for column in needed)
        and all(pc.all(row).as_py() for row in sound)
        and all(not one or kind_of(one, "") for one in table["feature_class"].unique().to_pylist())
    )


def _is_names(table: pa.RecordBatch) -> bool:
    return not table["geonames_id"].null_count


def _check_rows(
    chunk: Chunk, check: Callable[[list[str]], list[str] | None], report: Report
) -> Iterator[list[str]]:
    """Yield the fields of the sound rows, and report the others."""
    for number, line in enumerate(chunk.text.split(b"\n"), chunk.first_line):
        if not line.strip(b"\r"):
            continue
        try:
            fields = line.rstrip(b"\r").replace(b"\r", b" ").decode().split("\t")
            sound = check(fields)
        except UnicodeDecodeError:
            report.complain(chunk.where, number, "not UTF-8")
            report.rows += 1
        except ValueError as error:
            report.complain(chunk.where, number, error)
            report.rows += 1
        else:
            if sound is not None:
                yield sound


def _whole(digits: str) -> int:
    if not _WHOLE.fullmatch(digits):
        raise ValueError(f"invalid literal for a whole number: {digits[:20]!r}")
    return int(digits)
