"""Counts that can be added up: of parts of a corpus, in any grouping and order.

Confidences are kept as whole ten-thousandths, so that their sums do not depend on the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

#: A confidence of 1.
WHOLE = 10_000
#: Rows that are gathered before they are added up.
_GATHERED = 500_000

_INT, _TEXT, _DAY, _FLOAT = pa.int64(), pa.string(), pa.date32(), pa.float64()
_TYPES = {
    "n_mentions": _INT,
    "n_literal": _INT,
    "n_articles": _INT,
    "n_both": _INT,
    "n_placed": _INT,
    "n_unplaced": _INT,
    "n_repeats": _INT,
    "place_a": pa.uint64(),
    "place_b": pa.uint64(),
    "total": _INT,
    "best": _INT,
    "latitude": _FLOAT,
    "longitude": _FLOAT,
    "period": _DAY,
    "first": _DAY,
    "last": _DAY,
}


class Tally(NamedTuple):
    """How the rows of a table of counts are added up.

    Parameters
    ----------
    keys
        Columns that say what is counted.
    sums, least, most
        Columns of which the sum, the smallest and the largest value is kept.
    once
        Columns that depend on the keys alone: the first row says them.
    """

    keys: tuple[str, ...]
    sums: tuple[str, ...]
    least: tuple[str, ...] = ()
    most: tuple[str, ...] = ()
    once: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The columns, with the types of their values."""
        names = (*self.keys, *self.sums, *self.least, *self.most, *self.once)
        return pa.schema([(name, _TYPES.get(name, _TEXT)) for name in names])

    def add_up(self, table: pa.Table) -> pa.Table:
        """Return the table with the rows of equal keys added up, ordered by their keys."""
        table = table.select(self.schema.names).cast(self.schema)
        table = table.append_column("row", pa.array(np.arange(len(table))))
        found = table.group_by(list(self.keys), use_threads=False).aggregate(
            [
                *((name, "sum") for name in self.sums),
                *((name, "min") for name in (*self.least, "row")),
                *((name, "max") for name in self.most),
            ]
        )
        columns = {name: found[name] for name in self.keys}
        columns |= {name: found[f"{name}_sum"] for name in self.sums}
        columns |= {name: found[f"{name}_min"] for name in self.least}
        columns |= {name: found[f"{name}_max"] for name in self.most}
        columns |= {name: table[name].take(found["row_min"]) for name in self.once}
        added = pa.table(columns).cast(self.schema)
        return added.sort_by([(name, "ascending") for name in self.keys])


_COUNTS = ("n_mentions", "n_articles", "n_both", "total")
#: What is counted of a corpus, by the name of the table.
TALLIES = {
    "places": Tally(
        ("place_id",),
        ("n_mentions", "n_literal", "n_articles", "total"),
        ("first",),
        ("last", "best"),
        (
            *("name", "kind", "feature_code", "country_code", "admin1_code", "admin1_name"),
            *("region_id", "latitude", "longitude"),
        ),
    ),
    "places_over_time": Tally(("place_id", "period", "source", "role"), _COUNTS, (), ("best",)),
    "regions": Tally(
        ("region_id",),
        ("n_mentions", "n_literal", "n_articles", "total"),
        ("first",),
        ("last", "best"),
    ),
    "regions_over_time": Tally(("region_id", "period", "source", "role"), _COUNTS, (), ("best",)),
    "pairs": Tally(("place_a", "place_b", "period"), ("n_articles",)),
    "unplaced": Tally(("text",), ("n_mentions", "n_articles"), (), (), ("reason",)),
    "timeline": Tally(
        ("period", "source"),
        ("n_articles", "n_repeats", "n_mentions", "n_placed", "n_unplaced"),
    ),
}


def hashes(values: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """Return a number for each text, the same on every machine; 0 where it is missing."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    encoded = values.dictionary_encode()
    distinct = np.array(encoded.dictionary.to_pylist(), dtype=object)
    known = np.zeros(len(distinct) + 1, np.uint64)
    if len(distinct):
        known[:-1] = pd.util.hash_array(distinct, categorize=False)
    at = encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
    return np.asarray(known[at])


def codes(values: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Return small numbers that tell equal values, of which none is missing, from others."""
    found = values.combine_chunks().dictionary_encode().indices
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def write_buckets(table: pa.Table, keys: Sequence[str], path: Path, buckets: int) -> None:
    """Write a table with a row group for each bucket that its keys fall into."""
    number = np.zeros(len(table), np.uint64)
    for key in keys if buckets > 1 else ():
        values = table[key]
        of_key = hashes(values) if values.type == pa.string() else values.to_numpy()
        number = number * np.uint64(31) + of_key
    write_cuts(table, number % np.uint64(buckets), path, buckets)


def write_cuts(table: pa.Table, cut: npt.NDArray[np.generic], path: Path, cuts: int) -> None:
    """Write a table with a row group for each of so many cuts, of which `cut` has the number."""
    with pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1) as writer:
        for each in range(cuts):
            writer.write_table(table.filter(pa.array(cut == each)), row_group_size=2**31 - 1)


def read_bucket(paths: Iterable[Path], bucket: int) -> Iterable[pa.Table]:
    """Yield what each file has of a bucket."""
    for path in paths:
        with pq.ParquetFile(path) as file:
            yield file.read_row_group(bucket)


def gather(tally: Tally, tables: Iterable[pa.Table]) -> pa.Table:
    """Add up tables of counts; in memory are the distinct keys and few rows besides."""
    found = tally.schema.empty_table()
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(map(len, waiting)) > _GATHERED:
            found = tally.add_up(pa.concat_tables([found, *waiting]))
            waiting = []
    return tally.add_up(pa.concat_tables([found, *waiting]))


def is_among(values: pa.ChunkedArray, wanted: pa.Array) -> pa.ChunkedArray:
    """Return which values are among those wanted."""
    return pc.is_in(values, value_set=wanted)
