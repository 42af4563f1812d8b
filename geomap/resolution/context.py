"""What the text around a name says about the place: kind cues, containment, lists.

Pure functions of the article's text and the spans of its toponyms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from geomap.records import Toponym

_GAP = 80  # characters between two names that can still be one phrase
_CUE = 30  # characters beside a name in which a cue must stand

_AFTER = {
    "region": "regions?|oblasts?|provinces?|states?|governorates?|prefectures?|cantons?|krais?"
    "|voivodeships?|peoples['’] republic",
    "office": "(?:(?:lieutenant|lt\\.|deputy|former|acting) )?(?:gov\\.|governors?)|legislature"
    "|legislators?|lawmakers|general assembly|attorney general|secretary of state|supreme court"
    "|house of representatives|senate|senators?|sen\\.",
    "county": "county|counties|co\\.|parish|districts?|raion|borough",
    "settlement": "city|town|village|municipality|hamlet|settlement|suburb",
    "natural": "river|lake|sea|ocean|gulf|bay|strait|mountains?|island|islands|peninsula|valley"
    "|desert|coast|basin|forest|hills?",
    "facility": "airport|prison|jail|dam|bridge|stadium|base|station|university|hospital|plant"
    "|airfield|port",
}
_BEFORE = {
    "office": "(?:gov\\.|governor|senator|legislature)\\s+of",
    "region": "(?:state|province|region|republic|oblast|governorate)\\s+of",
    "settlement": "(?:(?:city|cities|towns?|villages?|hamlets?|settlements?|suburbs?|municipality"
    "|community)(?:\\s+of)?|capital)",
    "natural": "(?:river|lake|mount|mt\\.?|cape|gulf\\s+of|bay\\s+of|strait\\s+of|isle\\s+of"
    "|island\\s+of)",
    "county": "(?:county|district)(?:\\s+of)?",
}
_AFTER_CUES = [
    (kind, re.compile(rf"(?:['’]s)?[\s-]+(?:{words})(?!\w)", re.I))
    for kind, words in _AFTER.items()
]
_BEFORE_CUES = [(kind, re.compile(rf"\b{words}\s+$", re.I)) for kind, words in _BEFORE.items()]
#: After a list, they are said of all its names: "Harvey, Harper and Kingman counties".
_PLURALS = frozenset(
    re.findall(
        r"\w+",
        "regions oblasts provinces states governorates prefectures cantons counties districts "
        "islands mountains hills",
    )
)

_COMMA = re.compile(r"\s*(?:,|\()\s*$")
_IN = re.compile(r"[,]?\s+(?:\w+\s+){0,2}?(?:in|of|near)\s+(?:the\s+)?(?:\w+\s+){0,3}$", re.I)
_POSSESSIVE = re.compile(r"['’]s?\s+(?:[\w-]+\s+){0,4}(?:of\s+)?$")
_LIST = re.compile(r"\s*(?:,|,?\s+(?:and|or|&)|/)\s*(?:in\s+|the\s+|on\s+)*$", re.I)
_PHRASE = re.compile(r"\s+(?:[\w-]+\s+){0,4}(?:of\s+)?$")


@dataclass(slots=True)
class Surroundings:
    """What stands around one toponym.

    Parameters
    ----------
    cue
        The kind that a word beside it names: ``region``, ``county``, ``settlement``, ``natural``,
        ``facility``; ``office`` where that is one of a region or country ("Gov."); or None.
    cue_word
        That word, as it stands.
    comma, within
        Indices of toponyms that the text says it lies in: after a comma ("Springfield, Ill."),
        or in a phrase ("Noven'ke in Ukraine's Sumy region", "Ukraine's Sumy").
    siblings
        Indices of the toponyms listed beside it.
    """

    cue: str | None = None
    cue_word: str = ""
    comma: list[int] = field(default_factory=list)
    within: list[int] = field(default_factory=list)
    siblings: list[int] = field(default_factory=list)


def surroundings(text: str, toponyms: Sequence[Toponym]) -> list[Surroundings]:
    """Read what stands around each toponym; `toponyms` in the order of the text."""
    found = [_cue(text, toponym) for toponym in toponyms]
    for i in range(len(toponyms) - 1):
        a, b = toponyms[i], toponyms[i + 1]
        gap = text[a.end : b.start]
        if not 0 < len(gap) <= _GAP or "\n\n" in gap or "." in gap.rstrip("."):
            continue
        if _COMMA.match(gap):
            found[i].comma.append(i + 1)
            found[i].siblings.append(i + 1)
            found[i + 1].siblings.append(i)
        elif _POSSESSIVE.match(gap) or (a.form == "adjective" and _PHRASE.match(gap)):
            found[i + 1].within.append(i)
        elif _LIST.match(gap):
            found[i].siblings.append(i + 1)
            found[i + 1].siblings.append(i)
        elif _IN.match(gap):
            found[i].within.append(i + 1)
    _inherit(found)
    return found


def _cue(text: str, toponym: Toponym) -> Surroundings:
    if toponym.form == "adjective":  # "Russian city": the city is not Russia
        return Surroundings()
    after = text[toponym.end : toponym.end + _CUE]
    for kind, pattern in _AFTER_CUES:
        match = pattern.match(after)
        if match:
            return Surroundings(kind, match.group().lstrip("'’s").strip(" -"))
    before = text[max(0, toponym.start - _CUE) : toponym.start]
    for kind, pattern in _BEFORE_CUES:
        match = pattern.search(before)
        if match:
            return Surroundings(kind, " ".join(match.group().split()))
    return Surroundings()


def _inherit(found: list[Surroundings]) -> None:
    """Pass containment on, through possessives and along lists; and along these, cues.

    "Noven'ke in Ukraine's adjacent Sumy region": Noven'ke lies in Ukraine, Sumy in Ukraine, so
    Noven'ke may lie in Sumy.  "Macon, Augusta and Columbus, Georgia": all three in Georgia.
    """
    for i, own in enumerate(found):
        for container in list(own.within):
            inner = container + 1
            if container > i and inner < len(found) and container in found[inner].within:
                own.within.append(inner)
    for i in range(len(found) - 2, -1, -1):
        if i + 1 in found[i].siblings and i not in found[i + 1].within:
            chain = found[i + 1]
            if found[i].cue is None and chain.cue_word.lower() in _PLURALS:
                found[i].cue, found[i].cue_word = chain.cue, chain.cue_word
            found[i].comma += [k for k in chain.comma if k not in found[i].comma and k - i <= 12]
            found[i].within += [k for k in chain.within if k > i + 1 and k not in found[i].within]
