"""Trains the resolver: a conditional logit over each toponym's candidates, in two passes."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geomap.gazetteer import embedded
from geomap.geoparser import find_candidates
from geomap.records import Article, Candidate, Gazetteer, Toponym
from geomap.resolution.context import Surroundings, surroundings
from geomap.resolution.features import (
    FIRST_PASS,
    KINDS,
    NOTHING,
    SECOND_PASS,
    Floats,
    Rows,
    distances,
    first_pass,
    nothing,
    second_pass,
)
from geomap.resolution.home import home_of
from geomap.resolution.resolver import probabilities
from geomap.sentences import sentences
from geomap.writing import replacing

#: Gold and candidate are one place within this distance, the customary 100 miles.
FAR_KM = 161.0
_FOLDS = 5
_L2 = 0.3

#: Where the weights are drawn to, and how hard; the rest to 0. What the words beside a name say
#: is plain English; the corpora have too few of each to learn it from, and within 161 km a city
#: and the region of its name count as one. A name of several words that one place alone bears is
#: that place, though the corpora put half an ocean elsewhere; and what is as prominent as a large
#: city is hardly ever a namesake that the gazetteer lacks.
_EXPECTED = {
    "none_large": (-8.0, 10.0),
    "alone": (0.0, 30.0),
    "alone_long": (2.0, 100.0),
    "long_name": (0.0, 10.0),
    "facility": (1.0, 10.0),
    "cue_region": (5.0, 100.0),
    "cue_county": (5.0, 100.0),
    "cue_settlement": (3.0, 30.0),
    "cue_natural": (4.0, 30.0),
    "cue_against": (-0.5, 30.0),
    "cue_elsewhere": (2.5, 10.0),
    "comma_inside": (2.0, _L2),
    "within_inside": (2.0, _L2),
    "same_name": (2.0, _L2),
}


@dataclass
class Case:
    """An annotated article with its candidates, their features, and which of them are right."""

    id: str
    corpus: str
    rows: Rows
    around: list[Surroundings]
    first: Floats
    none: Floats
    located: np.ndarray[Any, np.dtype[np.bool_]]
    right: np.ndarray[Any, np.dtype[np.bool_]]


Weights = tuple[Floats, Floats]


def read_cases(paths: Iterable[Path], gazetteer: Gazetteer) -> list[Case]:
    """Read annotated corpora and compute the first pass' features on the gold spans."""
    cases = []
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            cases += [_case(json.loads(line), gazetteer) for line in lines]
    return cases


def _case(document: dict[str, Any], gazetteer: Gazetteer) -> Case:
    gold = sorted(document["toponyms"], key=lambda t: t["start"])
    candidates = [find_candidates(gazetteer, t["text"]) for t in gold]
    toponyms = [
        Toponym(t["text"], t["start"], t["end"], form="adjective" if _adjective(own) else "name")
        for t, own in zip(gold, candidates, strict=True)
    ]
    article = Article(
        document["id"], document["text"], source=document.get("source"), url=document.get("url")
    )
    starts = [start for start, _ in sentences(article.text)]
    rows = Rows(toponyms, candidates)
    around = surroundings(article.text, toponyms)
    right = np.zeros(len(rows.flat), bool)
    for i, toponym in enumerate(gold):
        own = slice(rows.first[i], rows.first[i + 1])
        if toponym.get("lat") is not None and own.start < own.stop:
            right[own] = _right(toponym, rows, own)
    return Case(
        document["id"],
        document["corpus"],
        rows,
        around,
        first_pass(
            rows,
            around,
            [bisect_right(starts, t.start) for t in toponyms],
            home_of(article),
        ),
        nothing(rows, toponyms),
        np.array([t.get("lat") is not None for t in gold], bool),
        right,
    )


def _adjective(candidates: Sequence[Candidate]) -> bool:
    return bool(candidates) and candidates[0].name_type in ("adjective", "demonym", "language")


def _right(gold: dict[str, Any], rows: Rows, own: slice) -> Any:
    """Say which candidates are the gold place: the same record, the same kind, or the nearest."""
    candidates = rows.flat[own]
    km = distances(
        np.array([gold["lat"]]),
        np.array([gold["lon"]]),
        rows.latitude[own],
        rows.longitude[own],
    )[0]
    same = np.array([c.place.id == f"geonames:{gold.get('geonameid')}" for c in candidates])
    if same.any():
        return same
    # A sea, a continent, a large country has no one right point: anywhere within it will do.
    near = km <= np.maximum(FAR_KM, [c.place.radius_km for c in candidates])
    feature = gold.get("feature") or ""
    for prefix, kind in (("A.ADM1", "region"), ("A.ADM2", "county"), ("P", "settlement")):
        of_kind = near & (rows.kind[own] == KINDS.index(kind))
        if feature.startswith(prefix) and of_kind.any():
            return of_kind
    if not near.any() and rows.kind[own.start] == KINDS.index("country"):
        return np.arange(len(km)) == 0  # Wikipedia's point of a country may lie far from GeoNames'
    return near & (km <= max(km.min() * 1.5, 20.0))


def fit(cases: Sequence[Case], features: Sequence[Floats]) -> Weights:
    """Fit one pass: weights of the candidates' features and of those of "none of these".

    The likelihood is that of any right candidate, or of none where no candidate is right; each
    corpus counts the same.
    """
    from scipy.optimize import minimize

    share = Counter[str]()
    for case in cases:
        share[case.corpus] += int(case.located.sum())
    x: list[Floats] = []
    y, owner, weight = [], [], []
    none: list[Floats] = []
    for case, own_features in zip(cases, features, strict=True):
        for i in np.flatnonzero(case.located):
            own = slice(case.rows.first[i], case.rows.first[i + 1])
            x.append(own_features[own])
            y.append(case.right[own])
            owner.append(np.full(own.stop - own.start, len(none)))
            none.append(case.none[i])
            weight.append(1000.0 / share[case.corpus])
    width = features[0].shape[1]
    names = (FIRST_PASS + SECOND_PASS)[:width] + NOTHING
    expected, pull = np.array([_EXPECTED.get(name, (0.0, _L2)) for name in names]).T
    loss = _loss(
        np.vstack(x),
        np.vstack(none),
        np.concatenate(y),
        np.concatenate(owner),
        np.array(weight),
        expected,
        pull,
    )
    found = minimize(loss, expected, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return found[:width], found[width:]


def _loss(
    x: Floats, none: Floats, right: Any, owner: Any, weight: Floats, expected: Floats, pull: Floats
) -> Callable[[Floats], tuple[float, Floats]]:
    covered = np.zeros(len(none), bool)
    covered[owner[right]] = True
    width = x.shape[1]

    def loss(w: Floats) -> tuple[float, Floats]:
        score, none_score = x @ w[:width], none @ w[width:]
        top = none_score.copy()
        np.maximum.at(top, owner, score)
        raised, none_raised = np.exp(score - top[owner]), np.exp(none_score - top)
        total = none_raised + np.bincount(owner, raised, len(none))
        good = np.where(covered, np.bincount(owner, raised * right, len(none)), none_raised)
        value = -(weight * np.log(good / total)).sum() + pull @ (w - expected) ** 2
        excess = raised / total[owner] - np.where(right & covered[owner], raised / good[owner], 0.0)
        none_excess = none_raised / total - ~covered
        gradient = np.concatenate([x.T @ (excess * weight[owner]), none.T @ (none_excess * weight)])
        return value, gradient + 2 * pull * (w - expected)

    return loss


def predict(case: Case, features: Floats, weights: Weights) -> Floats:
    """Return the probability of each of a case's candidates."""
    return probabilities(features @ weights[0], case.none @ weights[1], case.rows.first)


def fold_of(document_id: str) -> int:
    """Return the cross-validation fold of a document: a hash of its id."""
    return int(hashlib.sha256(document_id.encode()).hexdigest(), 16) % _FOLDS


def cross_validated(cases: Sequence[Case], features: Sequence[Floats]) -> list[Floats]:
    """Return each candidate's probability by models that have not seen its article."""
    result: dict[int, Floats] = {}
    for fold in range(_FOLDS):
        seen = [k for k, case in enumerate(cases) if fold_of(case.id) != fold]
        weights = fit([cases[k] for k in seen], [features[k] for k in seen])
        for k in set(range(len(cases))) - set(seen):
            result[k] = predict(cases[k], features[k], weights)
    return [result[k] for k in range(len(cases))]


def with_second_pass(cases: Sequence[Case], probability: Sequence[Floats]) -> list[Floats]:
    """Add the features of the second pass, from what a first pass found."""
    return [
        np.hstack([case.first, second_pass(case.rows, case.around, p)])
        for case, p in zip(cases, probability, strict=True)
    ]


def learn(cases: Sequence[Case]) -> dict[str, dict[str, float]]:
    """Fit both passes and return their weights, as :class:`ContextResolver` takes them.

    The second pass learns from what cross-validated first passes found, so that it does not take
    their answers for surer than they are.
    """
    features = [case.first for case in cases]
    first = fit(cases, features)
    second = fit(cases, with_second_pass(cases, cross_validated(cases, features)))
    named = {
        "first": (FIRST_PASS, first[0]),
        "first_nothing": (NOTHING, first[1]),
        "second": (FIRST_PASS + SECOND_PASS, second[0]),
        "second_nothing": (NOTHING, second[1]),
    }
    return {
        key: {name: round(float(value), 4) for name, value in zip(*pair, strict=True)}
        for key, pair in named.items()
    }


def train_resolver(news: Sequence[Path], out: Path) -> int:
    """Train the resolver on annotated news, write its weights as JSON; return the articles' number.

    Parameters
    ----------
    news
        Annotated corpora with coordinates.
    out
        The file to write.
    """
    cases = read_cases(news, embedded())
    with replacing(out) as temporary:
        temporary.write_text(json.dumps(learn(cases), indent=1) + "\n", "utf-8")
    return len(cases)
