"""Splits text into tokens with offsets, and tokens into sentences and runs of capitals."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
            if word[-1] == "." and "." not in word[:-1] and word[:-1] not in STOPPED:
                tokens.extend(_split_possessive(word[:-1], at))
                tokens.append(Token(".", found.end() - 1, found.end(), ""))
                continue
            tokens.extend(_split_possessive(word, at))
        else:
            tokens.append(Token(word, at, found.end(), fold(word)))
    return tokens


def _split_possessive(word: str, at: int) -> list[Token]:
    ending = _POSSESSIVE.search(word)
    if not ending or ending.start() == 0:
        return [Token(word, at, at + len(word), fold(word))]
    stem = word[: ending.start()]
    return [
        Token(stem, at, at + len(stem), fold(stem)),
        Token(ending.group(), at + len(stem), at + len(word), "s"),
    ]


def tokens_of(
    lines: Sequence[Sequence[Token]], start: int, end: int
) -> tuple[Sequence[Token], int, int] | None:
    """Find the tokens that a span of characters touches: their sentence, first and last + 1."""
    for line in lines:
        inside = [k for k, token in enumerate(line) if token.start < end and token.end > start]
        if inside:
            return line, inside[0], inside[-1] + 1
    return None
