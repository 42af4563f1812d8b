"""Tables with a row an article: CSV and Parquet."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO

from geomap.articles.fields import Fields, Found, fields_of, refuse_binary, spans_of, without_bom
from geomap.articles.source import Source
from geomap.errors import InputError

_DELIMITERS = ",;\t|"
_FIELDS = ("id", "title", "source", "url", "language", "author", "date", "published", "toponyms")
_BATCH_ROWS = 256
_OWN = "mention_id"  # the column that tells a table of geomap's own mentions


def read_csv(source: Source) -> Iterator[Found]:
    """Yield an article a row; the first line names the columns and shows what parts them.

    Rows are decoded one by one, so that bytes that are not UTF-8 spoil their own row only.
    """
    lines = _lines(source)
    header_line = next(lines, "")
    delimiter = max(_DELIMITERS, key=header_line.count)
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # an article may be longer than 128 KiB
    [header] = csv.reader([header_line], delimiter=delimiter)
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
                yield _row(source, where, number, header, row, columns), []
        except csv.Error as error:
            number += 1
            source.report(InputError(f"{where}: not CSV ({error}); mend the quotes of this row"))
        except InputError as error:
            source.report(error)
    if not number:
        raise InputError(f"{source.name}: no rows; give one an article below the header")


def read_parquet(source: Source) -> Iterator[Found]:
    """Yield an article a row, a few rows in memory at a time."""
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
            where = f"{source.name}:{number}"
            record = {field: row[column] for field, column in columns.items()}
            try:
                fields = fields_of(where, record, f"{source.stem}-{number}", source.text_column)
                yield fields, spans_of(where, record, fields["text"])
            except InputError as error:
                source.report(error)
    except (pa.ArrowException, OSError) as error:
        problem = str(error).splitlines()[0]
        raise InputError(f"{source.name}: not Parquet that can be read: {problem}") from error
    if not number:
        raise InputError(f"{source.name}: no rows; give one an article")


def _columns(source: Source, names: Sequence[str]) -> dict[str, str]:
    """Return which of the table's columns each field is, names compared without case."""
    if _OWN in names:
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


def _row(
    source: Source,
    where: str,
    number: int,
    header: Sequence[str],
    row: Sequence[str],
    columns: Mapping[str, str],
) -> Fields:
    if len(row) > len(header):
        mend = "quote the text that holds one of them more"
        raise InputError(f"{where}: {len(row)} cells under {len(header)} columns; {mend}")
    cells = dict(zip(header, row, strict=False))
    record = {field: cells.get(column) for field, column in columns.items()}
    for cell in filter(None, record.values()):
        if not cell.isascii():
            _refuse_broken(where, cell)
    return fields_of(where, record, f"{source.stem}-{number}", source.text_column)


def _lines(source: Source) -> Iterator[str]:
    """Decode lines; bytes that are not UTF-8 become lone surrogates, which UTF-8 cannot hold."""
    for number, line in enumerate(source.file, 1):
        if number == 1:
            refuse_binary(source.name, line)
            line = without_bom(line)
        yield line.decode("utf-8", "surrogateescape")


def _refuse_broken(where: str, cell: str) -> None:
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError:
        mend = "convert the file, for example: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW"
        raise InputError(f"{where}: not UTF-8; {mend}") from None
