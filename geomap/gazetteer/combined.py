"""The embedded gazetteer and GeoNames' whole countries, asked as one."""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Callable, Collection
from functools import cache, cached_property, lru_cache
from typing import Any

from geomap import settings
from geomap.gazetteer.base import (
    ANSWERS,
    MappedGazetteer,
    check_query,
    distance_between,
    spelling_distance,
)
from geomap.gazetteer.embedded import EmbeddedGazetteer, embedded
from geomap.gazetteer.geonames import GeonamesGazetteer, installed
from geomap.names import fold
from geomap.records import Candidate, Kind, Place

#: Within this many km of a point without extent, a feature of its name and kind is the same one.
_SAME_KM = 5.0


class CombinedGazetteer:
    """Both gazetteers' places, each once.

    A place that both have keeps the type and the score of its name that the embedded one gives,
    which weighs names with more care, and the record that knows more of it.

    Parameters
    ----------
    ours
        The embedded gazetteer.
    theirs
        GeoNames' whole countries.
    """

    def __init__(self, ours: EmbeddedGazetteer, theirs: GeonamesGazetteer) -> None:
        self.embedded = ours
        self.geonames = theirs
        self._countries = theirs.info()["places_by_country"].keys()
        self._best = lru_cache(maxsize=1 << 14)(self._find)

    def __reduce__(self) -> tuple[type[CombinedGazetteer], tuple[MappedGazetteer, ...]]:
        return type(self), (self.embedded, self.geonames)

    def __contains__(self, name: object) -> bool:
        """Whether some place bears `name`, in whatever spelling folds to the same."""
        return name in self.embedded or name in self.geonames

    def lookup(
        self,
        name: str,
        *,
        country_code: str | None = None,
        kind: Kind | None = None,
        limit: int = 10,
    ) -> list[Candidate]:
        """Return the places that bear `name`, as `MappedGazetteer.lookup` does."""
        check_query(kind, limit)
        if country_code is not None:
            country_code = country_code.upper()
        return list(self._answers(name, country_code, kind, limit))

    @cached_property
    def _answers(self) -> Callable[[str, str | None, Kind | None, int], list[Candidate]]:
        return lru_cache(maxsize=ANSWERS)(self._answer)

    def _answer(
        self, name: str, country_code: str | None, kind: Kind | None, limit: int
    ) -> list[Candidate]:
        how = (fold(name), name, country_code, kind, limit)
        ours = self.embedded.bearers_of(*how)
        theirs = {one.place.id: one for one in self.geonames.bearers_of(*how)}
        found = [self._merged(one, theirs.pop(one.place.id, None)) for one in ours]
        unnumbered = [one.place for one in ours if one.place.id.startswith("geomap:")]
        for place_id, candidate in theirs.items():
            if not any(_is_same(candidate.place, place) for place in unnumbered):
                known = self._ours(place_id)
                found.append(
                    _of(_richer(candidate.place, known), candidate) if known else candidate
                )
        if theirs:
            found.sort(key=_by_score)
        return found[:limit]

    def similar(
        self,
        name: str,
        limit: int = 10,
        *,
        country_code: str | None = None,
        kind: Kind | None = None,
    ) -> list[Candidate]:
        """Return places with a name spelled like `name`, as `MappedGazetteer.similar` does."""
        filters: dict[str, Any] = {"country_code": country_code, "kind": kind}
        closest: dict[str, Candidate] = {}
        for candidate in sorted(
            [
                *self.embedded.similar(name, limit, **filters),
                *self.geonames.similar(name, limit, **filters),
            ],
            key=lambda candidate: (spelling_distance(name, candidate), -candidate.score),
        ):
            closest.setdefault(candidate.place.id, candidate)
        return [
            _of(self._best(place_id) or candidate.place, candidate)
            for place_id, candidate in closest.items()
        ][:limit]

    def prefixes(self, text: str) -> list[str]:
        """Return the names that `text` begins with, shortest first."""
        return sorted({*self.embedded.prefixes(text), *self.geonames.prefixes(text)}, key=len)

    def place(self, place_id: str) -> Place | None:
        """Return the place with this id, or None."""
        return self._best(place_id)

    def names(self, place_ids: Collection[str]) -> dict[str, list[str]]:
        """Return all names of some places, as `MappedGazetteer.names` does; ours come first."""
        ours, theirs = self.embedded.names(place_ids), self.geonames.names(place_ids)
        return {
            place_id: list(dict.fromkeys((*ours[place_id], *theirs[place_id]))) for place_id in ours
        }

    def near(self, latitude: float, longitude: float, radius_km: float, limit: int) -> list[Place]:
        """Return the settlements around a point that the embedded gazetteer has."""
        return self.embedded.near(latitude, longitude, radius_km, limit)

    def country_name(self, code: str) -> str | None:
        """Return the short English name of a country (ISO 3166-1 alpha-2), or None."""
        return self.embedded.country_name(code) or self.geonames.country_name(code)

    def _merged(self, ours: Candidate, theirs: Candidate | None) -> Candidate:
        """Return our candidate with the record and the usage of the name that theirs has."""
        place = ours.place
        if theirs is not None:
            richer = _richer(theirs.place, place)
            return _of(richer, ours, theirs.language, theirs.colloquial)
        if place.country_code not in self._countries:  # of which they have nothing
            return ours
        return _of(self._best(place.id) or place, ours)

    def _find(self, place_id: str) -> Place | None:
        ours = self._ours(place_id)
        if ours is not None and ours.radius_km:
            return ours
        theirs = self.geonames.place(place_id)
        if theirs is not None and theirs.id != place_id:  # a region, asked for by its number
            theirs = self._best(theirs.id)
        if ours is None or theirs is None:
            return ours or theirs
        return _richer(theirs, ours)

    def _ours(self, place_id: str) -> Place | None:
        """Return our record of a place, or None: most of theirs are none of ours."""
        scheme, _, digits = place_id.partition(":")
        if scheme == "geonames" and digits.isascii() and digits.isdigit():
            wanted = int(digits)
            at = bisect.bisect_left(self._our_ids, wanted)
            if at == len(self._our_ids) or self._our_ids[at] != wanted:
                return None
        return self.embedded.place(place_id)

    @cached_property
    def _our_ids(self) -> array[int]:
        numbers = range(len(self.embedded))
        return array("I", sorted(map(self.embedded._geonames_id, numbers)))


def _richer(theirs: Place, ours: Place) -> Place:
    """Return the record that knows more; ours if it says how far the place reaches."""
    return ours if ours.radius_km else max(theirs, ours, key=_how_much_is_known)


def _of(
    place: Place, candidate: Candidate, language: str | None = None, colloquial: bool = False
) -> Candidate:
    """Return `candidate` with another record of its place, and what else is known of its name."""
    if place is candidate.place and not language and not colloquial:
        return candidate
    return Candidate(
        place,
        candidate.matched_name,
        candidate.name_type,
        candidate.score,
        language=language or candidate.language,
        colloquial=colloquial or candidate.colloquial,
    )


@cache
def default() -> EmbeddedGazetteer | CombinedGazetteer:
    """Return the gazetteer to use: the embedded one, with GeoNames' where the user built it.

    Opened once a process; ``default.cache_clear()`` makes the next call look again.

    Raises
    ------
    GazetteerError
        If either is damaged or of another format version.
    """
    folder = installed(settings.USER_DATA / "geonames")
    if folder is None:
        return embedded()
    return CombinedGazetteer(embedded(), GeonamesGazetteer(folder))


def _how_much_is_known(place: Place) -> int:
    return (
        bool(place.admin1_code)
        + bool(place.admin2_code)
        + bool(place.population)
        + (place.feature_code not in (None, "PPL"))
    )


def _is_same(place: Place, ours: Place) -> bool:
    """Whether GeoNames' place is one that we have without its number ("Black Sea")."""
    return ours.kind == place.kind and distance_between(place, ours) <= max(
        ours.radius_km, _SAME_KM
    )


def _by_score(candidate: Candidate) -> float:
    return -candidate.score
