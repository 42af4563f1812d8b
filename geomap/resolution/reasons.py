"""Says in words why a place was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geomap.records import Place, Toponym
from geomap.resolution.context import Surroundings
from geomap.resolution.features import KINDS, Floats, Rows, distances
from geomap.resolution.home import Home

#: Two places so near each other vouch for each other, km.
_NEAR_KM = 60.0
#: A neighbour vouches only where it is itself this probable.
_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the resolver knew of an article."""

    toponyms: Sequence[Toponym]
    rows: Rows
    around: Sequence[Surroundings]
    probability: Floats
    home: Home


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
        for j, other in enumerate(evidence.around):
            if other.cue == kind and evidence.rows.group[j] == evidence.rows.group[i]:
                word = other.cue_word
                return [f"the article says '{word}' beside this name elsewhere"]
    return []


def _containment(evidence: Evidence, i: int, place: Place) -> list[str]:
    found = []
    for link in (*evidence.around[i].within, *evidence.around[i].comma):
        container = _best(evidence, link)
        if container and contains(container, place):
            found.append(f"the text puts it in {container.name}")
    return list(reversed(found))[:1]


def _named_around(evidence: Evidence, i: int, place: Place) -> list[str]:
    """Name the region, the near place, the country that the article also names."""
    rows, found = evidence.rows, []
    named = {
        place_.id: place_
        for j in range(len(evidence.toponyms))
        if rows.group[j] != rows.group[i] and (place_ := _best(evidence, j)) is not None
    }
    containers = [other for other in named.values() if contains(other, place)]
    for kind in ("region", "country"):
        names = [other.name for other in containers if other.kind == kind]
        if names:
            found.append(f"the article also names {names[0]}")
            break
    if place.kind in ("settlement", "facility", "natural"):
        near = [o for o in named.values() if o.kind == "settlement" and o.id != place.id]
        if near:
            km = distances(
                np.array([place.latitude]),
                np.array([place.longitude]),
                np.array([o.latitude for o in near]),
                np.array([o.longitude for o in near]),
            )[0]
            closest = int(km.argmin())
            if km[closest] <= _NEAR_KM:
                found.append(f"{km[closest]:.0f} km from {near[closest].name}, also named")
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


def _best(evidence: Evidence, i: int) -> Place | None:
    rows = evidence.rows
    own = rows.of(i)
    best = max(own, key=lambda k: evidence.probability[k], default=None)
    if best is None or evidence.probability[best] < _SURE:
        return None
    return rows.flat[best].place


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
