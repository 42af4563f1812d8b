"""Wires the stages: recognition, gazetteer, resolution; one article or a stream of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from geomap.articles import read
from geomap.gazetteer import default, embedded
from geomap.names import fold
from geomap.recognition import OwnRecognizer, detect, is_english
from geomap.records import (
    Article,
    Candidate,
    Gazetteer,
    ParsedArticle,
    Recognizer,
    Resolution,
    Resolver,
)
from geomap.resolution import ContextResolver
from geomap.wordlists import GENERIC, STREETS

if TYPE_CHECKING:
    from geomap.geocoding import Geocoder

#: How many bearers of a name are weighed; the rest are villages that no text would leave unsaid.
MAX_CANDIDATES = 40

#: As many bearers of a part of a name are weighed, and their prominence counts for less.
MAX_PART_CANDIDATES = 10
PART = 0.7

#: Longer names are no names, and have no parts; these are as many as the square of their words.
MAX_WORDS = 20

Input = str | os.PathLike[str] | Article


class Geoparser:
    """Finds the places of articles and says which ones they are.

    Parameters
    ----------
    recognizer
        Finds the names; by default the recogniser that geomap carries.
    gazetteer
        Knows who bears a name; by default the embedded gazetteer, with GeoNames' whole
        countries where the user has built them.
    resolver
        Decides which bearer is meant; by default from the article's context.
    online
        A service to be asked for the names that stay unplaced; by default none is.

    Raises
    ------
    GazetteerError
        Where the data that geomap carries are missing or damaged.
    """

    def __init__(
        self,
        recognizer: Recognizer | None = None,
        gazetteer: Gazetteer | None = None,
        resolver: Resolver | None = None,
        online: Geocoder | None = None,
    ) -> None:
        self._gazetteer: Gazetteer = gazetteer or default()
        self._recognizer: Recognizer = recognizer or OwnRecognizer(embedded())
        self._resolver: Resolver = resolver or ContextResolver()
        self._online = online

    def parse(self, article: Article) -> ParsedArticle:
        """Return `article`, with its language, and a resolution for each of its toponyms."""
        if article.language is None:
            article = replace(article, language=detect(article.text))
        toponyms = self._recognizer.recognize(article)
        known = {
            name: find_candidates(self._gazetteer, name) for name in {t.text for t in toponyms}
        }
        candidates = [known[t.text] for t in toponyms]
        found = self._resolver.resolve(article, toponyms, candidates)
        if self._online:
            from geomap.online import consult

            found = consult(self._online, self._resolver, article, toponyms, candidates, found)
        if not is_english(article):
            found = [doubted(resolution, article.language) for resolution in found]
        return ParsedArticle(article, tuple(found))

    def parse_all(self, articles: Iterable[Article]) -> Iterator[ParsedArticle]:
        """Parse a stream of articles, one at a time, in its order."""
        return map(self.parse, articles)


def find_candidates(gazetteer: Gazetteer, name: str) -> list[Candidate]:
    """Return the candidates for a name, or where it has none those for the longest part of it.

    "Waldo County Jail" may be in no gazetteer; "Waldo County" says where it is. A single word does
    where the rest says what it is there: a "Kalynka" may lie anywhere, if "Verkhnia Kalynka" is
    unknown.
    """
    found = gazetteer.lookup(name, limit=MAX_CANDIDATES)
    words = name.split()
    if len(words) > MAX_WORDS:
        return found
    if words and fold(words[-1]) in STREETS:
        return found  # a street leads to the town it is named after, or led there once
    for length in range(len(words) - 1, 0, -1):
        if found:
            break
        for start in range(len(words) - length + 1):
            part, rest = words[start : start + length], words[:start] + words[start + length :]
            tells = length > 1 or any(fold(word) in GENERIC for word in rest)
            if tells and part[0][0].isupper() and not all(fold(word) in GENERIC for word in part):
                found += [
                    replace(candidate, part=True, score=candidate.score * PART)
                    for candidate in gazetteer.lookup(" ".join(part), limit=MAX_PART_CANDIDATES)
                    if candidate.name_type in ("canonical", "variant")
                ]
    return found


def doubted(resolution: Resolution, language: str | None) -> Resolution:
    """Weigh in how sure it is that a name of a text that is not English is a place's at all."""
    score = resolution.toponym.score
    if score == 1.0 or resolution.place is None:
        return resolution
    return replace(
        resolution,
        confidence=round(resolution.confidence * score, 3),
        reasons=(
            *resolution.reasons,
            f"found by the name alone: the text is not in English ({language})",
        ),
        alternatives=tuple(
            replace(other, confidence=round(other.confidence * score, 3))
            for other in resolution.alternatives
        ),
    )


def geoparse(inputs: Input | Iterable[Input]) -> list[ParsedArticle]:
    """Read and parse articles with everything at its default.

    Parameters
    ----------
    inputs
        A path (file or folder), an `Article`, a text, or several of these.  A string is a path
        where something lies there, and text where it does not and has white space in it.

    Returns
    -------
    list of ParsedArticle
        In the order of the input.

    Raises
    ------
    InputError
        Where a path is not there or cannot be read.
    GazetteerError
        Where the data that geomap carries are missing or damaged.
    """
    single = isinstance(inputs, str | os.PathLike | Article)
    several: Iterable[Input] = [inputs] if single else inputs  # type: ignore[list-item, assignment]
    return list(Geoparser().parse_all(_articles(several)))


def _articles(inputs: Iterable[Input]) -> Iterator[Article]:
    """Read the paths among `inputs` together, so that their ids differ; texts get numbers."""
    paths: list[Path] = []
    for number, item in enumerate(inputs, 1):
        if not isinstance(item, Article) and not (isinstance(item, str) and _is_text(item)):
            paths.append(Path(item))
            continue
        yield from read(paths)
        paths.clear()
        yield item if isinstance(item, Article) else Article(id=f"text-{number}", text=item)
    yield from read(paths)


def _is_text(value: str) -> bool:
    if not any(character.isspace() for character in value):
        return False
    try:
        return not Path(value).exists()
    except (OSError, ValueError):  # longer than a path can be, or with a NUL
        return True
