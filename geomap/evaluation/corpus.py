"""A whole corpus, parsed by geomap or by another system, judged."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from geomap import articles, export
from geomap.evaluation.documents import Documents, read_documents
from geomap.evaluation.scores import FAR_KM, Scores, distance_km, is_located, percent, score
from geomap.records import Gazetteer, Place, Recognizer

CANDIDATES = 50  # how deep `coverage` looks


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One corpus: its name, the scores, and of geomap's own answers also gazetteer and speed.

    ``coverage`` and ``baseline`` are described at `coverage`; these and ``articles_per_second``
    are None for predictions that were read from a file.
    """

    corpus: str
    scores: Scores
    coverage: float | None = None
    baseline: float | None = None
    articles_per_second: float | None = None


def evaluate(
    gold_path: str | Path,
    *,
    predictions_path: str | Path | None = None,
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
    if predictions_path is not None:
        return Evaluation(corpus, score(gold, read_documents(predictions_path, gold)))
    from geomap.gazetteer import embedded
    from geomap.geoparser import Geoparser
    from geomap.recognition import GivenRecognizer, LearnedRecognizer

    gazetteer = embedded()
    spans: dict[str, list[articles.Span]] = {}
    texts = list(articles.read(gold_path, given_spans=spans))
    recognizer: Recognizer = (
        GivenRecognizer(spans, gazetteer)
        if gold_spans
        else LearnedRecognizer(gazetteer, adjectives=adjectives, inside_names=inside_names)
    )
    geoparser = Geoparser(recognizer)
    began = time.perf_counter()
    predictions = {
        parsed.article.id: export.to_record(parsed) for parsed in geoparser.parse_all(texts)
    }
    seconds = time.perf_counter() - began
    scores = score(gold, predictions)
    return Evaluation(corpus, scores, *coverage(gold, gazetteer), len(texts) / seconds)


def coverage(gold: Documents, gazetteer: Gazetteer) -> tuple[float | None, float | None]:
    """Measure what the gazetteer alone can do, over all located gold toponyms.

    Returns
    -------
    coverage : float or None
        Per cent with a candidate within 161 km among the 50 most prominent bearers of the name
        as it stands in the text.
    baseline : float or None
        Per cent whose most populous candidate lies within 161 km: the customary baseline.
    """
    places: dict[str, list[Place]] = {}
    covered = most_populous = located = 0
    for document in gold.values():
        for toponym in filter(is_located, document["toponyms"]):
            name = document["text"][toponym["start"] : toponym["end"]]
            if name not in places:
                found = gazetteer.lookup(name, limit=CANDIDATES)
                places[name] = [candidate.place for candidate in found]
            near = [
                distance_km(toponym["lat"], toponym["lon"], place.latitude, place.longitude)
                <= FAR_KM
                for place in places[name]
            ]
            located += 1
            covered += any(near)
            populations = [place.population for place in places[name]]
            most_populous += bool(near) and near[populations.index(max(populations))]
    return percent(covered, located), percent(most_populous, located)
