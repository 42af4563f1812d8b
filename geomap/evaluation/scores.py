"""Matching of predicted to gold toponyms, and what is measured on the pairs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import get_args

from geomap.evaluation.documents import Document, Documents
from geomap.records import Role

MEAN_EARTH_RADIUS_KM = 6371.0088
GREATEST_ERROR_KM = 20039.0
NEAR_KM, FAR_KM = 20.0, 161.0

ROLES = get_args(Role)

_THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


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
class Placement:
    """How far what is placed can be trusted, over the found and located gold toponyms.

    Parameters
    ----------
    share
        Per cent that were placed.
    precision
        Per cent of the placed that lie within 161 km.
    calibration_error
        Expected calibration error of the stated confidences, ten bins of equal width, 0 to 1;
        None where the predictions state none.
    curve
        For thresholds of confidence from 0.4 to 0.9: (threshold, share, precision).
    """

    share: float | None
    precision: float | None
    calibration_error: float | None
    curve: tuple[tuple[float, float | None, float | None], ...]


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
        See the package's docstring.
    placement
        Of what is placed, how much is right.
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
    placement: Placement
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
    placed: list[tuple[float | None, bool] | None] = []
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
        n_located += sum(is_located(toponym) for toponym in toponyms)
        for i, j in pairs.items():
            if is_located(toponyms[i]):
                error = _error_km(toponyms[i], guesses[j])
                errors.append(error)
                placed.append(
                    None if error is None else (guesses[j].get("confidence"), error <= FAR_KM)
                )
            else:
                set_aside += 1
            for aspect, agrees in _agreements(toponyms[i], guesses[j]).items():
                agreements[aspect].append(agrees)
        never_placed += [
            any(is_located(guess) and _overlap(guess, span) > 0 for guess in guesses)
            for span in document.get("never", [])
        ]
    shares = {aspect: percent(sum(found), len(found)) for aspect, found in agreements.items()}
    return Scores(
        documents=len(gold),
        missing_documents=sum(name not in predictions for name in gold),
        strict=_recognition(strict_hits, n_gold, n_predicted),
        lenient=_recognition(lenient_hits, n_gold, n_predicted),
        resolution=_resolution(errors),
        end_to_end=_end_to_end(errors, n_located, n_predicted, set_aside),
        placement=_placement(placed),
        literal=(
            _recognition(literal_hits, literal_gold, literal_predicted) if literal_gold else None
        ),
        never_placed=sum(never_placed) if never_placed else None,
        **shares,
    )


def _is_literal(toponym: Document) -> bool:
    return (toponym.get("role") or toponym.get("group")) == "literal"


def is_located(toponym: Document) -> bool:
    """Say whether a toponym has coordinates."""
    return toponym.get("lat") is not None


def _error_km(toponym: Document, guess: Document) -> float | None:
    if not is_located(guess):
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


def percent(part: int, whole: int) -> float | None:
    """Return a share in per cent, or None of nothing."""
    return 100.0 * part / whole if whole else None


def _f1(precision: float | None, recall: float | None) -> float | None:
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _recognition(hits: int, gold: int, predicted: int) -> Recognition:
    precision, recall = percent(hits, predicted), percent(hits, gold)
    return Recognition(precision, recall, _f1(precision, recall), hits, gold, predicted)


def _resolution(errors: Sequence[float | None]) -> ResolutionScores:
    resolved = [error for error in errors if error is not None]
    every = sorted(GREATEST_ERROR_KM if error is None else error for error in errors)
    return ResolutionScores(
        acc_161km=percent(sum(error <= FAR_KM for error in every), len(every)),
        acc_20km=percent(sum(error <= NEAR_KM for error in every), len(every)),
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
    precision, recall = percent(hits, predicted - set_aside), percent(hits, located)
    return EndToEnd(precision, recall, _f1(precision, recall), hits, located, predicted, set_aside)


def _placement(placed: Sequence[tuple[float | None, bool] | None]) -> Placement:
    """Measure the placed; each is its confidence and whether it is right, None if unplaced."""
    known = [answer for answer in placed if answer is not None]
    stated = [(confidence, right) for confidence, right in known if confidence is not None]
    curve = []
    for threshold in _THRESHOLDS if stated else ():
        above = [right for confidence, right in stated if confidence >= threshold]
        curve.append((threshold, percent(len(above), len(placed)), percent(sum(above), len(above))))
    return Placement(
        percent(len(known), len(placed)),
        percent(sum(right for _, right in known), len(known)),
        _calibration_error(stated),
        tuple(curve),
    )


def _calibration_error(stated: Sequence[tuple[float, bool]]) -> float | None:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in stated:
        bins.setdefault(min(int(confidence * 10), 9), []).append((confidence, right))
    if not stated:
        return None
    return sum(
        abs(sum(confidence for confidence, _ in own) - sum(right for _, right in own))
        for own in bins.values()
    ) / len(stated)
