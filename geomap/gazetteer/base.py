"""What the gazetteers have in common: how a name is looked up, and how its bearers are ranked."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import marisa_trie

from geomap.errors import UsageError
from geomap.gazetteer.similar import close_names, distance
from geomap.names import fold
from geomap.records import KINDS, NAME_TYPES, Candidate, Kind, NameType, Place

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_EARTH_RADIUS = 6371.0088  # km, mean
#: So many answers are kept: news names the same places again and again.
ANSWERS = 1 << 13

#: What a posting's type number says a name is to its place, and how much less likely the place
#: is meant by it than by its canonical name. The last are variants with little in common with
#: the canonical name: mostly what the place was once called, and others are called now.
POSTING_TYPES: tuple[NameType, ...] = (*NAME_TYPES, "variant")
_WEIGHTS = {
    "canonical": 1.0,
    "variant": 0.92,
    "abbreviation": 0.95,
    "historical": 0.8,
    "adjective": 0.95,
    "demonym": 0.95,
    "language": 0.85,
}
POSTING_WEIGHTS: tuple[float, ...] = (*(_WEIGHTS[name_type] for name_type in NAME_TYPES), 0.65)


def prominence(kind: Kind, feature_code: str | None, population: int, radius_km: float) -> float:
    """Return how likely a place is meant where nothing is known but its name, 0 to 1.

    Countries stand above all else, settlements and regions grow with the logarithm of their
    population (capitals above their peers), what has no population with that of its extent.
    `POSTING_WEIGHTS` tells how much less it is for names other than the canonical one.
    """
    size = math.log10(population + 1) / 8
    if feature_code == "PCLH":
        base = 0.6
    elif kind == "country":
        base = 0.75 + 0.2 * size
    elif population and kind == "settlement":
        base = 0.05 + 0.85 * size + (0.12 if feature_code == "PPLC" else 0.0)
    elif feature_code == "ADM2":
        base = 0.75 * size
    elif population and kind == "region":
        base = 0.85 * size
    elif kind in ("region", "natural"):
        base = (0.45 if kind == "region" else 0.4) + 0.1 * math.log10(radius_km + 1)
    else:
        base = 0.36 if kind == "settlement" else 0.5  # in here because news names it
    return min(base, 1.0)


class MappedGazetteer(ABC):
    """A gazetteer on disk: a `geomap.records.Gazetteer` that finds the names of a text as well."""

    def __contains__(self, name: object) -> bool:
        """Whether some place bears `name`, in whatever spelling folds to the same."""
        return isinstance(name, str) and bool(self.lookup(name, limit=1))

    def lookup(
        self,
        name: str,
        *,
        country_code: str | None = None,
        kind: Kind | None = None,
        limit: int = 10,
    ) -> list[Candidate]:
        """Return the places that bear `name`, the most prominent first.

        Parameters
        ----------
        name
            The name in any case and script, with or without accents and apostrophes. Its
            capitals count only for abbreviations: "US" and "U.S." are the United States, "us"
            is not, "Ill." is Illinois, "ill" is not; and for names of one or two letters.
        country_code
            Only places of this country (ISO 3166-1 alpha-2).
        kind
            Only places of this kind.
        limit
            At most so many.

        Returns
        -------
        list of Candidate
            Empty where no place bears the name. ``score`` is the place's `prominence`, less for
            names other than its canonical one; ``matched_name`` is the canonical name if that
            is what matched, else `name` itself.

        Raises
        ------
        UsageError
            If `kind` is none of geomap's kinds or `limit` is below 1.
        """
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
        return self.bearers_of(fold(name), name, country_code, kind, limit)

    def bearers_of(
        self, key: str, name: str, country_code: str | None, kind: Kind | None, limit: int
    ) -> list[Candidate]:
        """Return what `lookup` does, of a name and its folded form; nothing is checked or kept."""
        first = name.lstrip("'\"‘’“”([ ")[:1]
        if len(key) <= 2 and key.isascii() and not first.isupper():
            return []
        abbreviated: bool | None = None
        found: list[Candidate] = []
        for type_number, number, usage in self._bearers(key):
            name_type = POSTING_TYPES[type_number]
            if name_type == "abbreviation":
                if abbreviated is None:
                    abbreviated = _is_abbreviation(name, first)
                if not abbreviated:
                    continue
            place, weight = self._place(number)
            if country_code is not None and place.country_code != country_code:
                continue
            if kind is not None and place.kind != kind:
                continue
            matched = place.name if name_type == "canonical" else name
            score = weight * POSTING_WEIGHTS[type_number]
            candidate = Candidate(place, matched, name_type, score)
            found.append(self._with_usage(candidate, usage) if usage else candidate)
            if len(found) == limit:
                break
        return found

    def similar(
        self,
        name: str,
        limit: int = 10,
        *,
        country_code: str | None = None,
        kind: Kind | None = None,
    ) -> list[Candidate]:
        """Return places with a name that is spelled like `name`, the closest spelling first.

        Meant for people to choose from; nothing in geomap takes one for the place meant.

        Parameters
        ----------
        name
            The name as for `lookup`.
        limit
            At most so many.
        country_code, kind
            As of `lookup`.

        Returns
        -------
        list of Candidate
            Each place once; ``matched_name`` is the spelling that is close, in small letters.
            Spellings of one distance are ranked by `Candidate.score`. The name itself, where
            places bear it, is among them.

        Raises
        ------
        UsageError
            As of `lookup`.
        """
        check_query(kind, limit)
        key = fold(name)
        found: dict[str, Candidate] = {}
        ranked: list[tuple[int, float, str]] = []
        for spelling, letters in close_names(key, self._tries_of(key)):
            for candidate in self.lookup(
                spelling, country_code=country_code, kind=kind, limit=limit
            ):
                place_id = candidate.place.id
                if place_id not in found:
                    found[place_id] = replace(candidate, matched_name=spelling)
                    ranked.append((letters, -candidate.score, place_id))
        return [found[place_id] for _, _, place_id in sorted(ranked)[:limit]]

    def prefixes(self, text: str) -> list[str]:
        """Return the names that `text` begins with, shortest first.

        Parameters
        ----------
        text
            Text as `geomap.names.fold` gives it.

        Returns
        -------
        list of str
            Folded names, each ending at a space of `text` or at its end. Whether such a name
            counts as the text has it (abbreviations need capitals) is for `lookup` to say.
        """
        length = len(text)
        return [
            name
            for name in self._trie(text).prefixes(text)
            if len(name) == length or text[len(name)] == " "
        ]

    def names(self, place_ids: Collection[str]) -> dict[str, list[str]]:
        """Return all names of some places, in one pass over the names of all.

        Parameters
        ----------
        place_ids
            Ids as `place` takes them.

        Returns
        -------
        dict
            Id -> names as `geomap.names.fold` gives them: the canonical one, variants,
            abbreviations, and so on; none for an id that is not known.
        """
        numbers = {place_id: self._number_of(place_id) for place_id in place_ids}
        known = {number for number in numbers.values() if number is not None}
        borne: dict[int | None, list[tuple[int, str]]] = defaultdict(list)
        for number, type_number, name in self._borne_by(known) if known else ():
            borne[number].append((type_number, name))
        return {
            place_id: [name for _, name in sorted(borne[number])]
            for place_id, number in numbers.items()
        }

    @abstractmethod
    def place(self, place_id: str) -> Place | None:
        """Return the place with this id, or None."""

    @abstractmethod
    def country_name(self, code: str) -> str | None:
        """Return the short English name of a country (ISO 3166-1 alpha-2), or None."""

    @abstractmethod
    def _trie(self, key: str) -> marisa_trie.Trie:
        """Return the trie that has the folded name `key`, and its beginnings, if any has."""

    @abstractmethod
    def _tries_of(self, key: str) -> Iterable[marisa_trie.Trie]:
        """Return the tries that have the names spelled like `key`."""

    @abstractmethod
    def _bearers(self, key: str) -> Iterable[tuple[int, int, int]]:
        """Yield number of posting type, place and usage; the most prominent bearers first."""

    @abstractmethod
    def _borne_by(self, numbers: Collection[int]) -> Iterator[tuple[int, int, str]]:
        """Yield number of place, posting type and folded name, for every name of these places."""

    @abstractmethod
    def _number_of(self, place_id: str) -> int | None:
        """Return the number of the place with this id, or None."""

    @abstractmethod
    def _place(self, number: int) -> tuple[Place, float]:
        """Return a place and its prominence."""

    @abstractmethod
    def _with_usage(self, candidate: Candidate, usage: int) -> Candidate:
        """Return `candidate` with what the number says of its name: language, colloquial."""


def spelling_distance(name: str, candidate: Candidate) -> int:
    """Return how far the spelling of an answer of `MappedGazetteer.similar` is from `name`."""
    return distance(fold(name), candidate.matched_name)


def check_query(kind: str | None, limit: int) -> None:
    """Raise `UsageError` unless `kind` is one of geomap's kinds and `limit` at least 1."""
    if kind is not None and kind not in KINDS:
        raise UsageError(f"no such kind of place: {kind!r}; use one of {', '.join(KINDS)}")
    if limit < 1:
        raise UsageError(f"limit must be at least 1, not {limit}")


def distance_km(
    latitude: float,
    longitude: float,
    latitudes: npt.NDArray[np.float64],
    longitudes: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return the great-circle distances from a point to others, in km (haversine)."""
    import numpy as np

    phi, phis = math.radians(latitude), np.radians(latitudes)
    half = (
        np.sin((phis - phi) / 2) ** 2
        + math.cos(phi) * np.cos(phis) * np.sin(np.radians(longitudes - longitude) / 2) ** 2
    )
    distances: npt.NDArray[np.float64] = (
        2 * _EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    )
    return distances


def distance_between(a: Place, b: Place) -> float:
    """Return the great-circle distance of two places, in km (haversine)."""
    phi, phi_b = math.radians(a.latitude), math.radians(b.latitude)
    half = (
        math.sin((phi_b - phi) / 2) ** 2
        + math.cos(phi)
        * math.cos(phi_b)
        * math.sin(math.radians(b.longitude - a.longitude) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS * math.asin(min(half, 1.0) ** 0.5)


def _is_abbreviation(name: str, first: str) -> bool:
    """Whether `name` is written as an abbreviation: "US", "U.S.", "Ill.", "Calif"."""
    letters = name.replace(".", "")
    return letters.isupper() or (first.isupper() and ("." in name or len(letters) >= 5))
