"""Sentence boundaries of English news text, in linear time."""

from __future__ import annotations

import re
from itertools import pairwise


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Written with a capital and always followed by more of the same sentence.
_TITLES = _words(
    """
    mr mrs ms mx messrs dr prof gen lt col maj capt cmdr cpl sgt pvt adm brig gov sen rep reps sens
    rev fr hon pres sec supt insp amb fig art
    """
)
# Written with a capital; end a sentence only where a word follows that commonly begins one.
_ABBREVIATIONS = _words(
    """
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    inc corp co cos ltd plc bros jr sr esq st ste mt ft pt ave blvd rd dept univ assn ph.d
    ala ariz ark calif colo conn del fla ga ill ind kan ky la md mass mich minn miss mo mont neb
    nev okla ore pa tenn tex va vt wash wis wyo ont que alta sask
    """
)
_LOWER_CASE_ABBREVIATIONS = _words("e.g i.e cf vs approx ca")
_BEFORE_NUMBERS = _words("no nos art est fig sec vol ch pp")
_STARTERS = _words(
    """
    a after all also although an and another any as asked at because before both but by despite
    during each earlier even every few following for from he her here his how however i if in
    instead it its just last later many meanwhile more most my nearly neither no nobody none nor
    not now of officials on one only or other others our people police she since so some still
    such that the their then there these they this those though three to two under until we what
    when where whether which while who why with yet you your
    """
)
_TERMINALS = ".!?…"
_CLOSERS = "\"'”’»›)]}*_"
_OPENERS = "\"'“‘„«‹([{*_¿¡—–-"
_FOOTNOTES = re.compile(r"(?:\[\d{1,3}\]){1,8}$")
_LINE_BREAK = re.compile(r"\r\n?|[\n\u2028\u2029]")
_INITIALS = re.compile(r"[^\W\d_](?:[.-]{1,2}[^\W\d_])*")
_ENUMERATOR = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[IVXivx]{1,4})\.")
_LETTERS = re.compile(r"\w*")
# Where a sentence may end without a line break: behind a full stop and what closes it.
_ENDS = re.compile(rf"[{re.escape(_TERMINALS + _CLOSERS)}](?!\S)")
_TOKEN = re.compile(r"\S+")
# Text whose longest line has so many characters is taken to be hard-wrapped.
_WRAPPED_WIDTHS = range(40, 121)


def sentences(text: str) -> list[tuple[int, int]]:
    """Split a text into sentences.

    Paragraph breaks always end a sentence; so do single line breaks, except where the line is as
    full as hard-wrapped text is. Full stops after titles ("Mr.", "Gen."), initials, before
    numbers ("No. 5") and within numbers do not; after other abbreviations ("U.S.", "Inc.", "St.")
    they do only where a word such as "The" follows.

    Parameters
    ----------
    text
        Any text; offsets count its characters.

    Returns
    -------
    list of (int, int)
        Start and end of each sentence, in order, without surrounding white space; together they
        hold every character of `text` that is not white space. Closing quotes belong to the
        sentence that they close.
    """
    breaks = _hard_breaks(text)
    found = []
    following = _TOKEN.search(text)
    start = following.start() if following else 0
    seen, first = start, True
    for end in sorted({len(text.rstrip()), *breaks, *(m.end() for m in _ENDS.finditer(text))}):
        tokens = text[seen:end].split()
        seen = end
        if not tokens:
            continue
        following = _TOKEN.search(text, end)
        if (
            following is None
            or end in breaks
            or _ends_sentence(tokens[-1], following.group(), first and len(tokens) == 1)
        ):
            found.append((start, end))
            start = following.start() if following else end
            first = True
        else:
            first = False
    return found


def _hard_breaks(text: str) -> set[int]:
    """Return the ends of the lines that end a sentence whatever their punctuation."""
    lines = []
    position = 0
    for match in _LINE_BREAK.finditer(text):
        lines.append((position, match.start()))
        position = match.end()
    lines.append((position, len(text)))
    width = max(len(text[start:end].rstrip()) for start, end in lines)
    breaks = set()
    for (start, end), (next_start, next_end) in pairwise(lines):
        line = text[start:end].rstrip()
        next_words = text[next_start:next_end].split(maxsplit=1)
        room = width - len(line)
        if not next_words or width not in _WRAPPED_WIDTHS or len(next_words[0]) < room:
            breaks.add(start + len(line))
    return breaks


def _ends_sentence(token: str, following: str, first: bool) -> bool:
    """Say whether a sentence ends between two tokens of one paragraph."""
    bare = _FOOTNOTES.sub("", token).rstrip(_CLOSERS)
    if not bare or bare[-1] not in _TERMINALS:
        return False
    next_word = following.lstrip(_OPENERS)
    if next_word[:1].islower():
        return False
    if bare[-1] != "." or bare.endswith(".."):
        return True
    if first and _ENUMERATOR.fullmatch(bare):
        return False
    word = bare[:-1].lstrip(_OPENERS)
    folded = word.casefold()
    if next_word[:1].isdigit() and folded in _BEFORE_NUMBERS:
        return False
    if folded in _LOWER_CASE_ABBREVIATIONS:
        return False
    capital = word[:1].isupper()
    if capital and folded in _TITLES:
        return False
    if _INITIALS.fullmatch(word) or (capital and folded in _ABBREVIATIONS):
        opening = _LETTERS.match(next_word)
        return opening is not None and opening.group().casefold() in _STARTERS
    return True
