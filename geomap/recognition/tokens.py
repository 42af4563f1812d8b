"""Splits text into tokens with offsets, and tokens into sentences and runs of capitals."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from geomap.names import fold
from geomap.sentences import sentences
from geomap.wordlists import words

APOSTROPHES = "'’ʼ′`‘"

#: Abbreviations whose stop belongs to them: "St." and "Calif." are one token, "war." is two.
STOPPED = words(
    """
    St Ste Ft Mt Mts Pt Ave Blvd Rd Dr Hwy Rte Sq Twp Co Bros Inc Corp Ltd Mr Mrs Ms Gen Col Lt Sgt
    Capt Maj Sen Rep Gov Pres Rev Hon Prof Jr Sr Ala Alas Ariz Ark Calif Colo Conn Del Fla Ga Ill
    Ind Kan Kans Ky La Md Mass Mich Minn Miss Mo Mont Neb Nebr Nev Okla Ore Pa Penn Phila Tenn Tex
    Va Vt Wash Wis Wyo Ont Que Alta Sask Man Nfld
    """
)

_WORD = re.compile(
    r"[A-Za-z]++(?=\s)"  # most words; the same as below, but faster
    r"|(?:[^\W\d_]\.){2,}"  # U.S., D.C.
    r"|[A-Z][a-z]?\.(?:[A-Z][a-z]?\.)+"  # W.Va., Ph.D.
    rf"|[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)*\.?"  # words, Noven'ke, St.
    r"|\d+(?:[.,]\d+)*(?:st|nd|rd|th)?"
    r"|[^\W_]+"
    r"|\S"
)
#: Words remembered at most; beyond that the memory starts afresh, so that a long run stays small.
_MEMORY = 50_000

_POSSESSIVE = re.compile(rf"[{APOSTROPHES}][sS]$")


@dataclass(slots=True, frozen=True)
class Token:
    """A word, number or punctuation mark; one object stands for it wherever it occurs."""

    text: str
    folded: str
    lower: str
    capital: bool  # begins with a capital letter

    @classmethod
    def of(cls, text: str) -> Token:
        """Make the token of a text."""
        return cls(text, fold(text), text.lower(), text[0].isupper())


class Line(list[Token]):
    """The tokens of a sentence, and where in the article each begins and ends."""

    __slots__ = ("ends", "starts")

    def __init__(
        self, tokens: Iterable[Token] = (), starts: Iterable[int] = (), ends: Iterable[int] = ()
    ) -> None:
        super().__init__(tokens)
        self.starts = list(starts)
        self.ends = list(ends)


def tokenize(text: str) -> list[Line]:
    """Split `text` into sentences of tokens.

    Possessive endings and punctuation are tokens of their own; the stop of an abbreviation
    belongs to it.  White space belongs to no token.
    """
    return [line for start, end in sentences(text) if (line := _line(text, start, end))]


def _line(text: str, start: int, end: int) -> Line:
    line = Line()
    starts, ends = line.starts, line.ends
    at = start
    for word in _WORD.findall(text, start, end):
        at = text.index(word, at)  # only white space lies between
        parts = _PARTS[word]
        if len(parts) == 1:
            line.append(parts[0][0])
            starts.append(at)
            at += len(word)
            ends.append(at)
            continue
        for token, first, last in parts:
            line.append(token)
            starts.append(at + first)
            ends.append(at + last)
        at += len(word)
    return line


class _Parts(dict[str, tuple[tuple[Token, int, int], ...]]):
    """The tokens that a word falls into, and where in it; worked out when it is first met."""

    def __missing__(self, word: str) -> tuple[tuple[Token, int, int], ...]:
        if len(self) >= _MEMORY:
            self.clear()
        parts = self[word] = tuple(
            (Token.of(part), first, first + len(part)) for part, first in _split(word)
        )
        return parts


_PARTS = _Parts()


def _split(word: str) -> Iterator[tuple[str, int]]:
    """Take the possessive ending and the full stop that is no abbreviation's off a word."""
    end = len(word)
    if end == 1 or not word[0].isalpha():
        yield word, 0
        return
    if word[-1] == "." and "." not in word[:-1] and word[:-1] not in STOPPED:
        end -= 1
    ending = _POSSESSIVE.search(word, 0, end) if end > 2 else None
    if ending:
        yield word[: ending.start()], 0
    stem = ending.start() if ending else 0
    yield word[stem:end], stem
    if end < len(word):
        yield ".", end


def tokens_of(lines: Iterable[Line], start: int, end: int) -> tuple[Line, int, int] | None:
    """Find the tokens that a span of characters touches: their sentence, first and last + 1."""
    for line in lines:
        first, last = bisect_right(line.ends, start), bisect_left(line.starts, end)
        if first < last:
            return line, first, last
    return None
