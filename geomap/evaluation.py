"""How good geomap, or any other geoparser, is on annotated news.

Gold and predictions are JSON Lines, one document a line, with ``id`` and ``toponyms``; each
toponym has ``start``, ``end`` (characters, end exclusive), ``lat`` and ``lon`` (both null or
absent: not located). Gold lines also have ``text``. ``geomap parse -o out.jsonl`` writes such
predictions.

How things count
    *Matching* is one to one: strict, the same span; lenient, strict pairs first and then the
    spans that overlap, the widest overlap first.
    *Recognition* is precision, recall and F1 over all gold toponyms.
    *Resolution* is over the located gold toponyms that were found (strictly). One without
    coordinates counts as the greatest error there is, half the Earth's circumference. The AUC is
    the area under the sorted ln(error + 1) over ln(20039): 0 is perfect, 1 the worst.
    *End to end* asks of all located gold toponyms which were found and placed within 161 km
    (100 miles), and of all predictions which are such a find; predictions that match a gold
    toponym without coordinates cannot be judged and are set aside.

Measures and thresholds follow M. Gritta, M. T. Pilehvar and N. Collier, "A pragmatic guide to
geoparsing evaluation", Language Resources and Evaluation 54 (2020). Shares are per cent.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from geomap import articles, export
from geomap.errors import InputError
from geomap.records import Gazetteer, Place, Recognizer, Role

MEAN_EARTH_RADIUS_KM = 6371.0088
GREATEST_ERROR_KM = 20039.0
NEAR_KM, FAR_KM = 20.0, 161.0
CANDIDATES = 50  # how deep `coverage` looks

ROLES = get_args(Role)

Document = dict[str, Any]
Documents = dict[str, Document]


@dataclass(frozen=True, slots=True)
class Recognition:
    """Precision, recall and F1 of the spans, in per cent, and the counts they come from."""

    precision: float | None
    recall: float | None
    f1: float | None
    hits: int
    gold: int
    predicted: int


@dataclass(frozen=True, slots=True)
class ResolutionScores:
    """How far from the gold coordinates the found toponyms were placed (km, per cent)."""

    acc_161km: float | None
    acc_20km: float | None
    mean_km: float | None
    mean_resolved_km: float | None
    median_km: float | None
    auc: float | None
    judged: int
    unresolved: int


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """Found and placed within 161 km, in per cent, and the counts behind."""

    precision: float | None
    recall: float | None
    f1: float | None
    hits: int
    located: int
    predicted: int
    set_aside: int


@dataclass(frozen=True, slots=True)
class Scores:
    """What `score` finds.

    Parameters
    ----------
    documents, missing_documents
        How many gold documents there are, and for how many of these there is no prediction.
    strict, lenient
        Recognition under both matchings.
    resolution, end_to_end
        See the module's docstring.
    role, kind, country, region
        Of the strictly found gold toponyms that say so, the share with the same role
        (``role`` or GeoWebNews' ``group``), kind, ``country_code`` and ``admin1_code``;
        None where the gold says nothing.
    literal
        Recognition of the literal toponyms alone: gold and predicted ones of that role; None where
        the gold says nothing of roles.
    never_placed
        Spans that the gold lists under ``never`` and that a predicted place overlaps; None where
        it lists none.
    """

    documents: int
    missing_documents: int
    strict: Recognition
    lenient: Recognition
    resolution: ResolutionScores
    end_to_end: EndToEnd
    role: float | None
    kind: float | None
    country: float | None
    region: float | None
    literal: Recognition | None
    never_placed: int | None


def distance_km(
    latitude_1: float, longitude_1: float, latitude_2: float, longitude_2: float
) -> float:
    """Great-circle distance in km between two points in degrees, by the haversine formula."""
    phi_1, phi_2 = math.radians(latitude_1), math.radians(latitude_2)
    half_turn = math.radians(longitude_2 - longitude_1) / 2
    a = (
        math.sin((phi_2 - phi_1) / 2) ** 2
        + math.cos(phi_1) * math.cos(phi_2) * math.sin(half_turn) ** 2
    )
    return 2 * MEAN_EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(a)))


# ---------------------------------------------------------------- reading


def read_documents(path: str | Path, gold: Documents | None = None) -> Documents:
    """Read a gold file, or with `gold` a file of predictions for it, into {id: document}.

    Raises
    ------
    InputError
        A line is not a document, an id comes twice or is not in the gold, or a span or its
        coordinates make no sense; the message names file and line.
    """
    documents: Documents = {}
    try:
        with Path(path).open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        document = _document(json.loads(line), documents, gold)
                    except ValueError as error:
                        raise InputError(f"{path}:{number}: {error}; mend the line") from None
                    documents[document["id"]] = document
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; give JSON Lines in UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the path") from None
    if not documents:
        raise InputError(f"{path}: no documents; give one JSON object a line")
    return documents


def _document(document: Any, before: Documents, gold: Documents | None) -> Document:
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        raise ValueError('a line must be an object with a string "id"')
    name = document["id"]
    if name in before:
        raise ValueError(f"document {name!r} appears twice")
    if gold is not None and name not in gold:
        raise ValueError(f"document {name!r} is not in the gold file")
    text = (document if gold is None else gold[name]).get("text")
    if not isinstance(text, str):
        raise ValueError(f'document {name!r} has no "text"')
    if not isinstance(document.get("toponyms"), list):
        raise ValueError('"toponyms" must be a list')
    for toponym in document["toponyms"]:
        _check_toponym(toponym, text)
    return document


def _check_toponym(toponym: Any, text: str) -> None:
    if not isinstance(toponym, dict):
        raise ValueError(f"a toponym must be an object, not {toponym!r}")
    start, end = toponym.get("start"), toponym.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        raise ValueError(f"{start}-{end} is no span of a text of {len(text)} characters")
    if isinstance(toponym.get("text"), str) and toponym["text"] != text[start:end]:
        raise ValueError(f"{start}-{end} is {text[start:end]!r}, not {toponym['text']!r}")
    latitude, longitude = toponym.get("lat"), toponym.get("lon")
    if latitude is None and longitude is None:
        return
    if not (_within(latitude, 90) and _within(longitude, 180)):
        raise ValueError(f"bad coordinates at {start}-{end}: lat={latitude!r} lon={longitude!r}")


def _within(degrees: Any, most: int) -> bool:
    return type(degrees) in (int, float) and -most <= degrees <= most


# ---------------------------------------------------------------- matching and measures


def match(
    gold: Sequence[Document], predicted: Sequence[Document], *, lenient: bool
) -> dict[int, int]:
    """Pair the gold and predicted toponyms of one document: {gold index: predicted index}."""
    by_span: dict[tuple[int, int], list[int]] = {}
    for j, toponym in enumerate(predicted):
        by_span.setdefault((toponym["start"], toponym["end"]), []).append(j)
    pairs: dict[int, int] = {}
    for i, toponym in enumerate(gold):
        same = by_span.get((toponym["start"], toponym["end"]))
        if same:
            pairs[i] = same.pop(0)
    if not lenient:
        return pairs
    taken = set(pairs.values())
    overlaps = sorted(
        (-_overlap(g, p), i, j)
        for i, g in enumerate(gold)
        for j, p in enumerate(predicted)
        if i not in pairs and j not in taken and _overlap(g, p) > 0
    )
    for _, i, j in overlaps:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _overlap(one: Document, other: Document) -> int:
    return int(min(one["end"], other["end"]) - max(one["start"], other["start"]))


def score(gold: Documents, predictions: Mapping[str, Document]) -> Scores:
    """Score predictions against the gold; a document without prediction has no toponyms."""
    literal_hits = literal_gold = literal_predicted = 0
    n_gold = n_predicted = n_located = set_aside = strict_hits = lenient_hits = 0
    never_placed: list[bool] = []
    errors: list[float | None] = []
    agreements: dict[str, list[bool]] = {"role": [], "kind": [], "country": [], "region": []}
    for name, document in gold.items():
        toponyms = document["toponyms"]
        guesses = predictions[name]["toponyms"] if name in predictions else []
        pairs = match(toponyms, guesses, lenient=False)
        n_gold += len(toponyms)
        literal_gold += sum(map(_is_literal, toponyms))
        literal_predicted += sum(map(_is_literal, guesses))
        literal_hits += sum(
            _is_literal(toponyms[i]) and _is_literal(guesses[j]) for i, j in pairs.items()
        )
        n_predicted += len(guesses)
        strict_hits += len(pairs)
        lenient_hits += len(match(toponyms, guesses, lenient=True))
        n_located += sum(_is_located(toponym) for toponym in toponyms)
        for i, j in pairs.items():
            if _is_located(toponyms[i]):
                errors.append(_error_km(toponyms[i], guesses[j]))
            else:
                set_aside += 1
            for aspect, agrees in _agreements(toponyms[i], guesses[j]).items():
                agreements[aspect].append(agrees)
        never_placed += [
            any(_is_located(guess) and _overlap(guess, span) > 0 for guess in guesses)
            for span in document.get("never", [])
        ]
    shares = {aspect: _percent(sum(found), len(found)) for aspect, found in agreements.items()}
    return Scores(
        documents=len(gold),
        missing_documents=sum(name not in predictions for name in gold),
        strict=_recognition(strict_hits, n_gold, n_predicted),
        lenient=_recognition(lenient_hits, n_gold, n_predicted),
        resolution=_resolution(errors),
        end_to_end=_end_to_end(errors, n_located, n_predicted, set_aside),
        literal=(
            _recognition(literal_hits, literal_gold, literal_predicted) if literal_gold else None
        ),
        never_placed=sum(never_placed) if never_placed else None,
        **shares,
    )


def _is_literal(toponym: Document) -> bool:
    return (toponym.get("role") or toponym.get("group")) == "literal"


def _is_located(toponym: Document) -> bool:
    return toponym.get("lat") is not None


def _error_km(toponym: Document, guess: Document) -> float | None:
    if not _is_located(guess):
        return None
    return distance_km(toponym["lat"], toponym["lon"], guess["lat"], guess["lon"])


def _agreements(toponym: Document, guess: Document) -> dict[str, bool]:
    found = {}
    role = toponym.get("role") or toponym.get("group")
    if role in ROLES and "role" in guess:
        found["role"] = role == guess["role"]
    if toponym.get("kind") and "kind" in guess:
        found["kind"] = toponym["kind"] == guess["kind"]
        found["country"] = toponym.get("country_code") == guess.get("country_code")
        found["region"] = toponym.get("admin1_code") == guess.get("admin1_code")
    return found


def _percent(part: int, whole: int) -> float | None:
    return 100.0 * part / whole if whole else None


def _f1(precision: float | None, recall: float | None) -> float | None:
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _recognition(hits: int, gold: int, predicted: int) -> Recognition:
    precision, recall = _percent(hits, predicted), _percent(hits, gold)
    return Recognition(precision, recall, _f1(precision, recall), hits, gold, predicted)


def _resolution(errors: Sequence[float | None]) -> ResolutionScores:
    resolved = [error for error in errors if error is not None]
    every = sorted(GREATEST_ERROR_KM if error is None else error for error in errors)
    return ResolutionScores(
        acc_161km=_percent(sum(error <= FAR_KM for error in every), len(every)),
        acc_20km=_percent(sum(error <= NEAR_KM for error in every), len(every)),
        mean_km=statistics.fmean(every) if every else None,
        mean_resolved_km=statistics.fmean(resolved) if resolved else None,
        median_km=statistics.median(every) if every else None,
        auc=_auc(every),
        judged=len(every),
        unresolved=len(every) - len(resolved),
    )


def _auc(errors: Sequence[float]) -> float | None:
    """Area under the sorted, logged errors by the trapezoidal rule, as a share of the worst."""
    logs = [math.log(error + 1) for error in errors]
    if not logs:
        return None
    steps = [(low + high) / 2 for low, high in pairwise(logs)]
    return min(1.0, statistics.fmean(steps or logs) / math.log(GREATEST_ERROR_KM))


def _end_to_end(
    errors: Iterable[float | None], located: int, predicted: int, set_aside: int
) -> EndToEnd:
    hits = sum(error is not None and error <= FAR_KM for error in errors)
    precision, recall = _percent(hits, predicted - set_aside), _percent(hits, located)
    return EndToEnd(precision, recall, _f1(precision, recall), hits, located, predicted, set_aside)


# ---------------------------------------------------------------- a whole corpus


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One corpus: its name, the scores, and of geomap's own answers also gazetteer and speed.

    ``coverage`` is described at `coverage`; both it and ``articles_per_second`` are None for
    predictions that were read from a file.
    """

    corpus: str
    scores: Scores
    coverage: float | None = None
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
    return Evaluation(
        corpus, score(gold, predictions), coverage(gold, gazetteer), len(texts) / seconds
    )


def coverage(gold: Documents, gazetteer: Gazetteer) -> float | None:
    """Share (per cent) of the located gold toponyms that the gazetteer could place at all.

    That is, those with a candidate within 161 km among the 50 most prominent bearers of the
    name as it stands in the text.
    """
    places: dict[str, list[Place]] = {}
    covered = located = 0
    for document in gold.values():
        for toponym in filter(_is_located, document["toponyms"]):
            name = document["text"][toponym["start"] : toponym["end"]]
            if name not in places:
                found = gazetteer.lookup(name, limit=CANDIDATES)
                places[name] = [candidate.place for candidate in found]
            located += 1
            covered += any(
                distance_km(toponym["lat"], toponym["lon"], place.latitude, place.longitude)
                <= FAR_KM
                for place in places[name]
            )
    return _percent(covered, located)
