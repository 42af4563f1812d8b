"""What speaks for each candidate: one row of numbers a candidate, the same for every article.

Two passes: the first looks at the name, its surroundings and what the article names outright; the
second also at how probable the first found the places around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from geomap.names import fold
from geomap.records import Candidate, Toponym
from geomap.resolution.context import Surroundings
from geomap.resolution.home import Home

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Kinds as the resolver tells them apart: a county is a second-order region.
KINDS = ("country", "region", "county", "settlement", "natural", "facility")
_COUNTRY, _REGION, _COUNTY = range(3)

_NAME_TYPES = {
    "variant": "variant",
    "abbreviation": "abbreviation",
    "historical": "historical",
    "adjective": "adjective",
    "demonym": "adjective",
    "language": "adjective",
}

FIRST_PASS = (
    "prior", "top", "alone", "alone_long", "gap", "runner_up", "population", *KINDS, "capital",
    "variant", "abbreviation", "historical", "adjective", "part", "other_name",
    "cue_region", "cue_county", "cue_settlement", "cue_natural", "cue_against", "cue_elsewhere",
    "region_without_cue", "facility_beside", "office_region", "office_below",
    "comma_inside", "comma_outside", "within_inside", "within_outside", "contains_neighbour",
    "contains_comma", "beside_container", "sibling_kind", "country_named", "country_share",
    "country_in_sentence", "region_named", "region_in_sentence", "home_country", "home_region",
    "home_near", "in_domain", "repeated", "long_name",
)  # fmt: skip

SECOND_PASS = (
    "first_probability", "same_name", "support_country", "support_region", "support_county",
    "support_near", "support_nearest",
)  # fmt: skip

NOTHING = ("none", "none_prior", "none_large", "none_many", "none_one_word", "none_score")

#: A region or country counts as named where it scores at most so far below the likeliest bearer.
_NAMED_MARGIN = 0.25
#: What the first pass finds less probable than this vouches for nothing.
_VOUCHES = 0.05
#: At most so many places vouch by their distance, so that long articles stay fast.
_MAX_ANCHORS = 100
#: As prominent as a city of some hundred thousand: the gazetteer lacks nothing as prominent.
_LARGE = 0.6
_NEAR_KM = 100.0
_EARTH_RADIUS_KM = 6371.0088
_KM_A_DEGREE = 111.0  # of latitude, rounded down


#: The same few thousand names come again and again.
_folded = lru_cache(maxsize=1 << 14)(fold)


class Rows:
    """The candidates of an article's toponyms, one after the other, as arrays.

    Parameters
    ----------
    toponyms, candidates
        As the resolver gets them.

    Attributes
    ----------
    flat : list of Candidate
        The candidates.
    first : numpy.ndarray
        ``first[i]:first[i + 1]`` are the rows of toponym i.
    owner : numpy.ndarray
        The toponym of each row.
    group : numpy.ndarray
        Number of each toponym's name; mentions of one name share it.
    country, region, county, place : numpy.ndarray
        Number of each row's country, region, county and place; 0 where it has none.
    """

    def __init__(
        self, toponyms: Sequence[Toponym], candidates: Sequence[Sequence[Candidate]]
    ) -> None:
        self.flat = list(chain.from_iterable(candidates))
        counts = np.array([len(own) for own in candidates], np.int64)
        self.first = np.concatenate([[0], np.cumsum(counts)])
        self.owner = np.repeat(np.arange(len(counts)), counts)
        places = [c.place for c in self.flat]
        self.latitude = np.array([p.latitude for p in places], float)
        self.longitude = np.array([p.longitude for p in places], float)
        self.population = np.array([p.population for p in places], float)
        self.score = np.array([c.score for c in self.flat], float)
        self.kind = np.array(
            [_COUNTY if p.feature_code == "ADM2" else KINDS.index(p.kind) for p in places],
            np.int64,
        )
        self.names = [_folded(t.text) for t in toponyms]
        # A name that is all punctuation folds to nothing, and is a name still.
        self.group = _numbered(f"={name}" for name in self.names) - 1
        self.country = _numbered(p.country_code or "" for p in places)
        self.region = _numbered(
            f"{p.country_code}.{p.admin1_code}" if p.admin1_code else "" for p in places
        )
        self.county = _numbered(
            f"{p.country_code}.{p.admin1_code}.{p.admin2_code}" if p.admin2_code else ""
            for p in places
        )
        self.place = _numbered(p.id for p in places)
        self.best = np.zeros(len(counts))
        np.maximum.at(self.best, self.owner, self.score)
        self._bounds = self.first.tolist()

    def of(self, toponym: int) -> range:
        """Return the rows of a toponym."""
        return range(self._bounds[toponym], self._bounds[toponym + 1])

    def area(self, row: int) -> tuple[int, int]:
        """Return the area that a row is, as (kind, number); number 0 where it is none."""
        kind = int(self.kind[row])
        if kind > _COUNTY:
            return kind, 0
        return kind, int((self.country, self.region, self.county)[kind][row])

    def lies_in(self, row: int) -> set[tuple[int, int]]:
        """Return the areas above a row."""
        codes = (self.country[row], self.region[row], self.county[row])
        return {(k, int(code)) for k, code in enumerate(codes[: self.kind[row]]) if code}

    def nested(self, row: int, other: int) -> bool:
        """Whether one of two rows, neither as large as a region, lies within the other."""
        if row == other:
            return True
        if min(self.kind[row], self.kind[other]) < _COUNTY:
            return False
        one, two = self.flat[row].place, self.flat[other].place
        radius = max(one.radius_km, two.radius_km)
        if abs(one.latitude - two.latitude) * _KM_A_DEGREE > radius:
            return False  # as almost always: spares the haversine
        a, b = (slice(k, k + 1) for k in (row, other))
        km = distances(self.latitude[a], self.longitude[a], self.latitude[b], self.longitude[b])
        return bool(km[0, 0] <= radius)


def _numbered(values: Iterable[str]) -> Ints:
    """Give each distinct string a number from 1 in order of appearance, 0 to the empty one."""
    numbers: dict[str, int] = {"": 0}
    return np.array([numbers.setdefault(v, len(numbers)) for v in values], np.int64)


def first_pass(
    rows: Rows,
    around: Sequence[Surroundings],
    sentence: Sequence[int],
    home: Home,
) -> Floats:
    """Return the features of the first pass, shape (rows, features of `FIRST_PASS`).

    Parameters
    ----------
    rows
        The candidates.
    around
        What stands around each toponym.
    sentence
        Number of each toponym's sentence.
    home
        Where the article's paper is at home.
    """
    columns = np.zeros((len(FIRST_PASS), len(rows.flat)))
    x = dict(zip(FIRST_PASS, columns, strict=True))  # views, that are filled in
    _of_the_name(rows, x)
    _cues(rows, around, x)
    _links(rows, around, x)
    _named(rows, np.asarray(sentence, np.int64), x)
    _home(rows, home, x)
    return columns.T.copy()


def _of_the_name(rows: Rows, x: dict[str, Floats]) -> None:
    """Say what is known without any context: prominence, kind, type of the name."""
    x["prior"][:] = rows.score
    x["gap"][:] = rows.score - rows.best[rows.owner]
    scores = rows.score.tolist()
    for own in map(rows.of, range(len(rows.names))):
        if len(own) == 1:
            x["alone"][own.start] = 1
        elif own:
            x["runner_up"][own.start : own.stop] = sorted(scores[own.start : own.stop])[-2]
        if own:
            x["top"][max(own, key=scores.__getitem__)] = 1
    x["population"][:] = np.log10(rows.population + 1) / 7
    for number, kind in enumerate(KINDS):
        x[kind][:] = rows.kind == number
    name_types = [_NAME_TYPES.get(candidate.name_type) for candidate in rows.flat]
    for name_type in filter(None, set(name_types)):
        x[name_type][:] = [own == name_type for own in name_types]
    x["part"][:] = [candidate.part for candidate in rows.flat]
    x["capital"][:] = [candidate.place.feature_code == "PPLC" for candidate in rows.flat]
    x["other_name"][:] = [
        _folded(candidate.place.name) != rows.names[owner]
        for candidate, owner in zip(rows.flat, rows.owner.tolist(), strict=True)
    ]
    mentions = np.bincount(rows.group) if len(rows.group) else np.zeros(0)
    x["repeated"][:] = np.log(mentions[rows.group[rows.owner]])
    x["long_name"][:] = np.array([" " in name for name in rows.names])[rows.owner]
    x["alone_long"][:] = x["alone"] * x["long_name"]


def _cues(rows: Rows, around: Sequence[Surroundings], x: dict[str, Floats]) -> None:
    """Compare each candidate's kind with the word beside the name, here or elsewhere."""
    number = {kind: k for k, kind in enumerate(KINDS)}
    cue = np.array([number.get(own.cue or "", -1) for own in around], np.int64)
    own_cue = cue[rows.owner]
    beside = own_cue == number["facility"]
    stated = (own_cue >= 0) & ~beside
    for kind in ("region", "county", "settlement", "natural"):
        x[f"cue_{kind}"][:] = (own_cue == number[kind]) & (rows.kind == number[kind])
    x["cue_against"][:] = stated & (own_cue != rows.kind)
    x["facility_beside"][:] = beside & (rows.kind >= number["settlement"])
    said = _among(_pairs(rows.group[rows.owner], rows.kind), _pairs(rows.group, cue)[cue >= 0])
    x["cue_elsewhere"][:] = said & (own_cue < 0)
    office = np.array([own.cue == "office" for own in around], bool)[rows.owner]
    x["office_region"][:] = office & (rows.kind == _REGION)
    x["office_below"][:] = office & (rows.kind > _REGION)
    x["region_without_cue"][:] = (rows.kind == _REGION) & ~said & (own_cue < 0)


def _links(rows: Rows, around: Sequence[Surroundings], x: dict[str, Floats]) -> None:
    """Weigh what the text says lies where: "Springfield, Ill.", "Ukraine's Sumy region"."""
    linked = {link for own in around for link in (*own.comma, *own.within)}
    areas = {link: _areas(rows, link) for link in linked}
    for i, own in enumerate(around):
        for name, links in (("comma", own.comma), ("within", own.within)):
            for row in rows.of(i) if links else ():
                verdict = _verdict(rows.lies_in(row), [areas[link] for link in links])
                if verdict > 0:
                    x[f"{name}_inside"][row] = verdict
                elif verdict < 0:
                    x[f"{name}_outside"][row] = -verdict
        above: set[tuple[int, int]] = set()
        if own.comma or own.within:
            above = above.union(*(rows.lies_in(row) for row in rows.of(i)))
        for link in (*own.comma, *own.within):
            for row in rows.of(link):
                if rows.area(row) in above:
                    x["contains_neighbour"][row] = 1
        for link in own.comma[:1]:  # what stands behind the comma is a container, if one is
            contains = np.array([rows.area(row) in above for row in rows.of(link)], bool)
            if contains.any():
                at = slice(rows.first[link], rows.first[link + 1])
                x["contains_comma"][at] = contains
                x["beside_container"][at] = ~contains
        beside = [
            int(rows.kind[max(of, key=rows.score.__getitem__)])
            for j in own.siblings
            if (of := rows.of(j))
        ]
        for row in rows.of(i) if beside else ():
            x["sibling_kind"][row] = beside.count(int(rows.kind[row])) / len(beside)


def _areas(rows: Rows, i: int) -> dict[tuple[int, int], float]:
    """Areas that toponym i may mean, each with how near it comes to the likeliest bearer."""
    found: dict[tuple[int, int], float] = {}
    for row in rows.of(i):
        area = rows.area(row)
        if area[1]:
            weight = 1.0 - float(rows.best[i] - rows.score[row])
            found[area] = max(found.get(area, 0.0), weight)
    return found


def _verdict(above: set[tuple[int, int]], linked: Sequence[dict[tuple[int, int], float]]) -> float:
    """Return above 0 where the text puts a candidate inside what contains it, -1 where outside."""
    verdict = 0.0
    for areas in linked:
        agreed = max((weight for area, weight in areas.items() if area in above), default=0.0)
        if agreed > 0:
            verdict = max(verdict, agreed)
        elif verdict <= 0 and areas and max(areas.values()) > 0.95:
            verdict = -1.0
    return verdict


def _named(rows: Rows, sentence: Ints, x: dict[str, Floats]) -> None:
    """Say whether the article names a candidate's country or region by another name."""
    group, line = rows.group[rows.owner], sentence[rows.owner]
    for label, kind, number, margin in (
        ("country", _COUNTRY, rows.country, 0.0),
        ("region", _REGION, rows.region, _NAMED_MARGIN),
    ):
        naming = (rows.kind == kind) & (rows.score >= rows.best[rows.owner] - margin) & (number > 0)
        below = rows.kind > kind
        by_name = _pairs(number, group)
        own = _among(by_name, by_name[naming])
        names = np.zeros(int(number.max(initial=0)) + 1, np.int64)
        for pair in set(by_name[naming].tolist()):
            names[pair >> _SHIFT] += 1
        x[f"{label}_named"][:] = below & (names[number] - own > 0)
        in_line = _pairs(number, line)
        x[f"{label}_in_sentence"][:] = below & _among(in_line, in_line[naming])
        if label == "country" and naming.any():
            mentions = np.bincount(number[naming], minlength=len(names))
            own_mentions = np.bincount(rows.owner[naming], minlength=len(rows.names))
            mine = own * np.minimum(own_mentions, 1)[rows.owner]
            x["country_share"][:] = np.maximum(mentions[number] - mine, 0) / naming.sum()


#: Two numbers are held in one: the first so many bits to the left.
_SHIFT = 32


def _pairs(first: Ints, second: Ints) -> Ints:
    return (first << _SHIFT) + second


def _among(pairs: Ints, wanted: Ints) -> NDArray[np.bool_]:
    """Say which pairs are among those wanted; for so few, a set is faster than sorting."""
    known = set(wanted.tolist())
    return np.array([pair in known for pair in pairs.tolist()], bool)


def _home(rows: Rows, home: Home, x: dict[str, Floats]) -> None:
    """Say how near each candidate is to the paper's home, and whether the paper bears its name."""
    if home.country_code:
        x["home_country"][:] = [c.place.country_code == home.country_code for c in rows.flat]
    if home.admin1_code:
        x["home_region"][:] = x["home_country"] * [
            c.place.admin1_code == home.admin1_code for c in rows.flat
        ]
    if home.latitude is not None and home.longitude is not None:
        at = np.array([home.latitude]), np.array([home.longitude])
        km = distances(rows.latitude, rows.longitude, *at)[:, 0]
        x["home_near"][:] = np.exp(-km / _NEAR_KM) * (rows.kind > _REGION)
    in_domain = np.array([len(n) > 3 and n.replace(" ", "") in home.host for n in rows.names], bool)
    below = (rows.score < rows.best[rows.owner]) & (rows.kind == KINDS.index("settlement"))
    x["in_domain"][:] = in_domain[rows.owner] & below


def second_pass(rows: Rows, around: Sequence[Surroundings], probability: Floats) -> Floats:
    """Return the features of the second pass, shape (rows, features of `SECOND_PASS`).

    A name has one vote however often it is repeated, and none for itself.

    Parameters
    ----------
    rows
        The candidates.
    around
        What stands around each toponym.
    probability
        Shape (rows,): what the first pass makes of each.
    """
    x = {name: np.zeros(len(rows.flat)) for name in SECOND_PASS}
    x["first_probability"] = probability
    group = rows.group[rows.owner]
    votes: dict[tuple[int, int], tuple[float, int]] = {}
    for row in np.flatnonzero(probability > _VOUCHES):
        key = int(group[row]), int(rows.place[row])
        votes[key] = max(votes.get(key, (0.0, 0)), (float(probability[row]), int(row)))
    keys = zip(group.tolist(), rows.place.tolist(), strict=True)
    best = np.array([votes.get(key, (0.0, 0))[0] for key in keys])
    # What stands beside a name says more than what it means elsewhere.
    plain = np.array([own.cue is None for own in around], bool)
    x["same_name"] = np.maximum(best - probability, 0.0) * plain[rows.owner]
    if not votes:
        return np.column_stack([x[name] for name in SECOND_PASS])
    weight = np.array([p for p, _ in votes.values()])
    voter = np.array([row for _, row in votes.values()])
    n_groups = int(rows.group.max()) + 1
    for label, number in (
        ("country", rows.country),
        ("region", rows.region),
        ("county", rows.county),
    ):
        total = np.bincount(number[voter], weight, minlength=int(number.max()) + 1)
        own = np.bincount(
            number[voter] * n_groups + group[voter], weight, minlength=len(total) * n_groups
        )
        support = (total[number] - own[number * n_groups + group]) * (number > 0)
        if label == "country":
            x["support_country"] = support / max(n_groups - 1, 1)
        else:
            x[f"support_{label}"] = np.minimum(support, 3) / 3
    points = [k for k in np.argsort(-weight, kind="stable") if rows.kind[voter[k]] >= _COUNTY]
    points = points[:_MAX_ANCHORS]
    if points:
        at = voter[points]
        km = distances(rows.latitude, rows.longitude, rows.latitude[at], rows.longitude[at])
        near = np.exp(-km / _NEAR_KM) * weight[points] * (group[:, None] != group[at][None, :])
        x["support_near"] = np.minimum(near.sum(axis=1), 3) / 3
        x["support_nearest"] = near.max(axis=1)
    return np.column_stack([x[name] for name in SECOND_PASS])


def distances(lat: Floats, lon: Floats, lats: Floats, lons: Floats) -> Floats:
    """Return the great-circle distances in km between two sets of points, by the haversine."""
    a, b = np.radians(lat)[:, None], np.radians(lats)[None, :]
    across = np.radians(lon)[:, None] - np.radians(lons)[None, :]
    h = np.sin((a - b) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(across / 2) ** 2
    result: Floats = 2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return result


def nothing(rows: Rows, toponyms: Sequence[Toponym]) -> Floats:
    """Return the features of the answer "none of these", shape (toponyms, `NOTHING`)."""
    counts = np.diff(rows.first)
    return np.column_stack(
        [
            np.ones(len(toponyms)),
            rows.best,
            np.maximum(rows.best - _LARGE, 0.0),
            np.log(counts + 1),
            np.array([" " not in t.text for t in toponyms], float),
            np.array([t.score for t in toponyms], float),
        ]
    )
