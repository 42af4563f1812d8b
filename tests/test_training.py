"""A training run from start to end, on a corpus of a few sentences made here."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geomap.cli import main
from geomap.gazetteer import embedded
from geomap.recognition import LearnedRecognizer
from geomap.recognition.crf import LinearChain
from geomap.recognition.recognizer import Models
from geomap.records import Article
from geomap.resolution import ContextResolver
from geomap.resolution.resolver import read_weights

reason = "training needs its libraries: pip install 'geomap[train]'"
pytest.importorskip("pycrfsuite", reason=reason)
pytest.importorskip("sklearn", reason=reason)

PLACES = {
    "Kharkiv": (49.98, 36.25), "Geneva": (46.2, 6.15), "Lyon": (45.75, 4.85),
    "Marseille": (43.3, 5.37), "Berlin": (52.5, 13.4), "Izyum": (49.2, 37.26),
    "Ukraine": (49.0, 32.0), "Russia": (60.0, 100.0), "Japan": (35.7, 139.8),
    "France": (46.0, 2.0), "Poland": (52.0, 20.0),
}  # fmt: skip
TOWNS, COUNTRIES = list(PLACES)[:6], list(PLACES)[6:]

#: Brackets mark what is annotated: [text|role] in news, [text|label] in the other corpus.
NEWS_TEMPLATES = [
    "Shelling killed five people in [{town}|literal] on Monday, [{country}|associative] said.",
    "[{country}|associative] told [{other}|associative] that talks in [{town}|literal] went on.",
    "A flood hit [{town}|literal] and the roads out of the town were closed.",
    "Ministers of [{country}|associative] met in [{town}|literal] with those of his party.",
    "The army of [{country}|associative] left the river in [{other}|literal] behind.",
]
NEWS = [
    NEWS_TEMPLATES[i % 5].format(
        town=TOWNS[i % 6], country=COUNTRIES[i // 5 % 5], other=COUNTRIES[(i // 5 + 2) % 5]
    )
    for i in range(50)
]
ENTITIES = [
    "[John Smith|PERSON] of the [United Nations|ORG] flew from [Paris|PLACE] to [Cairo|PLACE].",
    "[Mary Jones|PERSON] said the [World Bank|ORG] would help [Egypt|PLACE].",
    "The [French|NORP] team beat [Arsenal|ORG] in [London|PLACE].",
    "In [Madrid|PLACE] the [Red Cross|ORG] met [Ann Lee|PERSON].",
]


def read_brackets(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    text, spans = "", []
    for part in marked.split("["):
        inside, bracket, after = part.rpartition("]")
        if bracket:
            name, label = inside.split("|")
            spans.append((len(text), len(text) + len(name), label))
            text += name
        text += after
    return text, spans


def news() -> Iterator[dict[str, Any]]:
    for number, marked in enumerate(NEWS):
        text, spans = read_brackets(marked)
        toponyms = [
            {
                "start": start,
                "end": end,
                "text": text[start:end],
                "group": role,
                "lat": PLACES[text[start:end]][0],
                "lon": PLACES[text[start:end]][1],
            }
            for start, end, role in spans
        ]
        yield {"id": f"n{number}", "corpus": "geowebnews", "text": text, "toponyms": toponyms}


def entities() -> Iterator[dict[str, Any]]:
    for number, marked in enumerate(ENTITIES):
        text, spans = read_brackets(marked)
        labelled = [{"start": start, "end": end, "label": label} for start, end, label in spans]
        yield {"id": f"e{number}", "corpus": "open", "text": text, "entities": labelled}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    for name, lines in (("geowebnews", news()), ("open", entities())):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def train_recognizer(corpora: Path, out: Path) -> None:
    news, entities = corpora / "geowebnews.jsonl", corpora / "open.jsonl"
    options = ["--news", str(news), "--entities", str(entities), "--own", str(news)]
    assert main(["train", "recognizer", *options, "--out", str(out)]) == 0


@pytest.fixture(scope="module")
def trained(corpora: Path) -> Path:
    out = corpora / "first.npz"
    train_recognizer(corpora, out)
    return out


def test_training_is_the_same_to_the_byte(corpora: Path, trained: Path) -> None:
    again = corpora / "again.npz"
    train_recognizer(corpora, again)
    assert again.read_bytes() == trained.read_bytes()


def test_the_model_holds_no_sentence(trained: Path) -> None:
    arrays = np.load(trained, allow_pickle=False)
    features = "\n".join(bytes(arrays[name]).decode() for name in arrays if "features" in name)
    assert "w=the" in features
    for marked in (*NEWS, *ENTITIES):
        words = read_brackets(marked)[0].lower().split()
        for at in range(len(words) - 3):
            assert " ".join(words[at : at + 4]) not in features


def test_what_was_trained_recognises_what_it_was_shown(trained: Path) -> None:
    arrays = np.load(trained, allow_pickle=False)
    names = bytes(arrays["roles_features"]).decode().split("\n")
    models = Models(
        LinearChain.load(arrays, "entities_"),
        LinearChain.load(arrays, "toponyms_"),
        dict(zip(names, arrays["roles_weights"].tolist(), strict=True)),
    )
    recognizer = LearnedRecognizer(embedded(), models=models)
    right = shown = 0
    for marked in NEWS:
        text, spans = read_brackets(marked)
        found = {(t.start, t.end, t.role) for t in recognizer.recognize(Article("a", text))}
        right += len(found & set(spans))
        shown += len(spans)
    assert right >= 0.8 * shown


def test_the_resolver_is_trained_to_weights_it_can_read(corpora: Path) -> None:
    first, again = corpora / "first.json", corpora / "again.json"
    for out in (first, again):
        options = ["--news", str(corpora / "geowebnews.jsonl"), "--out", str(out)]
        assert main(["train", "resolver", *options]) == 0
    assert first.read_bytes() == again.read_bytes()
    ContextResolver(weights=read_weights(first))


def test_nothing_is_written_where_a_corpus_is_broken(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, out = tmp_path / "geowebnews.jsonl", tmp_path / "model.npz"
    broken.write_text('{"id": "a", "corpus": "geowebnews"}\n')
    options = ["--news", str(broken), "--entities", str(corpora / "open.jsonl")]
    assert main(["train", "recognizer", *options, "--out", str(out)]) == 2
    assert f"{broken}:1" in capsys.readouterr().err
    assert not out.exists()
