"""What the recogniser promises of every text, whatever it has learned."""

import json
import pickle
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geomap import Geoparser
from geomap.gazetteer import embedded
from geomap.recognition import (
    GivenRecognizer,
    LearnedRecognizer,
    MatchingRecognizer,
    OwnRecognizer,
    choose,
)
from geomap.recognition.crf import LinearChain, Piece, Pieces
from geomap.recognition.tokens import APOSTROPHES, tokenize
from geomap.records import Article, Recognizer, Toponym
from geomap.settings import DATA

HERE = Path(__file__).resolve().parent

SENTENCES = [
    "KHARTOUM, Sudan (AP) — Shelling killed five in the Sudanese city of Omdurman on Monday.",
    "Ukraine's army left the Kursk region, the U.S. State Department said.",
    "The University of Oxford and the Paris Police Department answered Russia’s complaint.",
    "Mr. London of The Hague met Ukrainians in Noven'ke, Sumy Oblast, near the Black Sea.",
    "U.S.-Mexico talks on the Gaza Strip's border were held in Washington, D.C.",
    "Flooding along the Nile reached Juba/Malakal; the Netherlands sent the Dutch navy.",
    "Reading the news in Nice, Paris Hilton said Chelsea's fans in St. Louis were mobile.",
]
PIECES = [
    *(word for sentence in SENTENCES for word in sentence.split()),
    "\n", "\n\n", "\t", ".", ",", "'", "’s", "-", "\0", "\ud800", "e\u0301", "Москва", "北京", "ß",
    "İstanbul", "\u200d", "🇺🇦", "﷽", "ﬀ", "ΐ", "A" * 40, "U.S.", "the", "The",
]  # fmt: skip

words = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)
anything = st.text(alphabet=st.characters(), max_size=200)
texts = st.one_of(words, anything, st.tuples(words, anything).map("".join))


@cache
def recognizer(kind: str = "learned", adjectives: bool = True, inside: bool = True) -> Recognizer:
    if kind == "matching":
        return MatchingRecognizer(embedded())
    make = OwnRecognizer if kind == "own" else LearnedRecognizer
    return make(embedded(), adjectives=adjectives, inside_names=inside)


def recognize(text: str, kind: str = "learned", **switches: bool) -> list[Toponym]:
    return recognizer(kind, **switches).recognize(Article("a", text))


# ---------------------------------------------------------------- every text


@pytest.mark.parametrize("kind", ["learned", "matching", "own"])
@settings(max_examples=100, deadline=None)
@given(text=texts)
def test_spans_are_the_texts_own_in_order_and_apart(kind: str, text: str) -> None:
    end = 0
    for toponym in recognize(text, kind):
        assert end <= toponym.start < toponym.end
        assert text[toponym.start : toponym.end] == toponym.text
        assert toponym.text.strip() == toponym.text
        assert 0 <= toponym.score <= 1
        assert toponym.role in ("literal", "associative")
        assert toponym.form in ("name", "adjective")
        assert toponym.inside is None or toponym.text in toponym.inside
        end = toponym.end


@settings(max_examples=50, deadline=None)
@given(text=texts, before=texts)
def test_what_was_read_before_changes_nothing(text: str, before: str) -> None:
    fresh = LearnedRecognizer(embedded()).recognize(Article("a", text))
    recognize(before)
    assert recognize(text) == fresh


@settings(max_examples=100, deadline=None)
@given(text=words)
def test_spans_have_no_article_and_no_possessive_ending(text: str) -> None:
    for toponym in recognize(text):
        assert not toponym.text.lower().startswith(("the ", "a ", "an ")) or (
            toponym.text.startswith("The ")
        )
        assert not any(toponym.text.endswith((mark + "s", mark)) for mark in APOSTROPHES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "\0",
        "\ud800",
        "\udfff Paris \ud800",
        "x" * 100_000,
        "A" * 100_000,
        "Paris" * 20_000,
        "'" * 20_000,
        "." * 20_000,
        "A." * 10_000,
        "e\u0301" * 10_000,
        "\u0301" * 20_000,
        "Paris\u0301\u0302" * 1_000,
        "Paris, " * 5_000,
        "北京" * 10_000,
        "\n" * 20_000,
        "London" + " of" * 10_000,
    ],
    ids=lambda text: f"{text[:8]!r}-{len(text)}",
)
@pytest.mark.parametrize("kind", ["learned", "matching"])
def test_no_text_is_too_odd(kind: str, text: str) -> None:
    for toponym in recognize(text, kind):
        assert text[toponym.start : toponym.end] == toponym.text


def calls(function: Callable[[], Any]) -> int:
    """Count the calls of Python and C functions, which unlike time is the same at every run."""
    count = 0

    def tally(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tally)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", ["learned", "matching"])
@pytest.mark.parametrize(
    "text",
    [
        "\n".join(SENTENCES) + "\n",
        " ".join(SENTENCES[:3]).replace(".", ",") + " ",  # one endless sentence
        "New York City Hall and Port of Spain and ",  # one endless run of capitals
        "Paris",  # one endless word
        "北京",
    ],
    ids=["news", "sentence", "capitals", "word", "unspaced"],
)
def test_ten_times_the_text_is_some_ten_times_the_work(kind: str, text: str) -> None:
    text *= 2000 // len(text)
    recognize(text * 2, kind)  # what is remembered of words is remembered
    small = calls(lambda: recognize(text, kind))
    large = calls(lambda: recognize(text * 10, kind))
    assert large <= 15 * small


# ---------------------------------------------------------------- switches


@settings(max_examples=100, deadline=None)
@given(text=words)
def test_switches_drop_what_they_say(text: str) -> None:
    article = Article("a", text)
    for adjectives, inside in ((False, True), (True, False), (False, False)):
        found = recognize(text, adjectives=adjectives, inside=inside)
        assert adjectives or not any(t.form == "adjective" for t in found)
        assert inside or not any(t.inside for t in found)
        chosen = choose("own", embedded(), adjectives=adjectives, inside_names=inside)
        assert not text.isascii() or chosen.recognize(article) == found


def test_the_switches_bear_on_news() -> None:
    text = " ".join(SENTENCES[:3])
    everything = recognize(text)
    assert {"KHARTOUM", "Sudanese", "Ukraine", "Kursk"} <= {t.text for t in everything}
    assert "Paris Police Department" in {t.inside for t in everything}
    assert "Sudanese" not in {t.text for t in recognize(text, adjectives=False)}


# ---------------------------------------------------------------- other processes


def test_a_geoparser_goes_to_another_process_small_and_finds_the_same_there() -> None:
    article = Article("a", " ".join(SENTENCES))
    for switches in ({}, {"adjectives": False}, {"inside_names": False}):
        geoparser = Geoparser(OwnRecognizer(embedded(), **switches))
        expected = geoparser.parse(article)  # its caches are full now
        sent = pickle.dumps(geoparser)
        assert len(sent) < 5_000
        assert pickle.loads(sent).parse(article) == expected


# ---------------------------------------------------------------- given spans


@settings(max_examples=50, deadline=None)
@given(text=words.filter(bool), data=st.data())
def test_given_spans_come_back_as_they_were(text: str, data: st.DataObject) -> None:
    bounds = st.lists(st.integers(0, len(text)), min_size=2, max_size=2, unique=True).map(sorted)
    spans = {tuple(pair) for pair in data.draw(st.lists(bounds, max_size=5))}
    found = GivenRecognizer({"a": sorted(spans)}, embedded()).recognize(Article("a", text))
    assert [(t.start, t.end) for t in found] == sorted(spans)
    assert all(t.text == text[t.start : t.end] for t in found)


# ---------------------------------------------------------------- tokens


@settings(max_examples=200, deadline=None)
@given(text=texts)
def test_tokens_hold_every_character_but_white_space(text: str) -> None:
    held = bytearray(len(text))
    for line in tokenize(text):
        for token, start, end in zip(line, line.starts, line.ends, strict=True):
            assert text[start:end] == token.text
            assert not any(held[start:end])
            held[start:end] = b"\1" * len(token.text)
    assert all(held[i] or c.isspace() for i, c in enumerate(text))


# ---------------------------------------------------------------- the model


def test_the_model_holds_numbers_and_names_of_features_only() -> None:
    path = DATA / "recognizer.npz"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert all(name.endswith(".npy") for name in archive.namelist())
    arrays = np.load(path, allow_pickle=False)
    for name in arrays:
        assert arrays[name].dtype.kind in "fu", name  # no objects, so nothing to unpickle
        assert np.isfinite(arrays[name]).all(), name
    for prefix in ("entities_", "toponyms_"):
        model = LinearChain.load(arrays, prefix)
        assert model.weights.shape == (len(model.features), len(model.labels))
        assert model.transitions.shape == (len(model.labels),) * 2
        assert len(set(model.features)) == len(model.features)


def test_the_resolver_holds_numbers_only() -> None:
    weights = json.loads((DATA / "resolver.json").read_text())
    assert all(isinstance(w, int | float) for part in weights.values() for w in part.values())


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_decoding_is_the_forward_backward_algorithm(data: st.DataObject) -> None:
    """Compare with the sum over all paths, for chains short enough to write them out."""
    numbers = st.floats(-4, 4, width=32)
    lengths = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    scores = np.array(
        data.draw(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=sum(lengths),
                           max_size=sum(lengths))), np.float32)  # fmt: skip
    moves = np.array(data.draw(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=3,
                                        max_size=3)), np.float32)  # fmt: skip
    chain = LinearChain("OBC", [], np.zeros((0, 3), np.float32), moves)
    pieces = Pieces(
        Piece(k, 0, length, data.draw(st.booleans()), data.draw(st.booleans()))
        for k, length in enumerate(lengths)
    )
    _, marginals = chain.decode(scores.copy(), pieces)
    at = 0
    for piece, length in zip(pieces, lengths, strict=True):
        own = scores[at : at + length].astype(float)
        paths = np.stack(np.meshgrid(*[range(3)] * length, indexing="ij"), -1).reshape(-1, length)
        total = own[np.arange(length), paths].sum(axis=1)
        total += moves.astype(float)[paths[:, :-1], paths[:, 1:]].sum(axis=1)
        if not piece.begins:  # what lies before is O, the first label
            total += moves[0, paths[:, 0]]
        if not piece.ends:
            total += moves[paths[:, -1], 0]
        likely = np.exp(total - total.max())
        likely /= likely.sum()
        for t in range(length):
            expected = [likely[paths[:, t] == k].sum() for k in range(3)]
            assert np.allclose(marginals[at + t], expected, atol=1e-4)
        at += length
