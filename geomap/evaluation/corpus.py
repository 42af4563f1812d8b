"""A whole corpus, parsed by geomap or by another system, judged."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from geomap import articles, export
from geomap.errors import InputError
from geomap.evaluation.coverage import candidates_of, coverage, most_populous
from geomap.evaluation.documents import Document, Documents, read_documents
from geomap.evaluation.scores import Scores, score
from geomap.records import Gazetteer, Recognizer

#: What the population baseline is called among the systems.
BASELINE = "most populous"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One corpus: its name, a system's scores, and of geomap's own also gazetteer and speed.

    ``coverage`` and ``baseline`` are `Coverage.share` and `Coverage.most_populous`; these and
    ``articles_per_second`` are None for predictions that were read from a file. ``beside`` are the
    scores of other systems on the same documents: of the population baseline, which places the
    spans of geomap at their most populous candidates, and of recorded answers. ``system`` is whose
    the scores are: geomap, or the name of the file of predictions.
    """

    corpus: str
    scores: Scores
    coverage: float | None = None
    baseline: float | None = None
    articles_per_second: float | None = None
    beside: dict[str, Scores] = field(default_factory=dict)
    system: str = "geomap"


def evaluate(
    gold_path: str | Path,
    *,
    predictions_path: str | Path | None = None,
    peers: Iterable[str | Path] = (),
    gold_spans: bool = False,
    adjectives: bool = True,
    inside_names: bool = True,
) -> Evaluation:
    """Judge geomap, or the predictions of any system, on one annotated corpus.

    Parameters
    ----------
    gold_path
        The annotated corpus.
    predictions_path
        Predictions to judge; without them geomap parses the corpus.
    peers
        Recorded answers of other systems to judge beside: files ``SYSTEM.CORPUS.jsonl``, or
        folders of such; those of other corpora are passed over.
    gold_spans
        Give geomap the spans of the gold, so that resolution alone is judged.
    adjectives, inside_names
        Whether geomap takes adjectives ("Russian") and places inside longer names ("University
        of Oxford") for toponyms, as some corpora do and some do not.

    Raises
    ------
    InputError
        A file cannot be read or a line is not what it should be.
    """
    gold = read_documents(gold_path)
    corpus = Path(gold_path).stem
    beside = {
        system: score(gold, read_documents(path, gold))
        for system, path in _peers_on(corpus, peers).items()
    }
    if predictions_path is not None:
        scores = score(gold, read_documents(predictions_path, gold))
        return Evaluation(corpus, scores, beside=beside, system=Path(predictions_path).stem)
    from geomap.gazetteer import default, embedded
    from geomap.geoparser import Geoparser
    from geomap.recognition import GivenRecognizer, LearnedRecognizer

    gazetteer = default()
    spans: dict[str, list[articles.Span]] = {}
    texts = list(articles.read(gold_path, given_spans=spans))
    recognizer: Recognizer = (
        GivenRecognizer(spans, embedded())
        if gold_spans
        else LearnedRecognizer(embedded(), adjectives=adjectives, inside_names=inside_names)
    )
    geoparser = Geoparser(recognizer, gazetteer)
    began = time.perf_counter()
    predictions = {
        parsed.article.id: export.to_record(parsed) for parsed in geoparser.parse_all(texts)
    }
    seconds = time.perf_counter() - began
    covered = coverage(gold, gazetteer)
    return Evaluation(
        corpus,
        score(gold, predictions),
        covered.share,
        covered.most_populous,
        len(texts) / seconds,
        {BASELINE: score(gold, _baseline(gold, predictions, gazetteer)), **beside},
    )


def _peers_on(corpus: str, peers: Iterable[str | Path]) -> dict[str, Path]:
    """Return the recorded answers on a corpus, by system."""
    found: dict[str, Path] = {}
    for given in map(Path, peers):
        paths = sorted(given.glob(f"*.{corpus}.jsonl")) if given.is_dir() else [given]
        for path in paths:
            system, _, what = path.name.partition(".")
            if not what.endswith(".jsonl") or not path.exists():
                raise InputError(f"{path}: no recorded answers; give SYSTEM.CORPUS.jsonl")
            if what == f"{corpus}.jsonl":
                found[system] = path
    return found


def _baseline(
    gold: Documents, predictions: dict[str, Document], gazetteer: Gazetteer
) -> dict[str, Document]:
    """Return the spans of predictions, each placed at its most populous candidate."""
    candidates = cache(lambda name: candidates_of(name, gazetteer))
    placed = {}
    for document_id, document in predictions.items():
        toponyms = []
        for toponym in document["toponyms"]:
            start, end = toponym["start"], toponym["end"]
            places = candidates(gold[document_id]["text"][start:end])
            place = most_populous(places) if places else None
            toponyms.append(
                {
                    "start": start,
                    "end": end,
                    "lat": place and place.latitude,
                    "lon": place and place.longitude,
                }
            )
        placed[document_id] = {"toponyms": toponyms}
    return placed
