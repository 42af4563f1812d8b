"""Asks an online service for the names that stay unplaced, and resolves them with its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from geomap.errors import GeocodingError
from geomap.gazetteer import embedded
from geomap.records import Article, Candidate, Place, Resolution, Resolver, Toponym
from geomap.resolution.context import Surroundings, surroundings

if TYPE_CHECKING:
    from geomap.geocoding import Geocoder

_MAX_CANDIDATES = 40
#: An answer so near a candidate of the gazetteer, in degrees, is the same place.
_SAME = 0.05
#: Crimea and Sevastopol are Ukraine's, whatever a service says.
_UKRAINES = {"UA.11", "UA.20"}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a service said of a name: candidates that agree with the text, or why there are none."""

    candidates: list[Candidate] = field(default_factory=list)
    note: str = ""


def consult(
    geocoder: Geocoder,
    resolver: Resolver,
    article: Article,
    toponyms: Sequence[Toponym],
    candidates: Sequence[Sequence[Candidate]],
    resolutions: Sequence[Resolution],
) -> list[Resolution]:
    """Ask for the names that no mention of which has an exact place, literal ones first.

    What the service knows outside the country or region that the text puts a name in is none of
    its candidates; the rest are weighed as the gazetteer's are. Other names stay as they are.

    Parameters
    ----------
    geocoder
        The service.
    resolver
        Weighs the candidates.
    article, toponyms, candidates
        As the resolver gets them.
    resolutions
        What it made of them without the service.

    Returns
    -------
    list of Resolution
        Those of names that were asked for say in ``reasons`` what came of it.
    """
    exact = {r.toponym.text for r in resolutions if r.place and r.precision == "exact"}
    wanted = [i for i, t in enumerate(toponyms) if t.form == "name" and t.text not in exact]
    around = surroundings(article.text, toponyms)
    answers: dict[str, _Answer] = {}
    for i in sorted(wanted, key=lambda i: toponyms[i].role != "literal"):
        name = toponyms[i].text
        if name not in answers:
            mentions = [k for k in wanted if toponyms[k].text == name]
            answers[name] = _ask(geocoder, name, mentions, candidates[i], around, resolutions)
    if not answers:
        return list(resolutions)
    merged = [
        [*own, *answers[t.text].candidates] if i in wanted else own
        for i, (t, own) in enumerate(zip(toponyms, candidates, strict=True))
    ]
    again = resolver.resolve(article, toponyms, merged)
    result = list(resolutions)
    for i in wanted:
        answer = answers[toponyms[i].text]
        result[i] = _explained(again[i] if answer.candidates else result[i], answer, geocoder)
    return result


def _ask(
    geocoder: Geocoder,
    name: str,
    mentions: Sequence[int],
    own: Sequence[Candidate],
    around: Sequence[Surroundings],
    resolutions: Sequence[Resolution],
) -> _Answer:
    areas = _stated(mentions, around, resolutions)
    countries = {area.country_code for area in areas}
    country_code = countries.pop() if len(countries) == 1 else None
    near = areas[0] if areas else _nearest(mentions[0], resolutions)
    try:
        found = geocoder.lookup(name, country_code=country_code, near=near, limit=_MAX_CANDIDATES)
    except GeocodingError as error:
        return _Answer(note=str(error))
    found = [one for one in _in_regions(found) if not any(_same(one, other) for other in own)]
    fitting = [one for one in found if not areas or any(_agrees(a, one.place) for a in areas)]
    if fitting:
        return _Answer(fitting, f"{geocoder.service} knows one in {_where(fitting[0].place)}")
    if found:
        where = f"{_where(found[0].place)}, and the text puts it in {areas[0].name}"
        return _Answer(note=f"{geocoder.service} knows it only in {where}")
    within = f" in {embedded().country_name(country_code)}" if country_code else ""
    other = "other " if own else ""
    return _Answer(note=f"{geocoder.service} knows no {other}place of this name{within}")


def _stated(
    mentions: Sequence[int], around: Sequence[Surroundings], resolutions: Sequence[Resolution]
) -> list[Place]:
    """Return the regions, else the countries, that the text puts a name in.

    "X in Ukraine" and "X, Ukraine" do so; "Ukraine's army took X" does not.
    """
    areas = {}
    for i in mentions:
        for link in (*(k for k in around[i].within if k > i), *around[i].comma):
            there = resolutions[link]
            if there.place and there.precision == "exact" and there.place.country_code:
                areas[there.place.id] = there.place
    regions = [area for area in areas.values() if area.kind == "region"]
    return regions or [area for area in areas.values() if area.kind == "country"]


def _nearest(i: int, resolutions: Sequence[Resolution]) -> Place | None:
    """Return the place of the nearest literal mention in the text."""
    near = sorted(range(len(resolutions)), key=lambda k: abs(k - i))
    places = (resolutions[k].place for k in near if resolutions[k].toponym.role == "literal")
    return next(filter(None, places), None)


def _agrees(area: Place, place: Place) -> bool:
    """Say whether a place may lie in an area, as far as their codes are known."""
    if place.country_code and place.country_code != area.country_code:
        return False
    codes = (area.admin1_code, place.admin1_code)
    return area.kind == "country" or None in codes or codes[0] == codes[1]


def _same(one: Candidate, other: Candidate) -> bool:
    a, b = one.place, other.place
    near = max(abs(a.latitude - b.latitude), abs(a.longitude - b.longitude)) <= _SAME
    return near and a.kind == b.kind and not other.part


def _in_regions(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Give candidates the codes of the first-order regions they lie in, by the outlines."""
    if not candidates:
        return []
    from geomap.regions import group

    def probe(place: Place) -> Place:  # of a county, too, the middle decides
        return replace(place, kind="settlement" if place.kind == "region" else place.kind)

    places = [one.place for one in candidates]
    by_country = group([probe(place) for place in places])
    by_point = group([replace(probe(p), country_code=None) for p in places])
    found = []
    for candidate in candidates:
        place = candidate.place
        region_id = by_point[place.id][0]
        if region_id not in _UKRAINES and place.country_code:
            region_id = by_country[place.id][0]
        if region_id and place.kind != "country":
            country_code, admin1_code = region_id.split(".", 1)
            region = embedded().place(f"admin1:{region_id}")
            place = replace(
                place,
                country_code=country_code,
                admin1_code=admin1_code,
                admin1_name=region.name if region else None,
            )
        found.append(replace(candidate, place=place))
    return found


def _where(place: Place) -> str:
    country = embedded().country_name(place.country_code or "")
    parts = filter(None, (place.admin1_name, country))
    return ", ".join(parts) or f"{place.latitude:.2f}, {place.longitude:.2f}"


def _explained(resolution: Resolution, answer: _Answer, geocoder: Geocoder) -> Resolution:
    ids = {candidate.place.id for candidate in answer.candidates}
    if resolution.place and resolution.place.id in ids:
        reasons = (f"found online by {geocoder.service}", *resolution.reasons[:2])
    else:
        reasons = (*resolution.reasons, answer.note)
    return replace(resolution, reasons=reasons)
