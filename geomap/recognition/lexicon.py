"""What ordinary words and people's names look like: an ordinary-word level and name flags.

The file ``data/lexicon.marisa`` is a trie of words, each with one byte: the two low bits count
how common the word is in lower case (3 most, 0 not a word), the next ones say that it is a first
name or a surname.  :func:`geomap.training.build_lexicon` makes it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import marisa_trie

from geomap.errors import GazetteerError
from geomap.settings import DATA

FIRST_NAME = 4
SURNAME = 8


class Lexicon:
    """Read-only word flags, memory-mapped.

    Parameters
    ----------
    path
        The trie file.

    Raises
    ------
    GazetteerError
        Where the file is missing or is not such a trie.
    """

    def __init__(self, path: Path) -> None:
        trie = marisa_trie.RecordTrie("<B")
        try:
            self._trie = trie.mmap(str(path))
        except (OSError, RuntimeError) as error:
            raise GazetteerError(
                f"{path}: the lexicon cannot be opened ({error}); install geomap again"
            ) from error

    def flags(self, folded: str) -> int:
        """Return the flags of a folded word, 0 for a word that is not listed."""
        records = self._trie.get(folded)
        return records[0][0] if records else 0


@cache
def lexicon() -> Lexicon:
    """Return the lexicon that geomap carries, opened once a process."""
    return Lexicon(DATA / "lexicon.marisa")
