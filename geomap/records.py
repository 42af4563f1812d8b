"""The records that pass from one stage to the next, and the protocols where stages meet.

Every record is frozen: a stage makes new ones and never changes what it was given.
Latitudes and longitudes are decimal degrees, WGS 84; distances are kilometres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, get_args

Role = Literal["literal", "associative"]
Form = Literal["name", "adjective"]
Kind = Literal["country", "region", "settlement", "natural", "facility"]
Precision = Literal["exact", "area", "region"]
NameType = Literal[
    "canonical", "variant", "abbreviation", "historical", "adjective", "demonym", "language"
]

KINDS: tuple[Kind, ...] = get_args(Kind)
NAME_TYPES: tuple[NameType, ...] = get_args(NameType)


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was read.

    Parameters
    ----------
    id
        Unique within a run: the file's name without its suffix, or the line's own ``id``.
    text
        The text exactly as the file or line gave it; all offsets count its characters.
    title, source, url, language
        What the input says of itself, or None. ``language`` is a BCP 47 tag.
    published
        Date of publication, or None where the input gives none that can be read.
    author
        Who wrote it, or None.
    """

    id: str
    text: str
    title: str | None = None
    source: str | None = None
    url: str | None = None
    published: date | None = None
    language: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Toponym:
    """A place name as it stands in an article.

    Parameters
    ----------
    text
        The name alone, without article or possessive ending.
    start, end
        Character offsets: ``article.text[start:end] == text``.
    role
        ``literal`` where the name says where something is or happens, ``associative`` where it
        stands for a government, a people, a language or an organisation named after the place.
    form
        ``name`` ("Ukraine") or ``adjective`` ("Ukrainian", also the noun for the inhabitants).
    inside
        The longer name it stands in ("University of Oxford"), or None.
    score
        How sure the recogniser is that this is a place name, 0 to 1.
    """

    text: str
    start: int
    end: int
    role: Role = "literal"
    form: Form = "name"
    inside: str | None = None
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """A gazetteer record.

    Parameters
    ----------
    id
        ``geonames:805767``; where the sources give no GeoNames id ``country:RU``,
        ``admin1:RU.41``, ``admin2:US.ME.027`` or ``geomap:black-sea``.
    name
        The name that geomap shows.
    latitude, longitude
        A representative point.
    kind, feature_code
        Our five kinds, and GeoNames' finer code ("PPL", "ADM1") where there is one.
    country_code
        ISO 3166-1 alpha-2, or None for what belongs to no one country.
    admin1_code, admin1_name, admin2_code
        GeoNames' codes without the country's ("21" for Sumy Oblast), and the region's name.
    population
        0 where unknown.
    source
        Where the record comes from: ``geonames``, ``supplement``, a geocoder's name.
    radius_km
        How far the place reaches around its point; 0 for what is a point at map scale.
    """

    id: str
    name: str
    latitude: float
    longitude: float
    kind: Kind
    feature_code: str | None = None
    country_code: str | None = None
    admin1_code: str | None = None
    admin1_name: str | None = None
    admin2_code: str | None = None
    population: int = 0
    source: str = "geonames"
    radius_km: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that bears a name, before any context is weighed.

    Parameters
    ----------
    place
        The place.
    matched_name
        The name under which it was found.
    name_type
        What that name is to the place: its canonical name, a variant, an adjective and so on.
    score
        Prior prominence among the bearers of the name, 0 to 1; higher is likelier.
    part
        Whether only a part of the name asked for is the place's: "Waldo County" of "Waldo County
        Jail".
    language
        The name's language as GeoNames codes it (ISO 639, "uk", "zh-Hant"), or None.
    colloquial
        Whether it is slang or a nickname ("Big Apple").
    """

    place: Place
    matched_name: str
    name_type: NameType = "canonical"
    score: float = 0.0
    part: bool = False
    language: str | None = None
    colloquial: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """A runner-up of a resolution, with the probability that it is the place meant."""

    place: Place
    confidence: float


@dataclass(frozen=True, slots=True)
class Resolution:
    """Which place a toponym means, how sure, and why.

    Parameters
    ----------
    toponym
        The name in the text.
    place
        The place meant, or None: a name left unplaced is a result, and ``reasons`` says why.
    confidence
        Probability that ``place`` is right, 0 to 1.
    reasons
        Short clauses for a reader, the strongest first.
    alternatives
        The runners-up, best first.
    precision
        ``exact``: the place itself; ``area``: something within or beside ``place``;
        ``region``: only the region that contains it is known.
    """

    toponym: Toponym
    place: Place | None
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    precision: Precision = "exact"


@dataclass(frozen=True, slots=True)
class ParsedArticle:
    """An article with the resolutions of its toponyms, in the order of the text."""

    article: Article
    resolutions: tuple[Resolution, ...]


class Recognizer(Protocol):
    """Finds the toponyms of an article."""

    def recognize(self, article: Article) -> list[Toponym]:
        """Return the toponyms of `article` in the order of the text; may be empty."""
        ...


class Gazetteer(Protocol):
    """Knows which places bear a name."""

    def lookup(
        self, name: str, *, country_code: str | None = None, limit: int = 10
    ) -> list[Candidate]:
        """Return at most `limit` candidates for `name`, the most prominent first."""
        ...


class Resolver(Protocol):
    """Decides which place each toponym means."""

    def resolve(
        self,
        article: Article,
        toponyms: Sequence[Toponym],
        candidates: Sequence[Sequence[Candidate]],
    ) -> list[Resolution]:
        """Return one resolution a toponym; ``candidates[i]`` are those of ``toponyms[i]``."""
        ...
