"""Tables with a row an article: CSV and Parquet."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from geomap.articles.fields import Found, fields_of, refuse_binary, spans_of, without_bom
from geomap.articles.source import Source
from geomap.errors import InputError

_DELIMITERS = ",;\t|"
_FIELDS = ("id", "title", "source", "url", "language", "author", "date", "published", "toponyms")
_BATCH_ROWS = 256
_OWN = {"mention_id", "sentence_start"}  # columns that tell geomap's own tables of mentions


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its fields as the table has them, or what is wrong with it.

    Parameters
    ----------
    number
        Counted from 1 below the header.
    where
        How messages call it.
    record
        Its cells, or the error.
    """

    number: int
    where: str
    record: Mapping[str, Any] | InputError


def read_csv(source: Source) -> Iterator[Found]:
    """Yield an article a row; a bad row is reported."""
    return _read(source, csv_rows(source))


def read_parquet(source: Source) -> Iterator[Found]:
    """Yield an article a row, a few rows in memory at a time; a bad row is reported."""
    return _read(source, parquet_rows(source))


def csv_rows(source: Source) -> Iterator[Row]:
    """Yield the rows of a CSV; the first line names the columns and shows what parts them.

    Rows are decoded one by one, so that bytes that are not UTF-8 spoil their own row only.
    """
    lines = _lines(source)
    header_line = next(lines, "")
    delimiter = max(_DELIMITERS, key=header_line.count)
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # an article may be longer than 128 KiB
    try:
        [header] = csv.reader([header_line], delimiter=delimiter)
    except csv.Error:  # it goes on behind a carriage return
        mend = "convert its line ends, for example: tr '\\r' '\\n' < OLD > NEW"
        raise InputError(f"{source.name}:1: not CSV (a lone carriage return); {mend}") from None
    columns = _columns(source, header)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    while True:
        where = f"{source.name}:{rows.line_num + 2}"
        try:
            row = next(rows, None)
            if row is None:
                break
            if row:
                number += 1
                yield Row(number, where, _cells(where, header, row, columns))
        except csv.Error as error:
            number += 1
            problem = f"{where}: not CSV ({error}); mend the quotes of this row"
            yield Row(number, where, InputError(problem))
    if not number:
        raise InputError(f"{source.name}: no rows; give one an article below the header")


def parquet_rows(source: Source) -> Iterator[Row]:
    """Yield the rows of a Parquet file."""
    import pyarrow as pa
    from pyarrow import parquet

    file: BinaryIO = source.file if source.file.seekable() else BytesIO(source.file.read())
    try:
        table = parquet.ParquetFile(file)
        columns = _columns(source, table.schema_arrow.names)
        number = 0
        batches = table.iter_batches(_BATCH_ROWS, columns=list(columns.values()))
        for row in (row for batch in batches for row in batch.to_pylist()):
            number += 1
            record = {field: row[column] for field, column in columns.items()}
            yield Row(number, f"{source.name}:{number}", record)
    except (pa.ArrowException, OSError) as error:
        problem = str(error).splitlines()[0]
        raise InputError(f"{source.name}: not Parquet that can be read: {problem}") from error
    if not number:
        raise InputError(f"{source.name}: no rows; give one an article")


def _read(source: Source, rows: Iterator[Row]) -> Iterator[Found]:
    for row in rows:
        try:
            if isinstance(row.record, InputError):
                raise row.record
            default_id = f"{source.stem}-{row.number}"
            fields = fields_of(row.where, row.record, default_id, source.text_column)
            yield fields, spans_of(row.where, row.record, fields["text"])
        except InputError as error:
            source.report(error)


def _columns(source: Source, names: Sequence[str]) -> dict[str, str]:
    """Return which of the table's columns each field is, names compared without case."""
    if _OWN & set(names):
        raise InputError(f"{source.name}: geomap's own table of mentions; give the articles")
    known = {name.strip().lower(): name for name in reversed(names)}
    text = source.text_column
    own = text if text in names else known.get(text.lower())
    if own is None:
        has = ", ".join(names[:12]) or "none"
        mend = f"name it with --text-column; the columns are {has}"
        raise InputError(f"{source.name}: no column {text!r} for the text; {mend}")
    columns = {field: known[field] for field in _FIELDS if field in known}
    return {**columns, text: own}


def _cells(
    where: str, header: Sequence[str], row: Sequence[str], columns: Mapping[str, str]
) -> Mapping[str, Any] | InputError:
    if len(row) > len(header):
        mend = "quote the text that holds one of them more"
        return InputError(f"{where}: {len(row)} cells under {len(header)} columns; {mend}")
    cells = dict(zip(header, row, strict=False))
    record = {field: cells.get(column) for field, column in columns.items() if field != "toponyms"}
    for cell in filter(None, record.values()):
        if not cell.isascii() and (problem := _broken(where, cell)):
            return problem
    return record


def _lines(source: Source) -> Iterator[str]:
    """Decode lines; bytes that are not UTF-8 become lone surrogates, which UTF-8 cannot hold."""
    for number, line in enumerate(source.file, 1):
        if number == 1:
            refuse_binary(source.name, line)
            line = without_bom(line)
        yield line.decode("utf-8", "surrogateescape")


def _broken(where: str, cell: str) -> InputError | None:
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError:
        mend = "convert the file, for example: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW"
        return InputError(f"{where}: not UTF-8; {mend}")
    return None
