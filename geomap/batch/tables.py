"""The tables of a dataset: their columns, and a part of each as the bytes of a Parquet file.

What is not explained is as in :mod:`geomap.regions.tables`. Texts are strings, offsets and counts
``int64``; what always has one of the same few values is dictionary-encoded.

**articles**
    article_id
        Path and number in it (``news.jsonl#17``): unique in the dataset.
    given_id
        What the input itself calls it, or missing; two articles may be called the same.
    title, source, url, published, language, author
        What the input says of it; the language may be geomap's finding.
    input, record
        The path as it was given or found, and the number of the line, row or file, from 1. The
        text is not kept: this is where it is.
    n_characters, n_mentions, n_placed, n_unplaced
        Length of the text, and what was found in it.
    signature
        Only of datasets made with ``--dedupe``; see :mod:`geomap.duplicates`.

**mentions** (GeoParquet, WKB, EPSG:4326)
    article_id, mention
        The article, and the number of the mention in it, from 0.
    published, source
        The article's, so that mentions can be counted without it.
    start, end, text, role, form, inside, sentence, sentence_start
        Offsets count the article's characters. Of a sentence of more than 2,000, what stands
        around the mention.
    place_id, name, kind, feature_code, precision, country_code, admin1_code, admin1_name, region_id
        The place meant; missing where the mention is unplaced.
    confidence, reasons, geometry
        How sure it is, and why; the place's point.

**rejects**
    input, record, reason
        What was not parsed; without a record, a whole input or the rest of one.
"""

from __future__ import annotations

import json
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, get_args

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from geomap.batch.cutting import Reject
from geomap.records import KINDS, Form, ParsedArticle, Place, Precision, Role
from geomap.sentences import sentences

#: Under this key the metadata of a part say what it was made from and what it holds.
ABOUT = b"geomap"

#: Of a sentence with more characters than this, what stands around the mention: a table that was
#: taken for a sentence would be repeated as often as it has names.
SENTENCE = 2_000

_ROWS = 1_000  # mentions that are packed together, which saves memory
_EPOCH = date(1970, 1, 1).toordinal()
_NUMPY = {pa.int8(): "i1", pa.int64(): "i8", pa.float64(): "f8", pa.date32(): "i4"}
_CATEGORIES: dict[str, tuple[str, ...]] = {
    "role": get_args(Role),
    "form": get_args(Form),
    "kind": KINDS,
    "precision": get_args(Precision),
}
_CODES = {
    column: {value: code for code, value in enumerate(values)}
    for column, values in _CATEGORIES.items()
}
_CATEGORY = pa.dictionary(pa.int8(), pa.string())

ARTICLES = pa.schema(
    [
        ("article_id", pa.string()),
        ("given_id", pa.string()),
        ("title", pa.string()),
        ("source", pa.string()),
        ("url", pa.string()),
        ("published", pa.date32()),
        ("language", pa.string()),
        ("author", pa.string()),
        ("input", pa.string()),
        ("record", pa.int64()),
        ("n_characters", pa.int64()),
        ("n_mentions", pa.int64()),
        ("n_placed", pa.int64()),
        ("n_unplaced", pa.int64()),
    ]
)
SIGNATURE = pa.field("signature", pa.binary())
MENTIONS = pa.schema(
    [
        ("article_id", pa.string()),
        ("mention", pa.int64()),
        ("published", pa.date32()),
        ("source", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("text", pa.string()),
        ("role", _CATEGORY),
        ("form", _CATEGORY),
        ("inside", pa.string()),
        ("sentence", pa.string()),
        ("sentence_start", pa.int64()),
        ("place_id", pa.string()),
        ("name", pa.string()),
        ("kind", _CATEGORY),
        ("feature_code", pa.string()),
        ("precision", _CATEGORY),
        ("country_code", pa.string()),
        ("admin1_code", pa.string()),
        ("admin1_name", pa.string()),
        ("region_id", pa.string()),
        ("confidence", pa.float64()),
        ("reasons", pa.list_(pa.string())),
        ("geometry", pa.binary()),
    ]
)
REJECTS = pa.schema([("input", pa.string()), ("record", pa.int64()), ("reason", pa.string())])

#: EPSG:4326 as PROJJSON.
_CRS = {
    "type": "GeographicCRS",
    "name": "WGS 84",
    "datum": {
        "type": "GeodeticReferenceFrame",
        "name": "World Geodetic System 1984",
        "ellipsoid": {
            "name": "WGS 84",
            "semi_major_axis": 6378137,
            "inverse_flattening": 298.257223563,
        },
    },
    "coordinate_system": {
        "subtype": "ellipsoidal",
        "axis": [
            {
                "name": "Geodetic latitude",
                "abbreviation": "Lat",
                "direction": "north",
                "unit": "degree",
            },
            {
                "name": "Geodetic longitude",
                "abbreviation": "Lon",
                "direction": "east",
                "unit": "degree",
            },
        ],
    },
    "id": {"authority": "EPSG", "code": 4326},
}
_POINT = struct.Struct("<BIdd")  # WKB: little-endian, type 1, x, y

Row = tuple[Any, ...]


def article_row(
    parsed: ParsedArticle, given_id: str | None, input_path: str, record: int, placed: int
) -> Row:
    """Return the row of an article, all but its signature."""
    article, found = parsed.article, len(parsed.resolutions)
    return (
        article.id,
        given_id,
        article.title,
        article.source,
        article.url,
        article.published,
        article.language,
        article.author,
        input_path,
        record,
        len(article.text),
        found,
        placed,
        found - placed,
    )


class MentionRows:
    """The rows of the table of mentions, one article after the other.

    Parameters
    ----------
    region_of
        Says which region a place belongs to.
    """

    def __init__(self, region_of: Callable[[Place], str | None]) -> None:
        self.count = 0
        self._rows: list[Row] = []
        self._batches: list[Any] = []
        self._region_of = region_of
        self._points: list[tuple[float, float]] = []

    def add(self, parsed: ParsedArticle) -> None:
        """Add the mentions of an article."""
        article, text = parsed.article, parsed.article.text
        spans = sentences(text) if parsed.resolutions else []
        starts = [start for start, _ in spans]
        for number, resolution in enumerate(parsed.resolutions):
            toponym, place = resolution.toponym, resolution.place
            first = max(bisect_right(starts, toponym.start) - 1, 0)
            last = max(bisect_right(starts, toponym.end - 1) - 1, 0)
            begin, end = (spans[first][0], spans[last][1]) if spans else (0, 0)
            if end - begin > SENTENCE:
                begin = max(begin, toponym.start - SENTENCE // 2)
                end = min(end, toponym.end + SENTENCE // 2)
            self._rows.append(
                (
                    article.id,
                    number,
                    article.published,
                    article.source,
                    toponym.start,
                    toponym.end,
                    toponym.text,
                    toponym.role,
                    toponym.form,
                    toponym.inside,
                    text[begin:end],
                    begin,
                    *self._place(place, resolution.precision),
                    resolution.confidence,
                    resolution.reasons,
                    place and _POINT.pack(1, 1, place.longitude, place.latitude),
                )
            )
        self.count += len(parsed.resolutions)
        if len(self._rows) >= _ROWS:
            self._pack()

    def _place(self, place: Place | None, precision: Precision) -> Row:
        if place is None:
            return (None,) * 9
        self._points.append((place.longitude, place.latitude))
        return (
            place.id,
            place.name,
            place.kind,
            place.feature_code,
            precision,
            place.country_code,
            place.admin1_code,
            place.admin1_name,
            self._region_of(place),
        )

    def to_parquet(self) -> bytes:
        """Return a GeoParquet file of the rows."""
        self._pack()
        return _file(self._batches, MENTIONS, {b"geo": json.dumps(self._geo()).encode()})

    def _pack(self) -> None:
        self._batches.append(_batch(self._rows, MENTIONS))
        self._rows = []

    def _geo(self) -> dict[str, Any]:
        geometry: dict[str, Any] = {"encoding": "WKB", "geometry_types": ["Point"], "crs": _CRS}
        if self._points:
            x, y = zip(*self._points, strict=True)
            geometry["bbox"] = [min(x), min(y), max(x), max(y)]
        return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}


def rejects_to_parquet(rejects: Iterable[Reject]) -> bytes:
    """Return a Parquet file of what was not parsed."""
    return to_parquet([(r.input, r.record, r.reason) for r in rejects], REJECTS, {})


def to_parquet(rows: Sequence[Row], schema: Any, metadata: Mapping[bytes, bytes]) -> bytes:
    """Return a Parquet file of rows; the same rows give the same bytes."""
    return _file([_batch(rows, schema)], schema, metadata)


def _file(batches: Sequence[Any], schema: Any, metadata: Mapping[bytes, bytes]) -> bytes:
    table = pa.Table.from_batches(batches, schema).combine_chunks()
    sink = pa.BufferOutputStream()
    parquet.write_table(table.replace_schema_metadata(dict(metadata)), sink, compression="zstd")
    return bytes(sink.getvalue())


# ---------------------------------------------------------------- columns


def _batch(rows: Sequence[Row], schema: Any) -> Any:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [_column(values, field) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _column(values: Sequence[Any], field: Any) -> Any:
    if field.type != _CATEGORY:
        return _array(values, field.type)
    codes = _CODES[field.name]
    indices = _array([None if v is None else codes[v] for v in values], pa.int8())
    return pa.DictionaryArray.from_arrays(indices, _array(_CATEGORIES[field.name], pa.string()))


def _array(values: Sequence[Any], kind: Any) -> Any:
    """Return an Arrow array.

    From buffers, because ``pyarrow.array`` imports pandas, which is 30 MB in each worker.
    """
    missing = np.fromiter((value is None for value in values), bool, len(values))
    valid = pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing.any() else None
    if pa.types.is_list(kind):
        offsets = _offsets(len(value) for value in values)
        within = _array([one for value in values for one in value], kind.value_type)
        return pa.Array.from_buffers(kind, len(values), [valid, offsets], children=[within])
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        data = [_bytes(value) for value in values]
        offsets = _offsets(map(len, data))
        buffers = [valid, offsets, pa.py_buffer(b"".join(data))]
        return pa.Array.from_buffers(kind, len(values), buffers)
    if pa.types.is_date(kind):
        values = [None if value is None else value.toordinal() - _EPOCH for value in values]
    numbers = np.array([0 if value is None else value for value in values], _NUMPY[kind])
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(numbers)])


def _bytes(value: str | bytes | None) -> bytes:
    # What is not UTF-8 in the name of a file is a lone surrogate.
    return value.encode("utf-8", "backslashreplace") if isinstance(value, str) else value or b""


def _offsets(sizes: Iterable[int]) -> Any:
    ends = np.cumsum([0, *sizes])
    return pa.py_buffer(ends.astype("int32"))


def about_part(path: Any) -> dict[str, Any] | None:
    """Return what the metadata of a part say, or None where it is no part of geomap's."""
    try:
        metadata = parquet.read_metadata(path).metadata or {}
        about: dict[str, Any] = json.loads(metadata[ABOUT])
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    return about
