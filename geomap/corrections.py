"""What readers corrected on the page, applied to parsed articles.

The page downloads ``corrections.json``::

    {"corrections": [{"article": id, "start": n, "end": n, "text": "...", "was": place id,
      "place": {"id", "name", "kind", "country_code", "latitude", "longitude"} or null}]}

A place of null says that the name is none. The file comes from anywhere: nothing in it is
trusted, and what no longer fits the articles is reported, not applied.
"""

from __future__ import annotations

import json
import logging
import reprlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geomap.errors import InputError
from geomap.records import KINDS, Alternative, ParsedArticle, Place, Resolution

logger = logging.getLogger(__name__)

#: The reason that a corrected mention gives.
REASON = "corrected by hand"
#: The source of a place that the corrections file alone knows.
SOURCE = "correction"

_MEND = "download corrections.json from the page again, or mend it by hand"


@dataclass(frozen=True, slots=True)
class Correction:
    """What one mention means, by a reader's word.

    Parameters
    ----------
    article
        Id of the article.
    start, end, text
        Where the name stands, in characters of the article's text, and the name itself.
    place
        The place meant, as the file describes it, or None: the name is no place.
    """

    article: str
    start: int
    end: int
    text: str
    place: Place | None


def read(path: str | Path) -> list[Correction]:
    """Read a file of corrections.

    Parameters
    ----------
    path
        The ``corrections.json`` that the page downloads.

    Returns
    -------
    list of Correction
        In the order of the file.

    Raises
    ------
    InputError
        The file cannot be read or is not of that form; the message names the correction.
    """
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; check the path") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: no JSON that can be read; {_MEND}") from error
    rows = value.get("corrections") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise InputError(f'{path}: no list "corrections" in it; {_MEND}')
    return [_correction(row, f"{path}: correction {i}") for i, row in enumerate(rows, start=1)]


def apply(
    corrections: Iterable[Correction],
    parsed: Iterable[ParsedArticle],
    find: Callable[[str], Place | None] | None = None,
) -> list[ParsedArticle]:
    """Return the articles with each corrected mention resolved as its correction says.

    A correction fits the mention of its article that has the same offsets and the same text. One
    that fits none is reported in a warning and not applied; of two for one mention, the later
    holds. A corrected mention has confidence 1 and the reason `REASON`; what it was taken for
    before becomes its first alternative.

    Parameters
    ----------
    corrections
        As :func:`read` gives them.
    parsed
        The articles, as :func:`geomap.geoparse` gives them.
    find
        Knows a place by its id, like :meth:`geomap.gazetteer.EmbeddedGazetteer.place`. Without
        it, or where it does not know the id, the mention's own alternatives do; else the
        place is where the file says, with `SOURCE` as its source and no codes, so that it is
        grouped by the polygon that holds it.
    """
    articles = list(parsed)
    texts = {one.article.id: one.article.text for one in articles}
    mentions = {
        (one.article.id, resolution.toponym.start, resolution.toponym.end)
        for one in articles
        for resolution in one.resolutions
    }
    fitting: dict[tuple[str, int, int], Correction] = {}
    for correction in corrections:
        key = (correction.article, correction.start, correction.end)
        misfit = _misfit(correction, texts.get(correction.article), key in mentions)
        if misfit is None:
            fitting[key] = correction
        else:
            logger.warning(
                "the correction of %s at %d-%d of article %s no longer fits: %s; left out",
                reprlib.repr(correction.text),
                correction.start,
                correction.end,
                reprlib.repr(correction.article),
                misfit,
            )

    def corrected(one: ParsedArticle) -> Iterator[Resolution]:
        for resolution in one.resolutions:
            toponym = resolution.toponym
            found = fitting.get((one.article.id, toponym.start, toponym.end))
            yield _corrected(resolution, found, find) if found else resolution

    return [replace(one, resolutions=tuple(corrected(one))) for one in articles]


def _misfit(correction: Correction, text: str | None, is_mention: bool) -> str | None:
    """Say why a correction does not fit, or return None if it does."""
    if text is None:
        return "there is no such article"
    there = text[correction.start : correction.end]
    if there != correction.text:
        return f"the text there is {reprlib.repr(there)}"
    return None if is_mention else "no name is found there"


def _corrected(
    resolution: Resolution, correction: Correction, find: Callable[[str], Place | None] | None
) -> Resolution:
    given = correction.place
    others = [(a.place, a.confidence) for a in resolution.alternatives]
    if resolution.place is not None:
        others.insert(0, (resolution.place, resolution.confidence))
    place = None
    if given is not None:
        known = {other.id: other for other, _ in others}
        place = (find(given.id) if find else None) or known.get(given.id)
        # An id that nobody knows could stand for two places: the point is one.
        place = place or replace(given, id=f"coordinates:{given.latitude},{given.longitude}")
    return replace(
        resolution,
        place=place,
        confidence=1.0 if place else 0.0,
        reasons=(REASON,),
        alternatives=tuple(
            Alternative(other, confidence)
            for other, confidence in others
            if place is None or other.id != place.id
        ),
        precision="exact",
    )


def _correction(row: Any, where: str) -> Correction:
    fields = _Fields(row, where)
    start, end = fields.whole("start"), fields.whole("end")
    if end <= start:
        raise InputError(f"{where}: ends before it starts; {_MEND}")
    article, text = fields.text("article"), fields.text("text")
    if "place" not in fields.row:
        raise InputError(f'{where}: "place" is missing; {_MEND}')
    given = fields.row["place"]
    place = None if given is None else _place(given, f"{where}: place")
    return Correction(article, start, end, text, place)


def _place(row: Any, where: str) -> Place:
    fields = _Fields(row, where)
    kind = fields.text("kind")
    if kind not in KINDS:
        raise InputError(f'{where}: "kind" is none of {", ".join(KINDS)}; {_MEND}')
    return Place(
        id=fields.text("id"),
        name=fields.text("name"),
        latitude=fields.degrees("latitude", 90.0),
        longitude=fields.degrees("longitude", 180.0),
        kind=kind,
        source=SOURCE,
    )


class _Fields:
    """The fields of an object of the file, each checked when it is asked for."""

    def __init__(self, row: Any, where: str) -> None:
        if not isinstance(row, dict):
            raise InputError(f"{where}: is no JSON object; {_MEND}")
        self.row = row
        self._where = where

    def text(self, name: str) -> str:
        value = self.row.get(name)
        if not isinstance(value, str) or not value:
            raise self._wrong(name, "a text")
        # A lone surrogate could not be written anywhere.
        return value.encode("utf-8", "replace").decode("utf-8")

    def whole(self, name: str) -> int:
        value = self.row.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
            raise self._wrong(name, "a whole number, 0 or more")
        return value

    def degrees(self, name: str, most: float) -> float:
        value = self.row.get(name)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise self._wrong(name, "a number")
        if not -most <= value <= most:
            raise self._wrong(name, f"between -{most:g} and {most:g}")
        return float(value)

    def _wrong(self, name: str, wanted: str) -> InputError:
        return InputError(f'{self._where}: "{name}" must be {wanted}; {_MEND}')
