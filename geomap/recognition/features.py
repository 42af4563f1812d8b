"""What the recogniser looks at: features of words, and of their position in the article.

A feature is a short string.  Those of a word depend on nothing but the word, so that the tagger
can keep their weights as one vector a word; those of a position depend on the article.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple, Protocol

from geomap.recognition.lexicon import FIRST_NAME, SURNAME, Lexicon
from geomap.recognition.tokens import APOSTROPHES, Line, Token, tokenize
from geomap.records import Candidate
from geomap.wordlists import BY_NAME, words

#: Longest gazetteer name that is looked for, in tokens.
MAX_NAME_TOKENS = 7

#: So many names and so many words are remembered, so that a long run stays small.
_MEMORY = 50_000

#: Fewer words in capitals may be a name or abbreviations: in a whole sentence, in a row in one.
_MIN_SENTENCE, _MIN_RUN = 3, 5
#: A word of so few letters may be an abbreviation.
_MAX_ABBREVIATION = 3

_HYPHENS = frozenset("-‐‑–")
_PARTICLES = words("of the de la le les du des del der den von van al el and und & y da do dos")


_INNER = _HYPHENS | {"&"}
_OPENING = frozenset("\"“”'\N{LEFT SINGLE QUOTATION MARK}(")
_WEAK = frozenset(["-", "s0", "s1"])

#: Word lists that say what a run of capitalised words is, and those that its head may be of.
_RUN_CLASSES = ("org", "facility", "feature", "designation", "media", "title")
_HEADS = frozenset(["org", "facility", "feature", "designation"])


class _Word(NamedTuple):
    """What is known of a folded word: flags of the lexicon, classes, and the class as a head."""

    flags: int
    classes: tuple[str, ...]
    head: str


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
        self._name_class = lru_cache(maxsize=_MEMORY)(self._look_up_class)
        self._about = lru_cache(maxsize=_MEMORY)(self._look_up_word)

    def lines(self, text: str) -> list[Line]:
        """Split a text into sentences of tokens; what is set in capitals is read as lower case."""
        return [self._without_capitals(line) for line in tokenize(text)]

    def _without_capitals(self, line: Line) -> Line:
        """Write what is in capitals as it would be written otherwise; offsets stay."""
        if sum([t.text.isupper() for t in line if t.capital]) < _MIN_SENTENCE:
            return line
        shouted = [t.text.isupper() for t in line if t.text[0].isalpha()]
        if len(shouted) >= _MIN_SENTENCE and all(shouted):
            return Line(map(self._quiet, line), line.starts, line.ends)
        result: list[Token] = []
        for loud, run in groupby(line, lambda t: t.text.isupper() or not t.text[0].isalpha()):
            tokens = list(run)
            words = sum(t.text[0].isalpha() for t in tokens)
            result += map(self._quiet, tokens) if loud and words >= _MIN_RUN else tokens
        return Line(result, line.starts, line.ends)

    def _quiet(self, token: Token) -> Token:
        """Write a word in capitals as a word or, if it is no ordinary one, as a name."""
        if self._is_ordinary(token):
            return Token.of(token.lower)
        if len(token.text) > _MAX_ABBREVIATION and "." not in token.text:
            return Token.of(token.text.title())
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
        capitals = [[i for i, token in enumerate(line) if token.capital] for line in lines]
        small = {token.text for line in lines for token in line if not token.capital}
        seen = Counter(
            line[i].folded for line, own in zip(lines, capitals, strict=True) for i in own if i
        )
        personal = self._personal_names(lines, capitals)
        result = []
        for number, (line, own) in enumerate(zip(lines, capitals, strict=True)):
            features: list[list[str]] = [[] for _ in line]
            features[0].append("start")
            features[-1].append("end")
            if own:
                lower = ["^", *[token.lower for token in line], "$", "$"]
                self._names(line, own, features)
                self._runs(line, own, lower, features)
                if style := _style(line, own):
                    for at in features:
                        at.append(style)
                for i in own:
                    token, at = line[i], features[i]
                    before, word, after, after2 = lower[i : i + 4]
                    if number == 0 and i < 8:
                        at.append(f"opening{i > 0}")
                    if word in small:
                        at.append("low")
                    others = seen[token.folded] - (i > 0)
                    at.append("again" if others > 1 else "once" if others else "never")
                    if token.folded in personal:
                        at.append("personal")
                    at += (
                        f"w-1={before}/{token.folded}",
                        f"w+1={token.folded}/{after}",
                        f"w+2={after}/{after2}",
                        f"w-+={before}/{after}",
                    )
                    if i == 0 or line[i - 1].text in _OPENING:
                        at.append(f"start/{self._about(token.folded).flags & 3}")
            result.append(features)
        return result

    def _personal_names(
        self, lines: Sequence[Sequence[Token]], capitals: Sequence[Sequence[int]]
    ) -> set[str]:
        """Folded words that stand behind a first name or a title somewhere in the article."""
        personal = set()
        for line, own in zip(lines, capitals, strict=True):
            for i, j in pairwise(own):
                if j == i + 1 and line[j].text[1:2].islower():
                    before = self._about(line[i].folded)
                    titled = "title" in before.classes
                    if titled or (
                        before.flags & FIRST_NAME and self._name_class(line[i].text)[:2] in _WEAK
                    ):
                        personal.add(line[j].folded)
        return personal

    def _names(
        self, line: Sequence[Token], capitals: Sequence[int], features: list[list[str]]
    ) -> None:
        """Mark what lies in a gazetteer name of several tokens, the longest first from the left."""
        stop = 0
        for i in capitals:
            length = self._name_length(line, i) if i >= stop else 0
            if not length:
                continue
            stop = i + length
            source = "".join(
                t.text if k == 0 or t.text[0] in APOSTROPHES else " " + t.text
                for k, t in enumerate(line[i:stop])
            )
            name_class = self._name_class(source)
            for k in range(i, stop):
                part = "B" if k == i else "E" if k == stop - 1 else "I"
                features[k] += (f"G={part}", f"G={part}{name_class}")
            if stop < len(line):
                features[stop].append("G>")

    def _name_length(self, line: Sequence[Token], start: int) -> int:
        """Return of how many tokens the longest gazetteer name is that begins here; 0 for one."""
        text = line[start].folded
        ends: dict[int, int] = {}
        for count, token in enumerate(line[start + 1 : start + MAX_NAME_TOKENS], 2):
            if token.folded:
                text += token.folded if token.text[0] in APOSTROPHES else " " + token.folded
                if token.capital or token.text[0].isdigit():
                    ends[len(text)] = count
            elif token.text not in _INNER:
                break
        if ends:
            for name in reversed(self._gazetteer.prefixes(text)):
                if length := ends.get(len(name)):
                    return length
        return 0

    def _runs(
        self,
        line: Sequence[Token],
        capitals: Sequence[int],
        lower: Sequence[str],
        features: list[list[str]],
    ) -> None:
        """Mark runs of capitalised words, and what else is in the run."""
        stop, n = 0, len(line)
        for i in capitals:
            if i < stop:
                continue
            stop = i + 1
            while stop < n:
                if line[stop].capital or line[stop].text in _HYPHENS:
                    stop += 1
                elif line[stop].text in _PARTICLES and stop + 1 < n and line[stop + 1].capital:
                    stop += 2
                else:
                    break
            run = [self._about(token.folded) for token in line[i:stop]]
            classes = dict.fromkeys(name for word in run for name in word.classes)
            if len(run) > 1 and run[0].flags & FIRST_NAME:
                classes["first"] = None
            if len(run) > 1 and run[-1].flags & SURNAME:
                classes["sur"] = None
            head, before, after = run[-1].head, lower[i], lower[stop + 1]
            length = min(len(run), 4)
            for k in range(i, stop):
                own = features[k]
                place = "S" if len(run) == 1 else "B" if k == i else "E" if k == stop - 1 else "I"
                own += (f"r={length}{place}", f"rh={head}{place}")
                own.extend(f"rc={name}{place}" for name in classes)
                if k + 1 < stop:
                    own.append("r>" + line[k + 1].folded)
                if k == i:
                    own.append("r<" + before)
                own += (f"rb={before}/{place}", f"ra={after}/{place}")

    def _look_up_word(self, folded: str) -> _Word:
        classes = tuple(name for name in _RUN_CLASSES if folded in BY_NAME[name])
        head = next((name for name in classes if name in _HEADS), "-")
        return _Word(self._lexicon.flags(folded), classes, head)


def _style(line: Sequence[Token], capitals: Sequence[int]) -> str:
    """Say whether a sentence is all in capitals or is set like a headline."""
    letters = [token for token in line if token.text[0].isalpha()]
    if len(letters) < 3:
        return ""
    if all(token.text.isupper() for token in letters):
        return "upper"
    if len(line) > 3 and len(capitals) >= 0.7 * len(letters) <= sum(t.capital for t in letters):
        return "headline"
    return ""
