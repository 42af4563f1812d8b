"""Place names as a spaCy pipeline finds them, brought to geomap's spans, forms and roles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geomap.errors import InputError, UsageError
from geomap.recognition.features import NameSource
from geomap.recognition.recognizer import LearnedRecognizer
from geomap.recognition.tokens import Line, Token, tokenize, tokens_of
from geomap.records import Article, Toponym
from geomap.wordlists import DIRECTIONS

if TYPE_CHECKING:
    from spacy.language import Language

#: Labels of OntoNotes, which most English pipelines have, and of those of other languages.
_PLACES = frozenset(["GPE", "LOC", "FAC"])
_PEOPLES = "NORP"
_ARTICLES = frozenset(["the", "a", "an"])
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


class SpacyRecognizer:
    """Takes a spaCy pipeline's entities for toponyms.

    ``GPE``, ``LOC`` and ``FAC`` are names.  ``NORP`` is an adjective where the gazetteer knows it
    as one; parties and religions, which have the same label, are left out.  Spans lose articles,
    directions and common nouns around the name, and possessive endings.  Roles are geomap's own;
    spaCy finds no names inside longer names, and says of none how sure it is.

    Parameters
    ----------
    pipeline
        A pipeline, or the name or path of one that is installed ("en_core_web_trf").
    gazetteer
        Tells adjectives from other peoples' names, and "The Hague" from "the Netherlands".
    adjectives
        Whether adjectives and inhabitants ("Russian", "Ukrainians") are toponyms.

    Raises
    ------
    UsageError
        Where spaCy or the pipeline is not installed, or cannot be loaded.
    """

    def __init__(
        self, pipeline: Language | str, gazetteer: NameSource, *, adjectives: bool = True
    ) -> None:
        self._pipeline = _load(pipeline) if isinstance(pipeline, str) else pipeline
        self._gazetteer = gazetteer
        self._adjectives = adjectives
        self._learned = LearnedRecognizer(gazetteer)

    def recognize(self, article: Article) -> list[Toponym]:
        """Return the toponyms of `article` in the order of the text; may be empty.

        Raises
        ------
        InputError
            Where the text is longer than the pipeline takes.
        """
        text = _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", article.text)
        if len(text) > self._pipeline.max_length:
            raise InputError(
                f"{article.id}: {len(text)} characters are more than the spaCy pipeline takes"
                f" ({self._pipeline.max_length}); split the text, or raise nlp.max_length"
            )
        lines = tokenize(article.text)
        found: list[Toponym] = []
        for entity in self._pipeline(text).ents:
            people = entity.label_ == _PEOPLES
            if not people and entity.label_ not in _PLACES:
                continue
            place = tokens_of(lines, entity.start_char, entity.end_char)
            toponym = place and self._toponym(article.text, *place, people=people)
            if (
                toponym
                and (self._adjectives or toponym.form == "name")
                and (not found or toponym.start >= found[-1].end)
            ):
                found.append(toponym)
        return found

    def _toponym(
        self, text: str, line: Line, start: int, end: int, *, people: bool
    ) -> Toponym | None:
        start, end = self._trimmed(text, line, start, end)
        if start == end:
            return None
        label = "ADJ" if people else "NAME"
        toponym = self._learned._toponym(text, line, start, end, label, 1.0)
        if people and not any(
            candidate.name_type in ("adjective", "demonym", "language")
            for candidate in self._gazetteer.lookup(toponym.text, limit=1)
        ):
            return None
        return toponym

    def _trimmed(self, text: str, line: Line, start: int, end: int) -> tuple[int, int]:
        """Leave the name alone: "Kursk" of "the southern Kursk region's"."""
        while end > start and not _belongs(line[end - 1]):
            end -= 1
        capitals = any(token.capital for token in line[start:end])
        while capitals and end > start and line[end - 1].text.islower():
            end -= 1
            while end > start and not _belongs(line[end - 1]):
                end -= 1
        while start < end and (
            not _belongs(line[start])
            or (line[start].text in DIRECTIONS and capitals)
            or (
                line[start].folded in _ARTICLES
                and not self._has_article(text[line.starts[start] : line.ends[end - 1]])
            )
        ):
            start += 1
        return start, end

    def _has_article(self, name: str) -> bool:
        """Say whether the article belongs to a name: "The Hague"."""
        found = self._gazetteer.lookup(name, limit=1) if name[0].isupper() else []
        return bool(found) and found[0].place.name.startswith("The ")


def _belongs(token: Token) -> bool:
    """Say whether a token can begin or end a name: no punctuation, no possessive ending."""
    return token.text[0].isalnum()


def _load(name: str) -> Language:
    try:
        import spacy
    except ImportError:
        raise UsageError(
            f"spaCy, which is to load {name}, is not installed; run:"
            f" pip install 'geomap[spacy]' && python -m spacy download {name}"
        ) from None
    try:
        return spacy.load(name)
    except OSError:
        raise UsageError(
            f"spaCy has no pipeline {name!r} here; run: python -m spacy download {name}"
        ) from None
    except (ImportError, ValueError) as error:  # what a pipeline needs besides spaCy
        cause = " ".join(str(error).split())
        raise UsageError(f"spaCy cannot load {name!r}: {cause}") from error
