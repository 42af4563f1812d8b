"""Which names of the sources a text may have, and which are written in two ways."""

from __future__ import annotations

import re

#: Countries in whose settlements' names a Latin transliteration of Cyrillic may be in use.
WRITES_CYRILLIC = frozenset(re.findall("..", "AMAZBABGBYGEKGKZMDMEMKMNRSRUTJTMUAUZXK"))

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
