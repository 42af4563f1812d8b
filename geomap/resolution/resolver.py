"""Decides which place each toponym means: a conditional logit in two passes."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from geomap.errors import GazetteerError
from geomap.records import Alternative, Article, Candidate, Resolution, Toponym
from geomap.resolution.approximate import approximate
from geomap.resolution.context import surroundings
from geomap.resolution.features import (
    FIRST_PASS,
    NOTHING,
    SECOND_PASS,
    Floats,
    Rows,
    first_pass,
    nothing,
    second_pass,
)
from geomap.resolution.home import home_of
from geomap.resolution.reasons import Evidence, reasons_for
from geomap.sentences import sentences
from geomap.settings import DATA

#: Below this probability a name stays unplaced; chosen on the development corpora.
THRESHOLD = 0.5


class ContextResolver:
    """Weighs each candidate's prominence against what the article says around the name.

    The first pass looks at the name, the words beside it and the countries and regions that the
    article names; the second lets the places that the first found vouch for each other.
    Probabilities are a softmax over a name's candidates and the answer "none of these".

    Parameters
    ----------
    threshold
        Least probability at which a name is placed.
    weights
        Weight of each feature in each pass; by default those that geomap carries.
    """

    def __init__(
        self, threshold: float = THRESHOLD, weights: dict[str, dict[str, float]] | None = None
    ) -> None:
        weights = weights or _default_weights()
        both = FIRST_PASS + SECOND_PASS
        self._threshold = threshold
        self._first = np.array([weights["first"][name] for name in FIRST_PASS])
        self._first_nothing = np.array([weights["first_nothing"][name] for name in NOTHING])
        self._second = np.array([weights["second"][name] for name in both])
        self._second_nothing = np.array([weights["second_nothing"][name] for name in NOTHING])

    def resolve(
        self,
        article: Article,
        toponyms: Sequence[Toponym],
        candidates: Sequence[Sequence[Candidate]],
    ) -> list[Resolution]:
        """Return one resolution a toponym; a name that cannot be placed has none and says why.

        Parameters
        ----------
        article
            The article.
        toponyms
            Its toponyms in the order of the text.
        candidates
            ``candidates[i]`` are those of ``toponyms[i]``.
        """
        if not toponyms:
            return []
        rows = Rows(toponyms, candidates)
        around = surroundings(article.text, toponyms)
        starts = [start for start, _ in sentences(article.text)]
        sentence = [bisect_right(starts, toponym.start) for toponym in toponyms]
        home = home_of(article)
        features = first_pass(rows, around, sentence, home)
        none = nothing(rows, toponyms)
        probability = probabilities(features @ self._first, none @ self._first_nothing, rows.first)
        features = np.hstack([features, second_pass(rows, around, probability)])
        probability = probabilities(
            features @ self._second, none @ self._second_nothing, rows.first
        )
        evidence = Evidence(rows, around, probability.tolist(), home)
        found = [self._resolution(i, t, rows, evidence) for i, t in enumerate(toponyms)]
        return approximate(found, around, sentence, self._threshold)

    def _resolution(self, i: int, toponym: Toponym, rows: Rows, evidence: Evidence) -> Resolution:
        probability = evidence.probability
        own = rows.of(i)
        if not own:
            return Resolution(toponym, None, 0.0, ("no place of this name in the gazetteer",))
        ranked = sorted(own, key=probability.__getitem__, reverse=True)
        best = ranked[0]
        # A town and the county of its name around it are one place at two sizes: as long as the
        # text leaves open which, each vouches for the other.
        confidence = round(sum(probability[k] for k in own if rows.nested(best, k)), 3)
        others = tuple(
            Alternative(rows.flat[k].place, round(probability[k], 3)) for k in ranked[:4]
        )
        if confidence < self._threshold:
            doubt = (
                f"none of {len(own)} places of this name fits the article well enough"
                if len(own) > 1
                else "the only place of this name does not fit the article well enough"
            )
            return Resolution(toponym, None, confidence, (doubt,), others[:3])
        candidate = rows.flat[best]
        return Resolution(
            toponym,
            candidate.place,
            confidence,
            reasons_for(evidence, i, best),
            others[1:],
            "area" if candidate.part else "exact",
        )


def probabilities(scores: Floats, none: Floats, first: Any) -> Floats:
    """Return each candidate's probability: a softmax over a toponym's candidates and "none"."""
    owner = np.repeat(np.arange(len(none)), np.diff(first))
    top = none.copy()
    np.maximum.at(top, owner, scores)
    raised = np.exp(scores - top[owner])
    total = np.exp(none - top)
    np.add.at(total, owner, raised)
    result: Floats = raised / total[owner]
    return result


@cache
def _default_weights() -> dict[str, dict[str, float]]:
    return read_weights(DATA / "resolver.json")


def read_weights(path: Path) -> dict[str, dict[str, float]]:
    """Read the weights of a resolver.

    Raises
    ------
    GazetteerError
        Where the file is missing, damaged or of another version.
    """
    try:
        weights: dict[str, dict[str, float]] = json.loads(path.read_text("utf-8"))
        wanted = {
            "first": FIRST_PASS,
            "first_nothing": NOTHING,
            "second": FIRST_PASS + SECOND_PASS,
            "second_nothing": NOTHING,
        }
        if any(set(weights[key]) != set(names) for key, names in wanted.items()):
            raise ValueError("its features are not this version's")
    except (OSError, ValueError, KeyError) as error:
        raise GazetteerError(
            f"{path}: cannot read the resolver ({error}); install geomap again"
        ) from error
    return weights
