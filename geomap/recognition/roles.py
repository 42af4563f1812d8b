"""Tells what happened somewhere from who was merely named: the role of a toponym."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from geomap.recognition.tokens import APOSTROPHES, Token
from geomap.records import Candidate
from geomap.wordlists import BY_NAME

_CLASSES = (
    "title", "org", "media", "facility", "feature", "designation", "direction", "locative",
    "verb", "agent", "placenoun", "calendar", "agency", "abstract", "message",
)  # fmt: skip
_ARTICLES = frozenset(["the", "a", "an", "its", "their", "his", "her", "this"])


def role_features(line: Sequence[Token], start: int, end: int, label: str, kind: str) -> list[str]:
    """Return the features of a toponym's role.

    Parameters
    ----------
    line
        The sentence.
    start, end
        The toponym's tokens: ``line[start:end]``.
    label
        The recogniser's label: ``NAME``, ``ADJ`` or ``INSIDE``.
    kind
        Kind of the likeliest candidate, or ``-``.
    """
    before = _word(line, start - 1)
    before2 = _word(line, start - 2)
    possessive = end < len(line) and line[end].text[0] in APOSTROPHES
    at = end + 1 if possessive else end
    after, after2 = _word(line, at), _word(line, at + 1)
    features = [
        "bias",
        f"label={label}",
        f"kind={kind}",
        f"label={label}/kind={kind}",
        f"b={before}",
        f"a={after}",
        f"a2={after2}",
        f"b2={before2}",
        f"b={before}/{kind}",
        f"a={after}/{label}",
        f"b2={before2}/{before}",
        f"poss={possessive}/{kind}",
        f"ab={_class(before)}/{_class(after)}",
    ]
    for name, word in (("b", before), ("a", after), ("a2", after2), ("b2", before2)):
        for each in _classes(word):
            features += [f"{name}:{each}", f"{name}:{each}/{label}", f"{name}:{each}/{kind}"]
    if possessive:
        features.append(f"poss:{_class(after)}")
    features.append(f"verb:{'verb' in _classes(after)}/{start == 0}/{kind}")
    features.append(f"place={_governor(line, start)}")
    features.append(f"place={_governor(line, start)}/{kind}/{label}")
    features.append(f"next-capital={_capital(line, at)}/{label}")
    features.append(f"previous-capital={_capital(line, start - 1)}/{label}")
    far = {c for k in range(max(start - 8, 0), start) for c in _classes(_word(line, k))}
    features += [f"far:{c}/{before}/{kind}" for c in ("message", "verb") if c in far]
    for offset in range(2, 6):
        word = _word(line, start - offset)
        if word == "^":
            break
        features += [f"left:{each}" for each in _classes(word)]
    for offset in range(1, 5):
        word = _word(line, at + offset)
        if word == "^":
            break
        features += [f"right:{each}" for each in _classes(word)]
    if before == "," and start >= 2 and line[start - 2].text[:1].isupper():
        features.append(f"comma-after-name/{kind}")
    if after == "," and _capital(line, at + 1):
        features.append(f"comma-before-name/{kind}")
    return features


def kind_of(candidates: Sequence[Candidate]) -> str:
    """Return the kind of the likeliest of a name's candidates, ``capital`` for capitals."""
    if not candidates:
        return "-"
    place = candidates[0].place
    return "capital" if place.feature_code == "PPLC" else place.kind


def _word(line: Sequence[Token], index: int) -> str:
    return line[index].lower if 0 <= index < len(line) else "^"


def _capital(line: Sequence[Token], index: int) -> bool:
    return 0 <= index < len(line) and line[index].text[:1].isupper()


@lru_cache(maxsize=50_000)
def _classes(word: str) -> tuple[str, ...]:
    folded = word.rstrip(".")
    return tuple(name for name in _CLASSES if folded in BY_NAME[name])


def _class(word: str) -> str:
    return next(iter(_classes(word)), "-")


def _governor(line: Sequence[Token], start: int) -> str:
    """Preposition that governs the name, over articles and adjectives: "in its western ..."."""
    for offset in range(1, 5):
        word = _word(line, start - offset)
        if word in BY_NAME["locative"] or word in (
            "of",
            "to",
            "with",
            "by",
            "for",
            "against",
            "between",
            "on",
            "over",
            "about",
        ):
            return word
        if (
            word in _ARTICLES
            or word in BY_NAME["direction"]
            or word.endswith(("ern", "ent", "ing"))
        ):
            continue
        return "-"
    return "-"
