"""Which names of the sources a text may have, and which are written in two ways."""

from __future__ import annotations

import re
import unicodedata

#: Countries in whose settlements' names a Latin transliteration of Cyrillic may be in use.
WRITES_CYRILLIC = frozenset(re.findall("..", "AMAZBABGBYGEKGKZMDMEMKMNRSRUTJTMUAUZXK"))

#: Scripts, as Unicode calls them, and the countries that write in them beside Latin letters.
_SCRIPTS = {
    script: frozenset(re.findall("..", codes))
    for script, codes in {
        "CYRILLIC": "".join(sorted(WRITES_CYRILLIC)),
        "ARABIC": "AEAFBHCNDJDZEGEHERILINIQIRJOKMKWLBLYMAMROMPKPSQASASDSOSYTDTNYE",
        "HEBREW": "ILPS", "GREEK": "CYGR", "ARMENIAN": "AM", "GEORGIAN": "GE",
        "CJK": "CNHKJPKRMOMYSGTW", "HIRAGANA": "JP", "KATAKANA": "JP", "HANGUL": "CNKPKR",
        "BOPOMOFO": "TW", "TIBETAN": "BTCNIN", "YI": "CN", "MONGOLIAN": "CNMN",
        "DEVANAGARI": "INNP", "BENGALI": "BDIN", "GURMUKHI": "IN", "GUJARATI": "IN", "ORIYA": "IN",
        "TAMIL": "INLKMYSG", "TELUGU": "IN", "KANNADA": "IN", "MALAYALAM": "IN", "OL": "IN",
        "MEETEI": "IN", "SINHALA": "LK", "THAANA": "MV", "THAI": "TH", "LAO": "LA",
        "KHMER": "KH", "MYANMAR": "MM", "ETHIOPIC": "ERET", "TIFINAGH": "DZLYMA", "NKO": "GNML",
    }.items()
}  # fmt: skip

#: First words that are written both ways.
SHORT_AND_LONG = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
SHORT_AND_LONG |= {long: short for short, long in SHORT_AND_LONG.items()}

_NO_NAME = re.compile(r"https?:|[\[\]()]|  |^[A-Z]{3}$")
_SMALL = re.compile("[a-z]")


def is_name(alternate: str) -> bool:
    """Whether an alternate name of the source is one that a text may have.

    Not so are airports' codes, links, sounds in brackets, lists, and the machine's own
    transliterations of other scripts, which have no capital ("shirubasupuringu").
    """
    if len(alternate) > 100 or _NO_NAME.search(alternate):
        return False
    if alternate.isascii() and len(alternate) < 3:
        return False
    return not (alternate == alternate.lower() and _SMALL.search(alternate))


def is_in_own_script(name: str, country: str) -> bool:
    """Whether a name is in Latin letters or in a script that its country writes."""
    for character in name:
        if character.isalpha():
            script = unicodedata.name(character, "LATIN").partition(" ")[0]
            return script == "LATIN" or country in _SCRIPTS.get(script, ())
    return True
