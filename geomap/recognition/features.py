"""What the recogniser looks at: features of words, and of their position in the article.

A feature is a short string.  Those of a word depend on nothing but the word, so that the tagger
can keep their weights as one vector a word; those of a position depend on the article.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Protocol

from geomap.recognition.lexicon import FIRST_NAME, SURNAME, Lexicon
from geomap.recognition.tokens import APOSTROPHES, Token, tokenize
from geomap.records import Candidate
from geomap.wordlists import BY_NAME, words

#: Longest gazetteer name that is looked for, in tokens.
MAX_NAME_TOKENS = 7

#: Fewer words in capitals may be a name or abbreviations: in a whole sentence, in a row in one.
_MIN_SENTENCE, _MIN_RUN = 3, 5
#: A word of so few letters may be an abbreviation.
_MAX_ABBREVIATION = 3

_HYPHENS = frozenset("-‐‑–")
_PARTICLES = words("of the de la le les du des del der den von van al el and und & y da do dos")


class NameSource(Protocol):
    """What the recogniser asks of a gazetteer."""

    def lookup(
        self, name: str, *, country_code: str | None = None, limit: int = 10
    ) -> list[Candidate]:
        """Return the candidates of a name."""
        ...

    def prefixes(self, text: str) -> list[str]:
        """Return the folded names with which a folded text begins."""
        ...


def shape(word: str) -> str:
    """Return the word's shape with repeats squeezed: "Noven'ke" is ``Xx'x``, "2018" is ``9``."""
    squeezed: list[str] = []
    for character in word:
        kind = (
            "X" if character.isupper()
            else "x" if character.isalpha()
            else "9" if character.isdigit()
            else character
        )  # fmt: skip
        if not squeezed or squeezed[-1] != kind:
            squeezed.append(kind)
    return "".join(squeezed[:8])


class FeatureExtractor:
    """Features of an article's tokens.

    Parameters
    ----------
    gazetteer
        Where names are looked up.
    lexicon
        Flags of ordinary words and people's names.
    """

    def __init__(self, gazetteer: NameSource, lexicon: Lexicon) -> None:
        self._gazetteer = gazetteer
        self._lexicon = lexicon
        self._name_class = lru_cache(maxsize=100_000)(self._look_up_class)

    def lines(self, text: str) -> list[list[Token]]:
        """Split a text into sentences of tokens; what is set in capitals is read as lower case."""
        return [self._without_capitals(line) for line in tokenize(text)]

    def _without_capitals(self, line: list[Token]) -> list[Token]:
        """Write what is in capitals as it would be written otherwise; offsets stay."""
        if sum(t.capital and t.text.isupper() for t in line) < _MIN_SENTENCE:
            return line
        shouted = [t.text.isupper() for t in line if t.text[0].isalpha()]
        if len(shouted) >= _MIN_SENTENCE and all(shouted):
            return [self._quiet(token) for token in line]
        result: list[Token] = []
        for loud, run in groupby(line, lambda t: t.text.isupper() or not t.text[0].isalpha()):
            tokens = list(run)
            words = sum(t.text[0].isalpha() for t in tokens)
            result += map(self._quiet, tokens) if loud and words >= _MIN_RUN else tokens
        return result

    def _quiet(self, token: Token) -> Token:
        """Write a word in capitals as a word or, if it is no ordinary one, as a name."""
        if self._is_ordinary(token):
            return replace(token, text=token.text.lower(), capital=False)
        if len(token.text) > _MAX_ABBREVIATION and "." not in token.text:
            return replace(token, text=token.text.title())
        return token

    def _is_ordinary(self, token: Token) -> bool:
        """Say whether a word in capitals is an ordinary one: "ARMY", not "SPAIN"."""
        level = self._lexicon.flags(token.folded) & 3
        if level != 1:
            return level > 1 and self._name_class(token.text)[0] != "c"
        return self._name_class(token.text) == "-"

    def word(self, text: str, folded: str) -> tuple[list[str], list[str]]:
        """Return the features of a word for its own position, and the fewer for its neighbours'."""
        lower = text.lower() if not text.isdigit() else "9" * len(text)
        outer = ["w=" + lower, "s=" + shape(text)]
        flags = self._lexicon.flags(folded)
        outer.append(f"c={flags & 3}")
        if flags & FIRST_NAME:
            outer.append("first")
        if flags & SURNAME:
            outer.append("sur")
        outer.extend("l=" + name for name, words in BY_NAME.items() if folded in words)
        inner = list(outer)
        if text[:1].isalpha():
            capital = (
                "A" if text.isupper() and len(text) > 1 else "C" if text[:1].isupper() else "l"
            )
            name_class = self._name_class(text) if capital != "l" else "-"
            outer.append("g=" + name_class)
            inner += [
                "g=" + name_class,
                f"gc={name_class}/{flags}/{capital}",
                "p3=" + lower[:3],
                "x2=" + lower[-2:],
                "x3=" + lower[-3:],
                "x4=" + lower[-4:],
                f"cc={capital}{flags & 3}",
            ]
        return inner, outer

    def _look_up_class(self, name: str) -> str:
        """Class of what the gazetteer has under a name: kind, type of name, prominence."""
        found = self._gazetteer.lookup(name, limit=4)
        if not found:
            return "-"
        best = found[0]
        kind = best.place.kind[0]
        if best.place.kind == "settlement":
            population = best.place.population
            kind += "3" if population >= 500_000 else "2" if population >= 50_000 else "1"
            if population < 5_000:
                kind = "s0"
        also = "+" if any(other.place.kind != best.place.kind for other in found[1:]) else ""
        return f"{kind}{best.name_type[:2]}{also}"

    def positions(self, lines: Sequence[Sequence[Token]]) -> list[list[list[str]]]:
        """Return the features of each token's position, sentence by sentence."""
        lower_seen = {t.text for line in lines for t in line if t.text[:1].islower()}
        capital_seen = Counter(
            token.folded for line in lines for token in line[1:] if token.capital
        )
        personal = self._personal_names(lines)
        return [
            self._line(line, lower_seen, capital_seen, personal, index == 0)
            for index, line in enumerate(lines)
        ]

    def _personal_names(self, lines: Sequence[Sequence[Token]]) -> set[str]:
        """Folded words that stand behind a first name or a title somewhere in the article."""
        personal = set()
        for line in lines:
            for before, token in pairwise(line):
                if before.capital and token.capital and token.text[1:2].islower():
                    flags = self._lexicon.flags(before.folded)
                    titled = before.folded in BY_NAME["title"]
                    if titled or (
                        flags & FIRST_NAME and self._name_class(before.text)[:2] in _WEAK
                    ):
                        personal.add(token.folded)
        return personal

    def _line(
        self,
        line: Sequence[Token],
        lower_seen: set[str],
        capital_seen: Counter[str],
        personal: set[str],
        opening: bool,
    ) -> list[list[str]]:
        n = len(line)
        features: list[list[str]] = [[] for _ in range(n)]
        features[0].append("start")
        features[-1].append("end")
        letters = [t for t in line if t.text[:1].isalpha()]
        capitals = sum(t.capital for t in letters)
        style = ""
        if len(letters) >= 3:
            if all(t.text.isupper() for t in letters):
                style = "upper"
            elif capitals >= 0.7 * len(letters) and n > 3:
                style = "headline"
        self._names(line, features)
        self._runs(line, features)
        for i, token in enumerate(line):
            own = features[i]
            if style:
                own.append(style)
            if not token.capital:
                continue
            if opening and i < 8:
                own.append(f"opening{i > 0}")
            if token.text.lower() in lower_seen:
                own.append("low")
            seen = capital_seen[token.folded] - (i > 0)
            own.append("again" if seen > 1 else "once" if seen else "never")
            if token.folded in personal:
                own.append("personal")
            before = line[i - 1].text.lower() if i else "^"
            after = line[i + 1].text.lower() if i + 1 < n else "$"
            after2 = line[i + 2].text.lower() if i + 2 < n else "$"
            own += [
                f"w-1={before}/{token.folded}",
                f"w+1={token.folded}/{after}",
                f"w+2={after}/{after2}",
                f"w-+={before}/{after}",
            ]
            if i == 0 or line[i - 1].text in "\"“”'‘(":
                own.append(f"start/{self._lexicon.flags(token.folded) & 3}")
        return features

    def _names(self, line: Sequence[Token], features: list[list[str]]) -> None:
        """Mark what lies in a gazetteer name of several tokens, the longest first from the left."""
        i = 0
        while i < len(line):
            length = 0
            if line[i].capital:
                text, ends = _folded_window(line, i)
                for name in reversed(self._gazetteer.prefixes(text)):
                    length = ends.get(len(name), 0)
                    last = line[i + length - 1] if length > 1 else None
                    if last is not None and (last.capital or last.text[:1].isdigit()):
                        break
                    length = 0
            if length > 1:
                source = "".join(
                    t.text if k == 0 or t.text[0] in APOSTROPHES else " " + t.text
                    for k, t in enumerate(line[i : i + length])
                )
                name_class = self._name_class(source)
                for k in range(length):
                    part = "B" if k == 0 else "E" if k == length - 1 else "I"
                    features[i + k] += [f"G={part}", f"G={part}{name_class}"]
                if i + length < len(line):
                    features[i + length].append("G>")
                i += length
            else:
                i += 1

    def _runs(self, line: Sequence[Token], features: list[list[str]]) -> None:
        """Mark runs of capitalised words, and what else is in the run."""
        i = 0
        while i < len(line):
            if not line[i].capital:
                i += 1
                continue
            stop = i + 1
            while stop < len(line):
                if line[stop].capital or line[stop].text in _HYPHENS:
                    stop += 1
                elif (
                    line[stop].text in _PARTICLES
                    and stop + 1 < len(line)
                    and line[stop + 1].capital
                ):
                    stop += 2
                else:
                    break
            run = line[i:stop]
            length = min(len(run), 4)
            classes = {
                name
                for token in run
                for name in ("org", "media", "facility", "feature", "designation", "title")
                if token.folded in BY_NAME[name]
            }
            if len(run) > 1 and self._lexicon.flags(run[0].folded) & FIRST_NAME:
                classes.add("first")
            if len(run) > 1 and self._lexicon.flags(run[-1].folded) & SURNAME:
                classes.add("sur")
            head = next(
                (
                    n
                    for n in ("org", "facility", "feature", "designation")
                    if run[-1].folded in BY_NAME[n]
                ),
                "-",
            )
            for k in range(len(run)):
                own = features[i + k]
                place = (
                    "S" if len(run) == 1 else "B" if k == 0 else "E" if k == len(run) - 1 else "I"
                )
                own += [f"r={length}{place}", f"rh={head}{place}"]
                own.extend(f"rc={name}{place}" for name in classes)
                if k + 1 < len(run):
                    own.append("r>" + run[k + 1].folded)
            before = line[i - 1].text.lower() if i else "^"
            after = line[stop].text.lower() if stop < len(line) else "$"
            features[i].append("r<" + before)
            for k in range(len(run)):
                features[i + k] += [
                    f"rb={before}/{place_of(k, run)}",
                    f"ra={after}/{place_of(k, run)}",
                ]
            i = stop


_WEAK = frozenset(["-", "s0", "s1"])


def place_of(index: int, run: Sequence[Token]) -> str:
    """Return S, B, I or E: where in its run a token stands."""
    if len(run) == 1:
        return "S"
    return "B" if index == 0 else "E" if index == len(run) - 1 else "I"


def _folded_window(line: Sequence[Token], start: int) -> tuple[str, dict[int, int]]:
    """Fold the tokens from `start` into one text; map its word boundaries to numbers of tokens."""
    text, ends = "", {}
    for count, token in enumerate(line[start : start + MAX_NAME_TOKENS], 1):
        if token.folded:
            glue = "" if not text or token.text[0] in APOSTROPHES else " "
            text += glue + token.folded
            ends[len(text)] = count
        elif token.text not in _HYPHENS and token.text != "&":
            break
    return text, ends
