"""Which recogniser: by the name that a caller gives, and by the article's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geomap.errors import UsageError
from geomap.recognition.features import NameSource
from geomap.recognition.language import is_english
from geomap.recognition.matching import MatchingRecognizer
from geomap.recognition.recognizer import GivenRecognizer, LearnedRecognizer
from geomap.records import Article, Recognizer, Toponym

OWN, GIVEN, SPACY = "own", "given", "spacy:"


class OwnRecognizer:
    """What geomap itself finds: learned models for English, well-known names in other languages.

    Parameters
    ----------
    gazetteer
        Where names are looked up.
    adjectives, inside_names
        As of `LearnedRecognizer`; what is found in other languages is neither.
    """

    def __init__(
        self, gazetteer: NameSource, *, adjectives: bool = True, inside_names: bool = True
    ) -> None:
        self._learned = LearnedRecognizer(
            gazetteer, adjectives=adjectives, inside_names=inside_names
        )
        self._matching = MatchingRecognizer(gazetteer)

    def recognize(self, article: Article) -> list[Toponym]:
        """Return the toponyms of `article` in the order of the text; may be empty."""
        return (self._learned if is_english(article) else self._matching).recognize(article)


def choose(
    name: str,
    gazetteer: NameSource,
    *,
    spans: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    adjectives: bool = True,
    inside_names: bool = True,
) -> Recognizer:
    """Return the recogniser of a name.

    Parameters
    ----------
    name
        ``own``, ``given``, or ``spacy:`` and the name of a spaCy pipeline.
    gazetteer
        Where names are looked up.
    spans
        What `GivenRecognizer` takes.
    adjectives, inside_names
        As of `LearnedRecognizer`.

    Raises
    ------
    UsageError
        Where there is no such recogniser, its library or pipeline is not installed, or what is
        given would have to be left out.
    """
    if name == OWN:
        return OwnRecognizer(gazetteer, adjectives=adjectives, inside_names=inside_names)
    if name == GIVEN:
        if not (adjectives and inside_names):
            raise UsageError(
                "the given toponyms are taken as they are;"
                " leave out --no-adjectives and --no-inside-names"
            )
        return GivenRecognizer({} if spans is None else spans, gazetteer)
    if name.startswith(SPACY) and name != SPACY:
        from geomap.recognition.spacy import SpacyRecognizer

        return SpacyRecognizer(name.removeprefix(SPACY), gazetteer, adjectives=adjectives)
    raise UsageError(
        f"there is no recognizer {name!r}; take own, given, or spacy: and a pipeline's name,"
        " such as spacy:en_core_web_sm"
    )
