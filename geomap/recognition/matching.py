"""For languages that the models do not know: well-known names as the gazetteer spells them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import groupby

from geomap.names import fold
from geomap.recognition.features import MAX_NAME_TOKENS, NameSource
from geomap.recognition.tokens import APOSTROPHES
from geomap.records import Article, Toponym

#: How sure this is that a match is a place name: not very.
SCORE = 0.3
#: Least prominence (`Candidate.score`) of a name's bearer: settlements of 100,000 or so.
PROMINENCE = 0.55

#: A script without spaces: its letters' names in Unicode begin so.  Korean puts spaces between
#: words, but hangs what other languages have prepositions for onto them.
_SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")
_MAX_CHARACTERS = 12
_GLUE = frozenset(" -" + APOSTROPHES)

Span = tuple[int, int]


class MatchingRecognizer:
    """Finds names that the gazetteer knows as those of well-known places, in any language.

    Nothing is learned: a name is found where it stands as the gazetteer has it, so not where it is
    inflected, and its role is not known; it passes for ``literal``.  In scripts with capitals a
    name begins with one, and a word that the text also has in small letters is none; in scripts
    with spaces names are whole words.

    Parameters
    ----------
    gazetteer
        Where names are looked up.
    """

    def __init__(self, gazetteer: NameSource) -> None:
        self._gazetteer = gazetteer

    def recognize(self, article: Article) -> list[Toponym]:
        """Return the toponyms of `article` in the order of the text; may be empty."""
        text = article.text
        words = _words(text)
        small = {word for start, end in words if (word := text[start:end]).islower()}
        found, at = [], 0
        for i, (start, end) in enumerate(words):
            spans: Iterator[Span]
            if unicodedata.name(text[start], "").startswith(_SPACELESS):
                spans = self._within(text, start, end)
            elif start < at or text[start].islower() or text[start:end].lower() in small:
                continue
            else:
                spans = self._longest(text, words[i : i + MAX_NAME_TOKENS])
            for first, at in spans:
                found.append(Toponym(text[first:at], first, at, score=SCORE))
        return found

    def _longest(self, text: str, words: list[Span]) -> Iterator[Span]:
        """Find the longest name that begins with the first of some words."""
        start, end = words[0]
        ends = [end]
        for following, end in words[1:]:
            if following - ends[-1] != 1 or text[ends[-1]] not in _GLUE:
                break
            ends.append(end)
        for count in range(len(ends), 0, -1):
            last = text[words[count - 1][0] : ends[count - 1]]
            if not last.islower() and self._known(text[start : ends[count - 1]], 3):
                yield start, ends[count - 1]
                return

    def _within(self, text: str, start: int, end: int) -> Iterator[Span]:
        """Find names in a run of letters, the longest first from the left."""
        while start < end:
            for stop in range(min(start + _MAX_CHARACTERS, end), start + 1, -1):
                if self._known(text[start:stop], 2):
                    yield start, stop
                    start = stop
                    break
            else:
                start += 1

    def _known(self, name: str, least: int) -> bool:
        if len(fold(name)) < least:
            return False
        found = self._gazetteer.lookup(name, limit=1)
        return (
            bool(found)
            and found[0].score >= PROMINENCE
            and found[0].name_type in ("canonical", "variant", "historical")
        )


def _words(text: str) -> list[Span]:
    """Return the runs of letters, marks and digits."""
    spans, at = [], 0
    for inside, group in groupby(text, lambda c: unicodedata.category(c)[0] in "LMN"):
        length = len(list(group))
        if inside:
            spans.append((at, at + length))
        at += length
    return spans
