"""Says in words why a place was chosen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from geomap.records import Place
from geomap.resolution.context import Surroundings
from geomap.resolution.features import KINDS, Rows, distances
from geomap.resolution.home import Home

#: Two places so near each other vouch for each other, km.
_NEAR_KM = 60.0
#: A neighbour vouches only where it is itself this probable.
_SURE = 0.5


class Evidence:
    """All that the resolver knew of an article, and what it makes of each name.

    Parameters
    ----------
    rows
        The candidates.
    around
        What stands around each toponym.
    probability
        Of each candidate.
    home
        Where the article's paper is at home.
    """

    def __init__(
        self,
        rows: Rows,
        around: Sequence[Surroundings],
        probability: Sequence[float],
        home: Home,
    ) -> None:
        self.rows = rows
        self.around = around
        self.probability = probability
        self.home = home
        self.group: list[int] = rows.group.tolist()
        #: What each toponym most probably means, where that is probable enough.
        self.best = [self._best(i) for i in range(len(around))]
        #: The same once for each name and place, in the order of the text.
        self.named = list(
            {
                (group, place.id): (group, place)
                for group, place in zip(self.group, self.best, strict=True)
                if place is not None
            }.values()
        )
        #: Countries and regions among these, by country.
        self.areas: dict[str | None, list[tuple[int, Place]]] = defaultdict(list)
        for group, place in self.named:
            if place.kind in ("country", "region"):
                self.areas[place.country_code].append((group, place))
        #: The first word that says of a name what kind of place it is.
        self.cues: dict[tuple[int, str | None], str] = {}
        for group, own in zip(self.group, around, strict=True):
            self.cues.setdefault((group, own.cue), own.cue_word)
        settlements = [(g, place) for g, place in self.named if place.kind == "settlement"]
        self.settlements = [place for _, place in settlements]
        self.settlement_group = np.array([group for group, _ in settlements])
        self.settlement_id = np.array([place.id for place in self.settlements])
        self.latitudes = np.array([place.latitude for place in self.settlements])
        self.longitudes = np.array([place.longitude for place in self.settlements])
        #: What `_named_around` says of a name and place: both come again and again.
        self.said: dict[tuple[int, str], list[str]] = {}

    def _best(self, i: int) -> Place | None:
        best = max(self.rows.of(i), key=self.probability.__getitem__, default=None)
        if best is None or self.probability[best] < _SURE:
            return None
        return self.rows.flat[best].place


def reasons_for(evidence: Evidence, i: int, chosen: int) -> tuple[str, ...]:
    """Return up to three short clauses on why row `chosen` is what toponym `i` means."""
    rows = evidence.rows
    candidate = rows.flat[chosen]
    place = candidate.place
    found: list[str] = []
    if candidate.part:
        found.append(f"only '{candidate.matched_name}' of the name is in the gazetteer")
    elif candidate.name_type in ("adjective", "demonym", "language"):
        found.append(f"{candidate.name_type} of {place.name}")
    elif candidate.name_type == "historical":
        found.append(f"an older name of {place.name}")
    elif candidate.name_type == "abbreviation":
        found.append(f"abbreviation of {place.name}")
    found += _cue(evidence, i, chosen)
    found += _containment(evidence, i, place)
    found += _named_around(evidence, i, place)
    found += _paper(evidence, place)
    if len(found) < 3:
        found += _prominence(evidence, i, chosen)
    return tuple(dict.fromkeys(found))[:3]


def _cue(evidence: Evidence, i: int, chosen: int) -> list[str]:
    kind = KINDS[evidence.rows.kind[chosen]]
    own = evidence.around[i]
    if own.cue == kind or (own.cue == "office" and kind == "region"):
        return [f"'{own.cue_word}' stands beside the name"]
    if own.cue is None:
        word = evidence.cues.get((evidence.group[i], kind))
        if word is not None:
            return [f"the article says '{word}' beside this name elsewhere"]
    return []


def _containment(evidence: Evidence, i: int, place: Place) -> list[str]:
    found = []
    for link in (*evidence.around[i].within, *evidence.around[i].comma):
        container = evidence.best[link]
        if container and contains(container, place):
            found.append(f"the text puts it in {container.name}")
    return list(reversed(found))[:1]


def _named_around(evidence: Evidence, i: int, place: Place) -> list[str]:
    """Name the region, the near place, the country that the article also names."""
    group = evidence.group[i]
    if (known := evidence.said.get((group, place.id))) is not None:
        return known
    found = evidence.said[group, place.id] = []
    areas = evidence.areas.get(place.country_code, ())
    containers = [other for g, other in areas if g != group and contains(other, place)]
    for kind in ("region", "country"):
        names = [other.name for other in containers if other.kind == kind]
        if names:
            found.append(f"the article also names {names[0]}")
            break
    if place.kind in ("settlement", "facility", "natural") and evidence.settlements:
        km = distances(
            np.array([place.latitude]),
            np.array([place.longitude]),
            evidence.latitudes,
            evidence.longitudes,
        )[0]
        km[evidence.settlement_group == group] = np.inf
        km[evidence.settlement_id == place.id] = np.inf
        closest = int(km.argmin())
        if km[closest] <= _NEAR_KM:
            near = evidence.settlements[closest]
            found.append(f"{km[closest]:.0f} km from {near.name}, also named")
    return found


def _paper(evidence: Evidence, place: Place) -> list[str]:
    """Say that the paper is at home there."""
    home = evidence.home
    if not home.name or home.admin1_code is None or place.kind == "country":
        return []
    if (place.country_code, place.admin1_code) != (home.country_code, home.admin1_code):
        return []
    where = place.admin1_name or place.name
    return [f"{home.name} is a paper of {where}"]


def _prominence(evidence: Evidence, i: int, chosen: int) -> list[str]:
    rows = evidence.rows
    own = rows.of(i)
    if rows.flat[chosen].place.kind == "country":
        return []
    if len(own) == 1:
        return ["the only place of this name that is known"]
    if rows.score[chosen] == max(rows.score[k] for k in own):
        return [f"the most prominent of the {len(own)} places of this name"]
    return []


def contains(area: Place, place: Place) -> bool:
    """Say whether a country, region or county contains a place, by their codes."""
    if area.id == place.id or area.country_code is None or area.country_code != place.country_code:
        return False
    if area.kind == "country":
        return place.kind != "country"
    if area.kind != "region" or area.admin1_code is None or area.admin1_code != place.admin1_code:
        return False
    if area.feature_code == "ADM2":
        return area.admin2_code == place.admin2_code
    return place.feature_code != "ADM1"
