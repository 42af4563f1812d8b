"""How good the models are on articles that they have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from geomap import export
from geomap.articles import read
from geomap.evaluation import Document, Scores, read_documents, score
from geomap.gazetteer import embedded
from geomap.geoparser import Geoparser
from geomap.recognition import LearnedRecognizer
from geomap.recognition.crf import LinearChain
from geomap.recognition.features import FeatureExtractor
from geomap.recognition.lexicon import lexicon
from geomap.recognition.recognizer import Models
from geomap.resolution import ContextResolver
from geomap.training.augment import Augmenter, names_of
from geomap.training.corpora import CONVENTIONS, read_samples
from geomap.training.recognizer import train_entities, train_roles, train_toponyms
from geomap.training.resolver import fold_of, learn, read_cases

FOLDS = 5


@dataclass(frozen=True, slots=True)
class _Part:
    """What one process trains and tests: all but some documents, and these documents."""

    news: tuple[Path, ...]
    own: tuple[Path, ...]
    entities: LinearChain
    held_out: frozenset[str]


def cross_validate(
    news: Sequence[Path],
    entities: Sequence[Path],
    own: Sequence[Path],
    *,
    by_corpus: bool = False,
) -> dict[str, Scores]:
    """Score recognition, roles and resolution together by cross-validation.

    Every model that learns from news is trained anew for each fold; the corpora's own conventions
    (adjectives, names inside longer names) are set as switches, as ``geomap evaluate`` does.

    Parameters
    ----------
    news, entities, own
        As in :func:`geomap.training.train_recognizer`.
    by_corpus
        Leave one whole corpus out at a time, in place of a fifth of the documents.

    Returns
    -------
    dict
        Scores by corpus.
    """
    gold = {path.stem: read_documents(path) for path in news}
    extractor = FeatureExtractor(embedded(), lexicon())
    first = train_entities(read_samples(entities, embedded(), extractor), extractor)
    ids = {corpus: frozenset(documents) for corpus, documents in gold.items()}
    held_out = (
        list(ids.values())
        if by_corpus
        else [
            frozenset(i for own in ids.values() for i in own if fold_of(i) == fold)
            for fold in range(FOLDS)
        ]
    )
    parts = [_Part(tuple(news), tuple(own), first, out) for out in held_out]
    predictions: dict[str, dict[str, Document]] = {corpus: {} for corpus in gold}
    with ProcessPoolExecutor(max_workers=2) as pool:
        for found in pool.map(_predict, parts):
            for corpus, records in found.items():
                predictions[corpus].update(records)
    return {corpus: score(gold[corpus], predictions[corpus]) for corpus in gold}


def _predict(part: _Part) -> dict[str, dict[str, Document]]:
    gazetteer = embedded()
    extractor = FeatureExtractor(gazetteer, lexicon())
    everything = read_samples((*part.news, *part.own), gazetteer, extractor)
    samples = [s for s in everything if s.id not in part.held_out]
    augmenter = Augmenter(gazetteer, extractor, part.entities, names_of(gazetteer, lexicon()))
    models = Models(
        part.entities,
        train_toponyms(samples, part.entities, extractor, augmenter),
        train_roles(samples, gazetteer),
    )
    cases = [c for c in read_cases(part.news, gazetteer) if c.id not in part.held_out]
    resolver = ContextResolver(weights=learn(cases))
    found = {}
    for path in part.news:
        adjectives, inside_names = (mark == "1" for mark in CONVENTIONS[path.stem])
        recognizer = LearnedRecognizer(
            gazetteer, adjectives=adjectives, inside_names=inside_names, models=models
        )
        articles = (a for a in read([path]) if a.id in part.held_out)
        parsed = Geoparser(recognizer, gazetteer, resolver).parse_all(articles)
        found[path.stem] = {p.article.id: export.to_record(p) for p in parsed}
    return found
