"""Which sentences are kept as evidence: of each place at most 20, and always the same ones.

Sentences are told apart by their text, so that a story in fifty papers is one. A sentence that
says where something is or happens goes before one that only names the place, and what is sure
before what is not; within that they take turns by month, so that they spread over the time that the
corpus covers, and a hash of the place and the sentence decides among equals. The best of parts are
found among the best of each, so this too can be done part by part.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geomap.corpus.tallies import codes, hashes

#: Sentences kept of a place; how many of them may say where something is or happens before it is
#: the turn of those that only name it.
MOST, LITERAL = 20, 16
#: From this confidence on a mention counts as sure.
SURE = 0.7

#: What of a mention decides, and where it is found again.
SCHEMA = pa.schema(
    [
        ("place_id", pa.string()),
        ("literal", pa.bool_()),
        ("period", pa.date32()),
        ("unsure", pa.bool_()),
        ("lot", pa.uint64()),
        ("published", pa.date32()),
        ("part", pa.string()),
        ("row", pa.int64()),
    ]
)

_GROUP, _WHERE = ("place_id", "literal", "period"), ("published", "part", "row")


def lots(place_ids: pa.ChunkedArray, sentences: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """Return the hash of place and sentence that decides among equals."""
    mixed = hashes(place_ids) * np.uint64(0x9E3779B97F4A7C15) ^ hashes(sentences)
    mixed ^= mixed >> np.uint64(31)
    return mixed * np.uint64(0xBF58476D1CE4E5B9)


def best(candidates: pa.Table) -> pa.Table:
    """Leave of each place, role and month the best, and each sentence once."""
    table = _sorted(candidates, *_GROUP, "lot", "unsure", *_WHERE)
    table = table.filter(pa.array(_is_new(*_groups(table), table["lot"].to_numpy())))
    table = _sorted(table, *_GROUP, "unsure", "lot")
    return table.filter(pa.array(_turn(*_groups(table)) < MOST))


def chosen(candidates: pa.Table) -> pa.Table:
    """Return the sentences of each place, the best first: ``rank``, and where they are found."""
    table = _sorted(best(candidates), "place_id", "lot", *_WHERE)
    table = table.filter(pa.array(_is_new(codes(table["place_id"]), table["lot"].to_numpy())))
    table = _sorted(table, *_GROUP, "unsure", "lot")
    place, literal, month = _groups(table)
    turn = _turn(place, literal, month)
    unsure, lot = table["unsure"].to_numpy().astype(np.int64), table["lot"].to_numpy()
    order = np.lexsort((lot, unsure, turn, literal, place))
    place, literal = place[order], literal[order]
    at = _turn(place, literal)
    stage = np.where(literal == 0, 1, np.where(at < LITERAL, 0, 2))
    again = np.lexsort((at, stage, place))
    rank = _turn(place[again])
    kept = rank < MOST
    rows = order[again][kept]
    found = table.take(pa.array(rows)).select(["place_id", "part", "row"])
    return found.append_column("rank", pa.array(rank[kept]))


def _sorted(table: pa.Table, *columns: str) -> pa.Table:
    return table.sort_by([(name, "ascending") for name in columns])


def _groups(table: pa.Table) -> tuple[npt.NDArray[np.int64], ...]:
    """Return place, role and month of each row, as numbers."""
    months = table["period"].cast(pa.int32()).fill_null(-1)
    literal = np.asarray(table["literal"].to_numpy(), dtype=np.int64)
    return codes(table["place_id"]), literal, codes(months)


def _is_new(*columns: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Say of each row whether it differs from the one before."""
    new = np.zeros(len(columns[0]), bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new


def _turn(*columns: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Return the number of each row in its run of equal values, from 0."""
    new = _is_new(*columns)
    rows = np.arange(len(new))
    return rows - np.maximum.accumulate(np.where(new, rows, 0)) if len(new) else rows
