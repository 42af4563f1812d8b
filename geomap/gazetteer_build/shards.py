"""The names that were sorted into a shard -> its trie and its postings."""

from __future__ import annotations

import hashlib
from pathlib import Path

import marisa_trie
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geomap.gazetteer.base import POSTING_WEIGHTS
from geomap.gazetteer.geonames import TYPE_MASK
from geomap.gazetteer_build.rows import SPILLED, pack_language

_POSTING = np.dtype([("place", "<u4"), ("language", "<u2"), ("bits", "<u2")])
_WEIGHTS = np.array(POSTING_WEIGHTS)


def finish_shard(folder: Path, shard: int, languages: list[str]) -> tuple[int, str]:
    """Write ``names-NN.marisa`` and ``postings-NN.part``.

    Parameters
    ----------
    folder
        Where the shard's spilled names lie, and ``ids.npy`` and ``prominence.npy`` of all places
        in their order.
    shard
        Its number.
    languages
        All languages, whose numbers are their indices; the first is "".

    Returns
    -------
    tuple of int and str
        How many names there are, and the trie's SHA-256.
    """
    names: list[str] = []
    parts = []
    for path in sorted(folder.glob(f"shard-{shard:02}-*.names")):
        names += path.read_bytes().decode().split("\n")[:-1]
        parts.append(np.fromfile(path.with_suffix(".bin"), SPILLED))
        path.unlink()
        path.with_suffix(".bin").unlink()
    spilled = np.concatenate(parts) if parts else np.empty(0, SPILLED)
    coded = pa.array(names, pa.string()).dictionary_encode()
    del names, parts
    different = coded.dictionary.to_pylist()
    trie = marisa_trie.Trie(different, num_tries=5)
    trie.save(str(folder / f"names-{shard:02}.marisa"))
    numbers = np.fromiter(map(trie.__getitem__, different), np.uint32, len(different))
    numbers = numbers[coded.indices.to_numpy()]
    n_names = len(trie)
    del different, coded, trie
    starts, postings = _sort(folder, numbers, n_names, spilled, languages)
    with (folder / f"postings-{shard:02}.part").open("wb") as file:
        file.write(starts.tobytes())
        file.write(postings.tobytes())
    with (folder / f"names-{shard:02}.marisa").open("rb") as file:
        return n_names, hashlib.file_digest(file, "sha256").hexdigest()


def _sort(
    folder: Path,
    names: npt.NDArray[np.uint32],
    n_names: int,
    spilled: npt.NDArray[np.void],
    languages: list[str],
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.void]]:
    """Return where each name's postings start, and these: one a place, the likeliest first."""
    ids = np.load(folder / "ids.npy", mmap_mode="r")
    places = np.searchsorted(ids, spilled["geonames_id"]).astype(np.uint32)
    packed = np.array([pack_language(code) for code in languages], np.uint64)
    by_code = np.argsort(packed)
    language = by_code[np.searchsorted(packed[by_code], spilled["language"])].astype(np.uint16)
    bits = spilled["bits"]
    weights = _WEIGHTS[bits & TYPE_MASK]
    # The likeliest type of a name that a place bears as several; of equals the one whose
    # language is known, English before the others, which are in the order of the alphabet.
    order = np.lexsort(((language - 1).astype(np.uint16), -weights, places, names))
    names, places, bits, language = names[order], places[order], bits[order], language[order]
    first = np.ones(len(names), bool)
    first[1:] = (names[1:] != names[:-1]) | (places[1:] != places[:-1])
    # The main table does not say of which language a name is, so the next of the same name does.
    heads = np.flatnonzero(first)
    after = np.minimum(heads + 1, len(names) - 1)
    unsaid = (language[heads] == 0) & ~first[after]
    names, places, bits = names[heads], places[heads], bits[heads]
    language = np.where(unsaid, language[after], language[heads])

    scores = np.load(folder / "prominence.npy", mmap_mode="r")[places] * _WEIGHTS[bits & TYPE_MASK]
    order = np.lexsort((places, -scores, names))
    postings = np.empty(len(order), _POSTING)
    postings["place"], postings["bits"] = places[order], bits[order]
    postings["language"] = language[order]
    starts = np.searchsorted(names[order], np.arange(n_names + 1)).astype("<u4")
    return starts, postings
