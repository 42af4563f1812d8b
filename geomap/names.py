"""Folding of names: what two spellings of one name have in common.

Names are compared by their folded form, so that "Noven’ke", "NOVEN'KE" and "Novenke" are one
name, as are "Łódź" and "Lodz", "U.S." and "US". Pure functions of the Unicode database.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby, islice

# Dropped without a trace: apostrophes and what is typed or transliterated as one, full stops
# of abbreviations, and the Arabic letter stretcher.
_APOSTROPHES = "'`´‘’‚‛′‵ʹʺʻʼʽʾʿˈˊˋˮ՚׳ꞌ＇"
_DROPPED = _APOSTROPHES + ".·\N{ARABIC TATWEEL}"

# Letters that Unicode does not decompose, as they are written in ASCII. Only the small ones:
# they are looked up after casefolding.
_LETTERS = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th",
    "ħ": "h", "ŧ": "t", "ŋ": "n", "ĸ": "k", "ə": "a", "ɨ": "i", "ɓ": "b", "ɗ": "d", "ɖ": "d",
    "ƙ": "k", "ƴ": "y", "ɛ": "e", "ɔ": "o", "ƒ": "f",
}  # fmt: skip

# Marks that only say how a letter sounds: the Latin, Greek and Cyrillic accents, the Arabic
# vowel signs. The marks of Indic and other scripts are letters in their own right.
_MARKS = [*range(0x0300, 0x0370), *range(0x064B, 0x0660), 0x0670]


class _Table(dict[int, str | None]):
    """A table for `str.translate` that works out each character once, when it is first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category == "Cf":  # soft hyphens, joiners, direction marks
            folded = ""
        elif category[0] in "LMN" or category == "Co":
            folded = character
        else:  # punctuation, symbols, spaces, controls, lone surrogates, unassigned
            folded = " "
        self[code] = folded
        return folded


# No language piles up more marks; what normalises them takes time by the square of their number.
# The limit is that of the Stream-Safe Text Format (Unicode Standard Annex 15).
_MOST_MARKS = 30

_TABLE = _Table({ord(c): "" for c in _DROPPED})
_TABLE.update({ord(letter): ascii_ for letter, ascii_ in _LETTERS.items()})
_TABLE.update(dict.fromkeys(_MARKS, ""))


def fold(name: str) -> str:
    """Return the form under which `name` is compared with others.

    Lower case (full casefolding); accents dropped, also from letters that Unicode does not
    decompose ("Łódź" to "lodz"); every apostrophe and full stop dropped ("U.S." to "us");
    hyphens and other punctuation to a space; spaces single and none at the ends.

    Parameters
    ----------
    name
        Any string, lone surrogates included.

    Returns
    -------
    str
        The folded name; empty where nothing but punctuation was given. Folding it again
        changes nothing.
    """
    if name.isascii():
        return " ".join(name.lower().translate(_TABLE).split())
    folded = _fold_once(name)
    while (again := _fold_once(folded)) != folded:  # a character may appear only by composing
        folded = again
    return folded


def _fold_once(name: str) -> str:
    name = name.translate(_SPACING)
    if len(name) > _MOST_MARKS:
        name = _stream_safe(name)
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    bare = unicodedata.normalize("NFKD", decomposed).translate(_TABLE)
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def _stream_safe(name: str) -> str:
    """Drop the marks on one letter beyond `_MOST_MARKS`."""
    return "".join(
        "".join(islice(run, _MOST_MARKS) if is_mark else run)
        for is_mark, run in groupby(name, lambda c: unicodedata.combining(c) > 0)
    )


# Accents typed as apostrophes that would decompose to a space and a mark.
_SPACING = {ord(c): "" for c in _DROPPED if unicodedata.normalize("NFKD", c)[0] == " "}

_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "з": "z", "и": "i", "й": "j",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ф": "f", "х": "kh", "ц": "c", "ч": "ch", "ш": "sh", "щ": "shh", "ъ": "",
    "ы": "y", "ь": "'", "э": "eh", "ю": "ju", "я": "ja", "ё": "jo", "і": "i", "ї": "ji",
    "є": "je", "ґ": "g", "ж": "zh", "ђ": "dj", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c",
    "џ": "dz",
}  # fmt: skip
_CYRILLIC_TABLE = {ord(letter): latin for letter, latin in _CYRILLIC.items()}


def transliterate(name: str) -> str:
    """Return a Cyrillic name in Latin letters as GeoNames transliterates it.

    Parameters
    ----------
    name
        Any string.

    Returns
    -------
    str
        In small letters ("Новеньке" to "noven'ke"); a name without Cyrillic as it is.
    """
    small = name.lower()
    latin = small.translate(_CYRILLIC_TABLE)
    return name if latin == small else latin
