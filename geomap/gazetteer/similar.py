"""Close spellings of a name: which names of a trie are a few letters away from it."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator

import marisa_trie

#: Names that begin with the same letters are compared, this many of them.
HEAD = 2
#: So many of the closest names are of use to anyone.
_MOST = 200


def close_names(key: str, tries: Iterable[marisa_trie.Trie]) -> list[tuple[str, int]]:
    """Return the names that are spelled like a folded name, with their distance.

    Parameters
    ----------
    key
        A name as `geomap.names.fold` gives it.
    tries
        Of folded names.

    Returns
    -------
    list of tuple of str and int
        Closest first. The distance counts letters left out, added, changed, or swapped with
        the next: at most 1 in a name of four letters or fewer, 2 up to eight, else 3; but 1
        where a difference lies in the first two letters.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if not key:
        return []
    most = 1 if len(key) <= 4 else 2 if len(key) <= 8 else 3
    pool: set[str] = set()
    for trie in tries:
        try:
            pool.update(edit for edit in _edits(key) if edit in trie)
            pool.update(n for n in trie.iterkeys(key[:HEAD]) if abs(len(n) - len(key)) <= most)
        except UnicodeEncodeError:  # a lone surrogate is in no name
            return []
    closest = process.extract(
        key, sorted(pool), scorer=OSA.distance, score_cutoff=most, limit=_MOST
    )
    return [(name, int(distance)) for name, distance, _ in closest]


def distance(key: str, other: str) -> int:
    """Return how many letters lie between two folded names, as `close_names` counts."""
    from rapidfuzz.distance import OSA

    return OSA.distance(key, other)


def heads(key: str) -> set[str]:
    """Return what the names that `close_names` looks at begin with, at `HEAD` letters."""
    return {edit[:HEAD] for edit in _edits(key)} | {key[:HEAD]}


def _edits(key: str) -> Iterator[str]:
    """Yield what is one letter left out, added, changed or swapped away from `key`."""
    letters = _alphabet(key)
    for i in range(len(key) + 1):
        head, tail = key[:i], key[i:]
        yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in letters:
            yield head + letter + tail
            yield head + letter + tail[1:]


def _alphabet(key: str) -> str:
    """Return the letters of the scripts of `key`: those of their blocks of 128 characters."""
    if key.isascii():
        return string.ascii_lowercase + " "
    blocks = {ord(character) & ~0x7F for character in key if character.isalpha()}
    return (
        "".join(c for b in sorted(blocks) for c in map(chr, range(b, b + 128)) if c.islower()) + " "
    )
