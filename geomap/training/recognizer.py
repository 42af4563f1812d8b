"""Trains the recogniser: two linear-chain CRFs (CRFsuite) and a logistic role model."""

from __future__ import annotations

import io
import random
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geomap.gazetteer import embedded
from geomap.recognition.crf import (
    WINDOW,
    LinearChain,
    Scorer,
    conventional,
    entity_answers,
    entity_features,
    whole,
    window_features,
)
from geomap.recognition.features import FeatureExtractor
from geomap.recognition.lexicon import lexicon
from geomap.recognition.roles import kind_of, role_features
from geomap.recognition.tokens import Token, tokens_of
from geomap.records import Gazetteer
from geomap.training.augment import Augmenter, names_of
from geomap.training.corpora import CONVENTIONS, Sample, labels_of, read_samples
from geomap.writing import replacing


def train_recognizer(
    news: Sequence[Path], entities: Sequence[Path], own: Sequence[Path], out: Path
) -> dict[str, int]:
    """Train the two taggers and the role model, and write them to one file.

    Parameters
    ----------
    news
        News corpora with annotated toponyms; `CONVENTIONS` names those that are known.
    entities
        Open named-entity corpora.
    own
        geomap's own annotated sentences, to learn from like `news`.
    out
        The ``.npz`` file to write.

    Returns
    -------
    dict
        How many documents and features went into each model.
    """
    gazetteer = embedded()
    extractor = FeatureExtractor(gazetteer, lexicon())
    general = read_samples(entities, gazetteer, extractor)
    first = train_entities(general, extractor)
    samples = read_samples((*news, *own), gazetteer, extractor)
    augmenter = Augmenter(gazetteer, extractor, first, names_of(gazetteer, lexicon()))
    second = train_toponyms(samples, first, extractor, augmenter)
    role_weights = train_roles(samples, gazetteer)
    arrays = {
        **_arrays("entities_", first),
        **_arrays("toponyms_", second),
        "roles_features": _text(role_weights),
        "roles_weights": np.array(list(role_weights.values()), np.float32),
    }
    _save(arrays, out)
    return {
        "entity documents": len(general),
        "documents with toponyms": len(samples),
        "entity features": len(first.features),
        "toponym features": len(second.features),
        "role features": len(role_weights),
    }


def train_entities(samples: Sequence[Sample], extractor: FeatureExtractor) -> LinearChain:
    """Train the first tagger: places, persons, organisations, peoples."""
    return train_chain(
        (
            pair
            for sample in samples
            for pair in zip(
                token_features(extractor, sample.lines, extractor.positions(sample.lines)),
                labels_of(sample),
                strict=True,
            )
        ),
        c1=0.2,
        c2=0.01,
        iterations=100,
    )


def second_positions(
    samples: Sequence[Sample], first: LinearChain, extractor: FeatureExtractor
) -> list[list[list[list[str]]]]:
    """Return the position features of each sample, the first tagger's answers among them."""
    scorer = Scorer(extractor, (first, {}))
    result = []
    for sample in samples:
        own = extractor.positions(sample.lines)
        pieces = whole(sample.lines)
        scores = scorer.words(sample.lines, pieces) + scorer.positions(own)
        answers = iter(entity_answers(*first.decode(scores, pieces), first.labels, pieces))
        result.append([[[*at, *entity_features(next(answers))] for at in line] for line in own])
    return result


def train_toponyms(
    samples: Sequence[Sample],
    first: LinearChain,
    extractor: FeatureExtractor,
    augmenter: Augmenter,
) -> LinearChain:
    """Train the second tagger: names, adjectives, names inside longer names."""
    rng = random.Random(7)
    news = [sample for sample in samples if sample.corpus != "own"]  # which has names enough
    copies = [augmenter.copy(sample, rng) for sample in news]
    every = [*samples, *copies]
    return train_chain(
        (
            pair
            for sample, own in zip(every, second_positions(every, first, extractor), strict=True)
            for pair in zip(
                token_features(extractor, sample.lines, own, CONVENTIONS[sample.corpus]),
                labels_of(sample),
                strict=True,
            )
        ),
        c1=0.05,
        c2=0.05,
        iterations=120,
    )


def train_roles(samples: Sequence[Sample], gazetteer: Gazetteer) -> dict[str, float]:
    """Fit the role model, a logistic regression, to the samples that say their toponyms' roles."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    rows, literal = [], []
    for sample in samples:
        for (start, end), role in sorted(sample.roles.items()):
            place = tokens_of(sample.lines, start, end)
            if place is None:
                continue
            kind = kind_of(gazetteer.lookup(sample.text[start:end], limit=1))
            label = sample.spans[start, end]
            rows.append(dict.fromkeys(role_features(*place, label, kind), 1.0))
            literal.append(role == "literal")
    vectorizer = DictVectorizer()
    model = LogisticRegression(C=1.0, max_iter=2000, fit_intercept=False)
    model.fit(vectorizer.fit_transform(rows), literal)
    weights = zip(vectorizer.feature_names_, model.coef_[0], strict=True)
    return {name: round(float(weight), 4) for name, weight in weights if abs(weight) >= 0.005}


def _arrays(prefix: str, model: LinearChain) -> dict[str, Any]:
    return {
        prefix + "labels": _text(model.labels),
        prefix + "features": _text(model.features),
        prefix + "weights": model.weights.astype(np.float16),
        prefix + "transitions": model.transitions.astype(np.float32),
    }


def _text(lines: Iterable[str]) -> Any:
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def _save(arrays: dict[str, Any], out: Path) -> None:
    """Write an ``.npz`` file whose bytes depend on its contents alone."""
    with (
        replacing(out) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, array in sorted(arrays.items()):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(name + ".npy", (2026, 1, 1, 0, 0, 0)),
                buffer.getvalue(),
                zipfile.ZIP_DEFLATED,
            )


def token_features(
    extractor: FeatureExtractor,
    lines: Sequence[Sequence[Token]],
    positions: Sequence[Sequence[Sequence[str]]],
    convention: str = "",
) -> list[list[list[str]]]:
    """Spell out every feature that the tagger would score, token by token."""
    result = []
    for line, places in zip(lines, positions, strict=True):
        words = [extractor.word(token.text, token.folded) for token in line]
        rows = []
        for i in range(len(line)):
            row: list[str] = []
            for offset in WINDOW:
                if 0 <= i + offset < len(line):
                    row += window_features(*words[i + offset], offset)
            row += places[i]
            if convention:
                row += conventional(words[i][0], convention)
                row += conventional(places[i], convention)
            rows.append(row)
        result.append(rows)
    return result


def train_chain(
    sequences: Iterable[tuple[list[list[str]], list[str]]], *, c1: float, c2: float, iterations: int
) -> LinearChain:
    """Fit a linear-chain CRF with CRFsuite (L-BFGS, elastic net) and take its weights out."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    for features, labels in sequences:
        trainer.append(features, labels)
    trainer.set_params(
        {"c1": c1, "c2": c2, "max_iterations": iterations, "feature.possible_transitions": True}
    )
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        info = tagger.info()
        labels = sorted(tagger.labels())
    column = {label: k for k, label in enumerate(labels)}
    names = sorted({feature for feature, _ in info.state_features})
    row = {name: k for k, name in enumerate(names)}
    weights = np.zeros((len(names), len(labels)), np.float32)
    for (feature, label), weight in info.state_features.items():
        weights[row[feature], column[label]] = weight
    transitions = np.zeros((len(labels), len(labels)), np.float32)
    for (before, after), weight in info.transitions.items():
        transitions[column[before], column[after]] = weight
    return LinearChain(labels, names, weights, transitions)
