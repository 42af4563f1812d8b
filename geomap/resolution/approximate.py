"""Places for names that no gazetteer holds: what the text says contains them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geomap.names import fold
from geomap.records import Resolution
from geomap.resolution.context import Surroundings
from geomap.wordlists import FACILITIES

#: The container must itself be this sure.
_SURE = 0.6
#: How much of its certainty is left for what is only said to lie in it.
_SHARE = 0.9
#: A street or building is looked for in a settlement named so near before it, in toponyms.
_REACH = 3


def approximate(
    resolutions: Sequence[Resolution],
    around: Sequence[Surroundings],
    sentence: Sequence[int],
    threshold: float,
) -> list[Resolution]:
    """Place what is left unplaced at the region or settlement that the text puts it in.

    "The hamlet of X in Sumy region" is placed at Sumy Oblast, with precision ``region``; "X Street
    in Leeds" at Leeds, with precision ``area``.  A country is too large to stand for a place in it.

    Parameters
    ----------
    resolutions
        The article's, in the order of the text.
    around
        What stands around each toponym.
    sentence
        Number of each toponym's sentence.
    threshold
        Least confidence at which a name is placed.
    """
    result = list(resolutions)
    for i, own in enumerate(resolutions):
        if own.place is not None or own.toponym.form == "adjective":
            continue
        links = [*around[i].within, *around[i].comma]
        if set(fold(own.toponym.text).split()) & FACILITIES:
            links += [
                j for j in range(i - 1, max(i - 1 - _REACH, -1), -1) if sentence[j] == sentence[i]
            ]
        for link in reversed(links) if around[i].within else links:
            container = resolutions[link]
            place = container.place
            sure = container.confidence >= _SURE and container.precision == "exact"
            if place is None or not sure or place.kind not in ("region", "settlement"):
                continue
            confidence = round(container.confidence * _SHARE, 3)
            if confidence >= threshold:
                result[i] = replace(
                    own,
                    place=place,
                    confidence=confidence,
                    precision="area" if place.kind == "settlement" else "region",
                    reasons=(
                        f"the text puts it in {place.name}",
                        "the gazetteer has no such place there, so this is approximate",
                    ),
                    alternatives=(),
                )
                break
    return result
