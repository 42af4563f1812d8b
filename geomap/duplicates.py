"""Near-duplicates: the same story in many papers, with another headline or some paragraphs less.

Each article has a MinHash signature (Broder 1997) of its phrases of three words. Signatures that
agree in one of `BANDS` bands are compared (locality-sensitive hashing; Leskovec, Rajaraman and
Ullman, *Mining of Massive Datasets*, chapter 3), and those that share at least `SIMILAR` of their
phrases are of one group. No text is needed for it, and of the signatures of a corpus only one band
is in memory at a time.
"""

from __future__ import annotations

import re
import tempfile
import zlib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from geomap.errors import InputError, UsageError
from geomap.writing import replacing

Numbers = npt.NDArray[np.int64]

#: Words of a phrase; numbers of a signature; bands that they are cut into.
WORDS, NUMBERS, BANDS = 3, 128, 32
#: Articles that share this part of their phrases are near-duplicates.
SIMILAR = 0.5
#: A text of fewer phrases is too short to say; of a longer one no more characters are read.
LEAST, MOST = 10, 1_000_000

_ROWS = 20_000  # pairs of signatures that are compared at once
_ROUNDS = 8  # stories that one value of a band may stand for
#: In scripts that do not part words by spaces every character is taken for one.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|\w+")


def signature(text: str) -> bytes:
    """Return the MinHash signature of a text: 512 bytes, or none if the text is too short.

    It depends on the text alone and is the same on every machine.

    Raises
    ------
    UsageError
        The package datasketch is not installed.
    """
    try:
        from datasketch import MinHash
    except ImportError:
        raise UsageError(
            "near-duplicates need the package datasketch: pip install 'geomap[corpora]'"
        ) from None
    words = _WORD.findall(text[:MOST].casefold())
    phrases = {" ".join(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1)}
    if len(phrases) < LEAST:
        return b""
    # A lone surrogate has no UTF-8 of its own.
    encoded = [phrase.encode("utf-8", "replace") for phrase in sorted(phrases)]
    hashed = MinHash(num_perm=NUMBERS, seed=1, hashfunc=zlib.crc32)
    hashed.update_batch(encoded)
    return bytes(hashed.digest().astype("<u4").tobytes())


def similarity(one: bytes, other: bytes) -> float:
    """Return which part of their phrases two texts share, by their signatures; 0 to 1."""
    if not one or not other:
        return 0.0
    return float(np.mean(np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")))


def find(dataset: str | Path) -> dict[str, int]:
    """Group the near-duplicates of a dataset of articles; write ``duplicates.parquet`` in it.

    That has a row for each article that is not alone: ``article_id``; ``group``, the smallest id
    of those that tell the same story; ``is_first``, true for the one of them that was published
    first. There is a row group for each file of articles, in the order of the files.

    Parameters
    ----------
    dataset
        The folder that ``geomap parse --dedupe -o FOLDER`` wrote.

    Returns
    -------
    dict
        How many ``articles`` there are, how many ``groups``, and how many ``repeats``: articles
        that repeat another one.

    Raises
    ------
    InputError
        The dataset has no signatures.
    OutputError
        The table cannot be written.
    """
    folder = Path(dataset)
    files = sorted((folder / "articles").glob("*.parquet"))
    with tempfile.TemporaryDirectory(prefix=".geomap-", dir=folder) as temporary:
        total, rows, signatures = _collect(files, Path(temporary, "signatures"))
        labels = _label(signatures)
        del signatures  # closes the file before its folder goes
    return _write(files, folder / "duplicates.parquet", total, rows, labels)


def _collect(files: Iterable[Path], path: Path) -> tuple[int, Numbers, Any]:
    """Put all signatures into one file; return the number of articles, whose they are, and it."""
    total = 0
    rows = []
    with path.open("wb") as out:
        for file in files:
            if "signature" not in pq.read_schema(file).names:
                raise InputError(f"{file}: has no signatures; parse the corpus with --dedupe")
            column = pq.read_table(file, columns=["signature"])["signature"].to_pylist()
            for i, each in enumerate(column):
                if each:
                    rows.append(total + i)
                    out.write(each)
            total += len(column)
    if not rows:
        return total, np.zeros(0, np.int64), np.zeros((0, NUMBERS), "<u4")
    signatures = np.memmap(path, "<u4", "r", shape=(len(rows), NUMBERS))
    return total, np.array(rows, np.int64), signatures


def _label(signatures: Any) -> Numbers:
    """Return a number for each signature, the same for those of one group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(signatures)
    labels: Numbers = np.arange(count)
    links = np.zeros((0, 2), np.int64)
    width = NUMBERS // BANDS
    for band in range(BANDS if count else 0):
        keys = np.ascontiguousarray(signatures[:, band * width : (band + 1) * width])
        found = _similar(signatures, keys.view(f"V{4 * width}").ravel(), labels)
        if len(found):
            links = np.concatenate([links, found])
            graph = coo_array((np.ones(len(links), bool), tuple(links.T)), (count, count))
            labels = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def _similar(signatures: Any, keys: Any, labels: Numbers) -> Numbers:
    """Return pairs of rows that are alike and have equal keys and different labels."""
    _, bucket = np.unique(keys, return_inverse=True)
    order = np.argsort(bucket, kind="stable")
    rows = order[np.bincount(bucket)[bucket[order]] > 1]
    found = [np.zeros((0, 2), np.int64)]
    for _ in range(_ROUNDS):
        # Each is compared with the first of its bucket; those that differ, with the next first.
        starts = np.flatnonzero(np.r_[True, bucket[rows][1:] != bucket[rows][:-1]])
        if len(starts) >= len(rows):
            break
        firsts = np.repeat(rows[starts], np.diff(np.r_[starts, len(rows)]))
        left = labels[rows] != labels[firsts]
        pairs = np.stack([firsts[left], rows[left]], axis=1)
        alike = _are_alike(signatures, pairs)
        found.append(pairs[alike])
        left[left] = ~alike
        rows = rows[left]
    return np.concatenate(found)


def _are_alike(signatures: Any, pairs: Numbers) -> npt.NDArray[np.bool_]:
    alike = np.zeros(len(pairs), bool)
    for at in range(0, len(pairs), _ROWS):
        some = slice(at, at + _ROWS)
        first, second = pairs[some].T
        alike[some] = (signatures[first] == signatures[second]).mean(axis=1) >= SIMILAR
    return alike


def _write(
    files: list[Path], path: Path, total: int, rows: Numbers, labels: Numbers
) -> dict[str, int]:
    """Name each group of two and more by its smallest id, and write who is in one."""
    members = np.bincount(labels) if len(labels) else labels
    kept = members[labels] > 1
    rows, labels = rows[kept], labels[kept]
    ids: list[str] = []
    days: list[Any] = []
    cuts = [0]  # where in `rows` each file begins
    start = 0
    for file in files:
        table = pq.read_table(file, columns=["article_id", "published"])
        mine = rows[(rows >= start) & (rows < start + len(table))] - start
        ids += table["article_id"].take(mine).to_pylist()
        days += table["published"].take(mine).to_pylist()
        cuts.append(len(ids))
        start += len(table)
    groups: dict[int, str] = {}
    firsts: dict[int, tuple[bool, Any, str]] = {}
    for label, article_id, day in zip(labels.tolist(), ids, days, strict=True):
        groups[label] = min(groups.get(label, article_id), article_id)
        # What has no date is no evidence of having been first.
        age = (day is None, day, article_id)
        firsts[label] = min(firsts.get(label, age), age)
    schema = pa.schema(
        [("article_id", pa.string()), ("group", pa.string()), ("is_first", pa.bool_())]
    )
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for begin, end in pairwise(cuts):
            mine = labels[begin:end].tolist()
            columns = {
                "article_id": ids[begin:end],
                "group": [groups[label] for label in mine],
                "is_first": [
                    firsts[label][2] == each
                    for label, each in zip(mine, ids[begin:end], strict=True)
                ],
            }
            writer.write_table(pa.table(columns, schema=schema), row_group_size=max(1, end - begin))
    return {"articles": total, "groups": len(groups), "repeats": len(ids) - len(groups)}
