"""What the gazetteer alone can do: whether the right place is among the bearers of the name."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass
from functools import cache

from geomap.evaluation.documents import Document, Documents
from geomap.evaluation.scores import FAR_KM, distance_km, is_located, percent
from geomap.records import Gazetteer, Place

#: So many of the most prominent bearers of a name are looked at.
CANDIDATES = 50
_LONGEST_ABBREVIATION = 5


@dataclass(frozen=True, slots=True)
class Missed:
    """A name that has no candidate where the gold has it.

    Parameters
    ----------
    kind
        What the gold says it is: ``kind``, ``feature``, ``type`` or ``group``, whichever it has;
        where it says nothing, the name's form: abbreviation, one word, several words.
    name
        As it stands in the text.
    mentions
        How many there are.
    candidates
        How many places bear the name, all of them elsewhere.
    nearest_km
        How far the nearest of these is from the gold, of the nearest mention; None without any.
    """

    kind: str
    name: str
    mentions: int
    candidates: int
    nearest_km: float | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the located gold toponyms the gazetteer has, under the name as the text has it.

    Parameters
    ----------
    located
        How many there are.
    share
        Per cent with a candidate within 161 km among the 50 most prominent bearers.
    most_populous
        Per cent whose most populous candidate lies within 161 km: the customary baseline.
    mean_candidates, median_candidates
        How many candidates a mention has.
    missed
        The rest: kinds with the most mentions first, and the names so within each.
    """

    located: int
    share: float | None
    most_populous: float | None
    mean_candidates: float | None
    median_candidates: float | None
    missed: tuple[Missed, ...]


def coverage(gold: Documents, gazetteer: Gazetteer) -> Coverage:
    """Measure what the gazetteer has of the located gold toponyms."""
    candidates = cache(lambda name: candidates_of(name, gazetteer))
    missed: Counter[tuple[str, str]] = Counter()
    nearest: dict[tuple[str, str], float | None] = {}
    counts: list[int] = []
    most_populous_right = 0
    for document in gold.values():
        for toponym in filter(is_located, document["toponyms"]):
            name = document["text"][toponym["start"] : toponym["end"]]
            places = candidates(name)
            counts.append(len(places))
            away = [
                distance_km(toponym["lat"], toponym["lon"], place.latitude, place.longitude)
                for place in places
            ]
            if not away or min(away) > FAR_KM:
                key = _kind(toponym, name), name
                missed[key] += 1
                nearest[key] = min([*away, nearest.get(key) or min(away)]) if away else None
            else:
                most_populous_right += away[places.index(most_populous(places))] <= FAR_KM
    of_kind: Counter[str] = Counter()
    for (kind, _), mentions in missed.items():
        of_kind[kind] += mentions
    ranked = sorted(missed, key=lambda key: (-of_kind[key[0]], key[0], -missed[key], key[1]))
    return Coverage(
        located=len(counts),
        share=percent(len(counts) - missed.total(), len(counts)),
        most_populous=percent(most_populous_right, len(counts)),
        mean_candidates=statistics.fmean(counts) if counts else None,
        median_candidates=statistics.median(counts) if counts else None,
        missed=tuple(
            Missed(*key, missed[key], len(candidates(key[1])), nearest[key]) for key in ranked
        ),
    )


def candidates_of(name: str, gazetteer: Gazetteer) -> list[Place]:
    """Return the most prominent places that bear a name."""
    return [candidate.place for candidate in gazetteer.lookup(name, limit=CANDIDATES)]


def most_populous(places: list[Place]) -> Place:
    """Return the place with the most inhabitants; of equals the most prominent."""
    return max(places, key=lambda place: place.population)


def _kind(toponym: Document, name: str) -> str:
    for key in ("kind", "feature", "type", "group"):
        if toponym.get(key):
            return str(toponym[key])
    letters = name.replace(".", "")
    if letters.isupper() and len(letters) <= _LONGEST_ABBREVIATION:
        return "abbreviation"
    return "several words" if " " in name.strip() else "one word"
