"""Which names of the sources a text may have, and which are written in two ways."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from geomap.names import fold, transliterate

#: Countries in whose settlements' names a Latin transliteration of Cyrillic may be in use.
WRITES_CYRILLIC = frozenset(re.findall("..", "AMAZBABGBYGEKGKZMDMEMKMNRSRUTJTMUAUZXK"))

#: Countries that write Arabic, whose names begin with an article that English often leaves out.
WRITES_ARABIC = frozenset(re.findall("..", "AEBHDJDZEGERILIQJOKMKWLBLYMAMROMPSQASASDSOSYTDTNYE"))

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
_ARTICLE = re.compile(r"(?:A[ltnrsdz]|A[sdt]h|El)[ -](?=[^\W\d_]{4})")


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


def romanised(name: str, alternates: Iterable[str]) -> set[str]:
    """Return the folded names that were made from a Cyrillic one: "Noksvil" for Knoxville.

    Not those that are Latin letters' own: "Matías Romero" comes out of "Матиас-Ромеро" too, and
    a part of the name itself ("Grafing" of "Grafing bei München") is what people say.
    """
    alternates = list(alternates)
    made = {fold(latin) for a in alternates if (latin := transliterate(a)) != a}
    return {
        folded
        for folded in made.difference(
            fold(a) for a in alternates if not a.isascii() and transliterate(a) == a
        )
        if f" {folded} " not in f" {fold(name)} "
    }


def without_article(name: str) -> str | None:
    """Return an Arabic name as English often has it: "Qamishli" for "Al-Qamishli"; else None."""
    article = _ARTICLE.match(name)
    return name[article.end() :] if article and name[article.end()].isupper() else None
