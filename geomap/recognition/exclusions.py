"""Names that look like a place's and are a newspaper's or a ship's."""

from __future__ import annotations

from collections.abc import Sequence

from geomap.recognition.tokens import Token
from geomap.wordlists import MEDIA, SHIPS


def names_no_place(line: Sequence[Token], start: int, end: int) -> bool:
    """Say whether the name ``line[start:end]`` belongs to a newspaper or a ship."""
    return _names_a_paper(line, start, end) or _names_a_ship(line, start, end)


def _names_a_paper(line: Sequence[Token], start: int, end: int) -> bool:
    """Find "Washington Post" and "Times of India"."""
    after = end
    while after < len(line) and line[after].capital:
        after += 1
    if after > end and line[after - 1].folded in MEDIA:
        return True
    if start < 2 or line[start - 1].folded != "of":
        return False
    return line[start - 2].capital and line[start - 2].folded in MEDIA


def _names_a_ship(line: Sequence[Token], start: int, end: int) -> bool:
    """Find "HMS Belfast", "the submarine Kursk" and "the Kursk, a submarine"."""
    before = line[start - 1].folded if start else ""
    if before in SHIPS:
        return True
    apposition = [token.folded for token in line[end : end + 6]]
    if before != "the" or len(apposition) < 3 or line[end].text != ",":
        return False
    return apposition[1] in ("a", "an", "the") and not SHIPS.isdisjoint(apposition[2:])
