"""More to learn from: annotated articles with other names in the same places.

A tagger that has seen "Paris" fifty times as a city learns the word, not the context.  Each copy of
an article has most of its place names replaced by others of their kind, and some people's first
names by names that places bear too ("Paris", "Jordan", "Austin").
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass

from geomap.gazetteer import EmbeddedGazetteer
from geomap.names import fold
from geomap.recognition.crf import LinearChain, Scorer, whole
from geomap.recognition.features import FeatureExtractor
from geomap.recognition.lexicon import FIRST_NAME, Lexicon
from geomap.recognition.recognizer import label_spans
from geomap.settings import DATA
from geomap.training.corpora import Sample

_KEEP_NAME = 0.35  # share of names left as they are
_KEEP_PERSON = 0.65
_MIN_POPULATION, _MIN_NAMESAKE_POPULATION = 2_000, 60_000


@dataclass(frozen=True, slots=True)
class Names:
    """Names to put in: settlements (the larger the likelier), countries, adjectives, regions,
    and first names that are also the names of places.
    """  # noqa: D205

    settlements: Sequence[str]
    countries: Sequence[str]
    adjectives: Sequence[str]
    regions: Sequence[str]
    first_names: Sequence[str]


def names_of(gazetteer: EmbeddedGazetteer, lexicon: Lexicon) -> Names:
    """Collect the names to put in from the gazetteer."""
    rng = random.Random(1)
    settlements, weights, regions, first_names = [], [], [], []
    for place in gazetteer.places():
        if not place.name.isascii():
            continue
        namesake = " " not in place.name and lexicon.flags(fold(place.name)) & FIRST_NAME
        if place.kind == "settlement" and place.population > _MIN_POPULATION:
            settlements.append(place.name)
            weights.append(place.population**0.35)
            if namesake and place.population > _MIN_NAMESAKE_POPULATION:
                first_names.append(place.name)
        elif place.feature_code == "ADM1":
            regions.append(place.name)
            if namesake:
                first_names.append(place.name)
        elif place.kind == "country" and namesake:
            first_names.append(place.name)
    with (DATA / "countries.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    return Names(
        rng.choices(settlements, weights, k=20_000),
        [row["name"] for row in rows if row["name_type"] == "canonical"],
        [row["name"] for row in rows if row["name_type"] == "adjective"],
        regions,
        first_names,
    )


class Augmenter:
    """Makes copies of samples with other names.

    Parameters
    ----------
    gazetteer
        Tells the kind of a name.
    extractor, entities
        The first tagger, which finds the people.
    names
        What is put in.
    """

    def __init__(
        self,
        gazetteer: EmbeddedGazetteer,
        extractor: FeatureExtractor,
        entities: LinearChain,
        names: Names,
    ) -> None:
        self._gazetteer = gazetteer
        self._extractor = extractor
        self._entities = entities
        self._names = names
        self._scorer = Scorer(extractor, (entities, {}))

    def copy(self, sample: Sample, rng: random.Random) -> Sample:
        """Return `sample` with other names, the same name always by the same other."""
        edits: dict[tuple[int, int], str] = {}
        chosen: dict[str, str | None] = {}
        for (start, end), label in sample.spans.items():
            name = sample.text[start:end]
            if name not in chosen:
                chosen[name] = self._other(name, label, rng)
            other = chosen[name]
            if other:
                edits[start, end] = other.upper() if name.isupper() else other
        for start, end in self._first_names(sample):
            if rng.random() > _KEEP_PERSON:
                edits[start, end] = rng.choice(self._names.first_names)
        text, spans = _edited(sample, edits)
        return Sample(sample.id, sample.corpus, text, self._extractor.lines(text), spans, {})

    def _other(self, name: str, label: str, rng: random.Random) -> str | None:
        found = self._gazetteer.lookup(name, limit=1)
        if rng.random() < _KEEP_NAME or "." in name:
            return None
        if not found:
            short = " " not in name and len(name) > 3
            return rng.choice(self._names.settlements) if short else None
        place = found[0].place
        if found[0].name_type == "abbreviation":
            return None
        if label == "ADJ":
            singular = place.kind == "country" and not name.endswith("s")
            return rng.choice(self._names.adjectives) if singular else None
        if place.kind == "country":
            return rng.choice(self._names.countries)
        if place.kind == "settlement":
            return rng.choice(self._names.settlements)
        return rng.choice(self._names.regions) if place.feature_code == "ADM1" else None

    def _first_names(self, sample: Sample) -> list[tuple[int, int]]:
        """Find the first names of people named in full, outside the gold spans."""
        pieces = whole(sample.lines)
        scores = self._scorer.words(sample.lines, pieces)
        scores += self._scorer.positions(self._extractor.positions(sample.lines))
        labels, _ = self._entities.decode(scores, pieces)
        found, at = [], 0
        for line in sample.lines:
            for first, last, label in label_spans(labels[at : at + len(line)]):
                start, end = line.starts[first], line.ends[last - 1]
                if label == "PERSON" and last - first > 1 and line[first].text[1:3].islower():
                    inside = any(s < end and e > start for s, e in sample.spans)
                    if not inside:
                        found.append((start, line.ends[first]))
            at += len(line)
        return found


def _edited(
    sample: Sample, edits: dict[tuple[int, int], str]
) -> tuple[str, dict[tuple[int, int], str]]:
    """Put the edits into the text and move the spans along; overlapping edits are left out."""
    text, at, moved = [], 0, {}
    length = 0
    for (start, end), other in sorted(edits.items()):
        if start < at:
            continue
        text += [sample.text[at:start], other]
        length += start - at + len(other)
        moved[start, end] = length - len(other), length
        at = end
    text.append(sample.text[at:])

    def shifted(offset: int) -> int:
        return offset + sum(
            (new_end - new_start) - (end - start)
            for (start, end), (new_start, new_end) in moved.items()
            if end <= offset
        )

    spans = {}
    for span, label in sample.spans.items():
        torn = any(s < span[1] and e > span[0] for s, e in moved if (s, e) != span)
        if span in moved:
            spans[moved[span]] = label
        elif not torn:
            spans[shifted(span[0]), shifted(span[1])] = label
    return "".join(text), spans
