"""spaCy pipelines as recognisers: a small one is made here, so that no model is needed."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from geomap.cli import main
from geomap.errors import InputError, UsageError
from geomap.gazetteer import embedded
from geomap.recognition.spacy import SpacyRecognizer
from geomap.records import Article, Toponym

spacy = pytest.importorskip("spacy", reason="spaCy is not installed: pip install 'geomap[spacy]'")

PATTERNS = [
    ("GPE", "the Netherlands"),
    ("GPE", "The Hague"),
    ("GPE", "Ukraine's"),
    ("GPE", "the southern Kursk region"),
    ("GPE", "Kursk"),
    ("GPE", "U.S."),
    ("LOC", "the Black Sea"),
    ("FAC", "Boryspil Airport"),
    ("NORP", "Russian"),
    ("NORP", "Ukrainians"),
    ("NORP", "Republicans"),
    ("ORG", "Paris Saint-Germain"),
    ("PERSON", "Paris Hilton"),
    ("GPE", "Paris"),
]


@pytest.fixture(scope="module")
def pipeline() -> Any:
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": label, "pattern": text} for label, text in PATTERNS])
    return nlp


@pytest.fixture(scope="module")
def recognizer(pipeline: Any) -> SpacyRecognizer:
    return SpacyRecognizer(pipeline, embedded())


def found(recognizer: SpacyRecognizer, text: str) -> list[Toponym]:
    toponyms = recognizer.recognize(Article("a", text))
    assert all(text[t.start : t.end] == t.text for t in toponyms)
    return toponyms


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("They left the Netherlands for The Hague.", ["Netherlands", "The Hague"]),
        ("Ukraine's army is in the southern Kursk region.", ["Ukraine", "Kursk"]),
        ("They went to Kursk.", ["Kursk"]),
        ("It left for the U.S. on Monday.", ["U.S."]),
        ("Ships on the Black Sea near Boryspil Airport", ["Black Sea", "Boryspil Airport"]),
        ("Paris Hilton left Paris.", ["Paris"]),
        ("Paris Saint-Germain won.", []),
        ("Nothing here.", []),
        ("", []),
    ],
)
def test_the_name_alone_is_the_span(
    recognizer: SpacyRecognizer, text: str, names: list[str]
) -> None:
    assert [toponym.text for toponym in found(recognizer, text)] == names


def test_peoples_are_adjectives_and_parties_are_no_places(recognizer: SpacyRecognizer) -> None:
    toponyms = found(recognizer, "Russian officials told Ukrainians and Republicans about Kursk.")
    assert [(t.text, t.form) for t in toponyms] == [
        ("Russian", "adjective"),
        ("Ukrainians", "adjective"),
        ("Kursk", "name"),
    ]
    assert toponyms[0].role == toponyms[1].role == "associative"


def test_roles_are_geomaps_own(recognizer: SpacyRecognizer) -> None:
    [literal] = found(recognizer, "Five people were killed in Kursk on Monday.")
    assert literal.role == "literal"


def test_without_adjectives(pipeline: Any) -> None:
    recognizer = SpacyRecognizer(pipeline, embedded(), adjectives=False)
    assert [t.text for t in found(recognizer, "Russian troops left Kursk.")] == ["Kursk"]


def test_offsets_survive_what_spacy_cannot_read(recognizer: SpacyRecognizer) -> None:
    text = "\ud800 \0 They went to Kursk \udfff"
    assert [t.text for t in found(recognizer, text)] == ["Kursk"]


def test_too_long_a_text_is_an_error_with_the_mend() -> None:
    nlp = spacy.blank("en")
    nlp.max_length = 10
    with pytest.raises(InputError, match="a: 11 characters are more than the spaCy pipeline"):
        SpacyRecognizer(nlp, embedded()).recognize(Article("a", "x" * 11))


# ---------------------------------------------------------------- the command


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text("Ukraine's army left the southern Kursk region for Paris. Lyon is nearby.")
    return path


def test_an_installed_pipeline_by_its_name(
    pipeline: Any, tmp_path: Path, article: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pipeline"
    pipeline.to_disk(folder)
    assert main(["parse", str(article), "--recognizer", f"spacy:{folder}"]) == 0
    record = json.loads(capsys.readouterr().out)
    names = [toponym["text"] for toponym in record["toponyms"]]
    assert names == ["Ukraine", "Kursk", "Paris"]  # no pattern, no Lyon
    assert record["toponyms"][2]["country_code"] == "FR"


def test_a_missing_pipeline_is_named_with_its_command(
    article: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parse", str(article), "--recognizer", "spacy:en_no_such_web"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "'en_no_such_web'" in line
    assert line.endswith("python -m spacy download en_no_such_web")


def test_missing_spacy_is_said_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(UsageError, match=r"not installed; run: pip install 'geomap\[spacy\]'"):
        SpacyRecognizer("en_core_web_sm", embedded())


@pytest.mark.parametrize("name", ["spacy:", "spacy", "stanza", ""])
def test_an_unknown_recognizer_is_an_error(
    name: str, article: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parse", str(article), "--recognizer", name]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert f"no recognizer {name!r}; take own, given, or spacy:" in line


def test_given_toponyms_are_not_left_out(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", str(article), "--recognizer", "given", "--no-adjectives"]) == 2
    assert "leave out --no-adjectives" in capsys.readouterr().err
