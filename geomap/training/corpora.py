"""Annotated corpora, read into samples that the recogniser can learn from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geomap.errors import InputError
from geomap.recognition.features import FeatureExtractor
from geomap.recognition.tokens import Line
from geomap.records import Gazetteer

#: What each corpus annotates: adjectives, names inside longer names (2: and streets, schools and
#: the like throughout, which GeoWebNews does now and then).
CONVENTIONS = {"geowebnews": "11", "lgl": "10", "trnews": "10", "geovirus": "00", "own": "12"}

#: Marks of types in GeoWebNews that stand inside a longer name.
_INSIDE = ("Embedded_Non_Lit", "Embedded_Literal")


@dataclass(frozen=True, slots=True)
class Sample:
    """A tokenised document with its gold spans, each with a label."""

    id: str
    corpus: str
    text: str
    lines: list[Line]
    spans: dict[tuple[int, int], str]
    roles: dict[tuple[int, int], str]


def read_samples(
    paths: Iterable[Path], gazetteer: Gazetteer, extractor: FeatureExtractor
) -> list[Sample]:
    """Read annotated corpora, either kind.

    Raises
    ------
    InputError
        Where a line is not what it should be.
    """
    samples = []
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    samples.append(_sample(json.loads(line), gazetteer, extractor))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise InputError(
                        f"{path}:{number}: not an annotated document ({error!r});"
                        " it needs id, corpus, text, and toponyms or entities with start and end"
                    ) from error
    return samples


def _sample(document: dict[str, Any], gazetteer: Gazetteer, extractor: FeatureExtractor) -> Sample:
    text = document["text"]
    spans, roles = {}, {}
    for entity in document.get("entities", ()):
        if entity["label"] != "OTHER":
            spans[entity["start"], entity["end"]] = entity["label"]
    for top in document.get("toponyms", ()):
        key = top["start"], top["end"]
        spans[key] = _label(top, gazetteer)
        if top.get("group"):
            roles[key] = top["group"]
    return Sample(document["id"], document["corpus"], text, extractor.lines(text), spans, roles)


def _label(toponym: dict[str, Any], gazetteer: Gazetteer) -> str:
    if toponym.get("inside") or toponym.get("type") in _INSIDE:
        return "INSIDE"
    if toponym.get("form") == "adjective" or toponym.get("type") in ("Demonym", "Language"):
        return "ADJ"
    found = gazetteer.lookup(toponym["text"], limit=1)
    if found and found[0].name_type in ("adjective", "demonym", "language"):
        return "ADJ"
    return "NAME"


def labels_of(sample: Sample) -> list[list[str]]:
    """Label each token B-, I- or O; of overlapping spans the longest wins."""
    starts = {}
    for (start, end), label in sorted(
        sample.spans.items(), key=lambda item: item[0][1] - item[0][0]
    ):
        starts[start] = (end, label)
    result = []
    for line in sample.lines:
        labels, end, label = [], -1, ""
        for first, last in zip(line.starts, line.ends, strict=True):
            if first >= end:
                opened = next((starts[k] for k in range(first, last) if k in starts), None)
                if opened:
                    end, label = opened
                    labels.append("B-" + label)
                    continue
                labels.append("O")
            else:
                labels.append("I-" + label)
        result.append(labels)
    return result
