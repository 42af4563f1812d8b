"""Splits text into tokens with offsets, and tokens into sentences and runs of capitals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

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

_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # U.S., D.C.
    r"|[A-Z][a-z]?\.(?:[A-Z][a-z]?\.)+"  # W.Va., Ph.D.
    rf"|[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)*\.?"  # words, Noven'ke, St.
    r"|\d+(?:[.,]\d+)*(?:st|nd|rd|th)?"
    r"|[^\W_]+"
    r"|\S"
)
_POSSESSIVE = re.compile(rf"[{APOSTROPHES}][sS]$")


@dataclass(slots=True)
class Token:
    """A word, number or punctuation mark: ``article.text[start:end] == text``."""

    text: str
    start: int
    end: int
    folded: str
    capital: bool  # begins with a capital letter


def tokenize(text: str) -> list[list[Token]]:
    """Split `text` into sentences of tokens.

    Possessive endings and punctuation are tokens of their own; the stop of an abbreviation
    belongs to it.  White space belongs to no token.
    """
    return [line for start, end in sentences(text) if (line := _line(text, start, end))]


def _line(text: str, start: int, end: int) -> list[Token]:
    tokens: list[Token] = []
    for found in _TOKEN.finditer(text, start, end):
        word, at = found.group(), found.start()
        if len(word) > 1 and word[0].isalpha():
            stop = word[-1] == "." and "." not in word[:-1] and word[:-1] not in STOPPED
            if stop:
                word = word[:-1]
            ending = _POSSESSIVE.search(word) if word[-1] in "sS" and len(word) > 2 else None
            if ending:
                stem = at + ending.start()
                tokens.append(_token(word[: ending.start()], at))
                tokens.append(Token(ending.group(), stem, at + len(word), "s", False))
            else:
                tokens.append(_token(word, at))
            if stop:
                tokens.append(Token(".", found.end() - 1, found.end(), "", False))
        else:
            tokens.append(_token(word, at))
    return tokens


def _token(word: str, at: int) -> Token:
    return Token(word, at, at + len(word), _folded(word), word[0].isupper())


@lru_cache(maxsize=100_000)
def _folded(word: str) -> str:
    return fold(word)


def tokens_of(
    lines: Sequence[Sequence[Token]], start: int, end: int
) -> tuple[Sequence[Token], int, int] | None:
    """Find the tokens that a span of characters touches: their sentence, first and last + 1."""
    for line in lines:
        inside = [k for k, token in enumerate(line) if token.start < end and token.end > start]
        if inside:
            return line, inside[0], inside[-1] + 1
    return None
