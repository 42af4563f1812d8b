"""The default recogniser: two linear-chain CRFs and a role model, over features of words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from geomap.recognition.crf import (
    Floats,
    LinearChain,
    Pieces,
    Scorer,
    entity_answers,
    near_capitals,
    open_models,
)
from geomap.recognition.exclusions import names_no_place
from geomap.recognition.features import FeatureExtractor, NameSource
from geomap.recognition.lexicon import lexicon
from geomap.recognition.roles import kind_of, role_features
from geomap.recognition.tokens import APOSTROPHES, Line, Token, tokenize, tokens_of
from geomap.records import Article, Form, Role, Toponym
from geomap.settings import DATA

#: How far the default follows the convention of geomap's own passages; chosen on the
#: development corpora.
OWN = 0.4


@dataclass(frozen=True, slots=True)
class Models:
    """What the recogniser has learned: the two taggers and the weights of the role's features."""

    entities: LinearChain
    toponyms: LinearChain
    roles: Mapping[str, float]


class LearnedRecognizer:
    """Finds toponyms with the models that geomap carries.

    A first tagger, trained on open named-entity corpora, says what looks like a place, a person, an
    organisation or a people; a second, trained on news with annotated toponyms, decides on names,
    adjectives and names inside longer names; a logistic model gives each its role.

    Parameters
    ----------
    gazetteer
        Where names are looked up, as features: a name need not be in it to be recognised.
    adjectives
        Whether adjectives and inhabitants ("Russian", "Ukrainians") are toponyms.
    inside_names
        Whether places inside longer names ("University of Oxford") are toponyms.
    models
        What it has learned; by default the models that geomap carries.
    """

    def __init__(
        self,
        gazetteer: NameSource,
        *,
        adjectives: bool = True,
        inside_names: bool = True,
        models: Models | None = None,
    ) -> None:
        self._gazetteer = gazetteer
        self._adjectives = adjectives
        self._inside_names = inside_names
        self._extractor = FeatureExtractor(gazetteer, lexicon())
        self._given_models = models
        models = models or _models()
        self._entities = models.entities
        self._toponyms = models.toponyms
        self._roles = models.roles
        second = self._toponyms, _conventions(adjectives, inside_names)
        self._scorer = Scorer(self._extractor, (self._entities, {}), second)
        self._outside = self._toponyms.labels.index("O")

    def __reduce__(self) -> tuple[Callable[[NameSource], LearnedRecognizer], tuple[NameSource]]:
        # Another process opens the models that geomap carries itself, and fills its own caches.
        again = partial(
            LearnedRecognizer,
            adjectives=self._adjectives,
            inside_names=self._inside_names,
            models=self._given_models,
        )
        return again, (self._gazetteer,)

    def recognize(self, article: Article) -> list[Toponym]:
        """Return the toponyms of `article` in the order of the text; may be empty."""
        lines = self._extractor.lines(article.text)
        if not lines:
            return []
        pieces = near_capitals(lines)
        if not pieces:
            return []
        labels, marginals = self._tag(lines, pieces)
        found: list[Toponym] = []
        at = 0
        for piece in pieces:
            line, size = lines[piece.line], piece.stop - piece.start
            outside = marginals[at : at + size, self._outside]
            for first, last, label in label_spans(labels[at : at + size]):
                start, end = piece.start + first, piece.start + last
                wanted = {"ADJ": self._adjectives, "INSIDE": self._inside_names}.get(label, True)
                if wanted and not names_no_place(line, start, end):
                    score = 1.0 - float(outside[first:last].max())
                    toponym = self._toponym(article.text, line, start, end, label, score)
                    if self._adjectives or toponym.form == "name":
                        found.append(toponym)
            at += size
        return found

    def _tag(self, lines: Sequence[Sequence[Token]], pieces: Pieces) -> tuple[list[str], Floats]:
        """Label every token of the pieces, and give each label's probability."""
        features = self._extractor.positions(lines)
        scores = self._scorer.words(lines, pieces)
        scores += self._scorer.positions(features[p.line][p.start : p.stop] for p in pieces)
        first, second = self._scorer.split(scores)
        entities, likely = self._entities.decode(first, pieces)
        answers = entity_answers(entities, likely, self._entities.labels, pieces)
        second += self._scorer.split(self._scorer.answers(answers))[1]
        return self._toponyms.decode(second, pieces)

    def _toponym(
        self, text: str, line: Line, start: int, end: int, label: str, score: float
    ) -> Toponym:
        first, last = line.starts[start], line.ends[end - 1]
        name = text[first:last]
        candidates = self._gazetteer.lookup(name, limit=1)
        form: Form = "adjective" if label == "ADJ" else "name"
        if candidates and candidates[0].name_type in ("adjective", "demonym", "language"):
            form = "adjective"
        weight = sum(
            self._roles.get(f, 0.0)
            for f in role_features(line, start, end, label, kind_of(candidates))
        )
        role: Role = "literal" if weight > 0 else "associative"
        inside = _longer_name(text, line, start, end) if label == "INSIDE" else None
        return Toponym(name, first, last, role, form, inside, round(score, 3))


class GivenRecognizer:
    """Takes the spans it is given, so that resolution can be judged or used alone.

    Parameters
    ----------
    spans
        For each article's id the character offsets ``(start, end)`` of its toponyms.
    gazetteer
        Tells adjectives from names.
    """

    def __init__(
        self, spans: Mapping[str, Sequence[tuple[int, int]]], gazetteer: NameSource
    ) -> None:
        self._spans = spans
        self._learned = LearnedRecognizer(gazetteer)

    def recognize(self, article: Article) -> list[Toponym]:
        """Return the given toponyms of `article`, each with its role and form."""
        lines = tokenize(article.text)
        found = []
        for start, end in sorted(self._spans.get(article.id, ())):
            place = tokens_of(lines, start, end)
            if place is None:
                found.append(Toponym(article.text[start:end], start, end))
                continue
            line, first, last = place
            guess = self._learned._toponym(article.text, line, first, last, "NAME", 1.0)
            found.append(
                Toponym(article.text[start:end], start, end, guess.role, guess.form, None, 1.0)
            )
        return found


def _conventions(adjectives: bool, inside_names: bool) -> dict[str, float]:
    """Say which of the conventions that the model has seen to follow, and how far.

    Without switches that is GeoWebNews', and in part that of geomap's own passages, which find
    more; what the nearest convention adds to what was asked for is dropped later.
    """
    if inside_names:
        return {"11": 1 - OWN, "12": OWN}
    return {f"{int(adjectives)}0": 1.0}


def label_spans(labels: Sequence[str]) -> list[tuple[int, int, str]]:
    """Turn B- and I- labels into spans of tokens."""
    spans: list[tuple[int, int, str]] = []
    start = -1
    for k, label in enumerate([*labels, "O"]):
        if start >= 0 and not label.startswith("I-"):
            spans.append((start, k, labels[start][2:]))
            start = -1
        if label.startswith("B-") or (label.startswith("I-") and start < 0):
            start = k
    return spans


#: How many words on either side of a name are looked at for the longer one it stands in.
REACH = 20


def _longer_name(text: str, line: Line, start: int, end: int) -> str | None:
    """Return the run of capitalised words around a name: "University of Oxford"."""
    small = ("of", "the", "de", "for", "and", "&", "-")
    first, last = start, end
    while first > max(0, start - REACH):
        before = line[first - 1]
        if before.text[:1].isupper():
            first -= 1
        elif before.text in small and first > 1 and line[first - 2].text[:1].isupper():
            first -= 2
        else:
            break
    while last < min(len(line), end + REACH):
        after = line[last]
        if after.text[:1].isupper() or after.text[0] in APOSTROPHES:
            last += 1
        elif after.text in small and last + 1 < len(line) and line[last + 1].text[:1].isupper():
            last += 2
        else:
            break
    if (first, last) == (start, end):
        return None
    return text[line.starts[first] : line.ends[last - 1]]


@cache
def _models() -> Models:
    arrays = open_models(DATA / "recognizer.npz")
    names = bytes(arrays["roles_features"]).decode().split("\n")
    return Models(
        LinearChain.load(arrays, "entities_"),
        LinearChain.load(arrays, "toponyms_"),
        dict(zip(names, arrays["roles_weights"].tolist(), strict=True)),
    )
