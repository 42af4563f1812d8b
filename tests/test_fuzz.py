"""Any bytes at all give a result or a `GeomapError`, in time linear in the input.

The targets, and the coverage-guided run of a million cases, are in ``tests/fuzz``.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import geomap
from geomap.articles.source import Source
from geomap.articles.tables import read_csv
from geomap.errors import InputError
from geomap.gazetteer import embedded
from geomap.names import fold
from geomap.recognition import GivenRecognizer
from geomap.records import Article
from geomap.sentences import sentences

HERE = Path(__file__).parent / "fuzz"
sys.path.insert(0, str(HERE))
from targets import SEEDS, TARGETS, geoparser  # noqa: E402

sys.path.remove(str(HERE))

#: What text is attacked with: marks, joiners, directions, half characters, line ends, NUL.
PIECES = [
    "Kyiv", "University of ", "U.S.", "’s ", "Noven'ke", " oblast", ", ", "Київ", "北京", "é", "ﷺ",
    "\u0301", "\u0323", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\udcff", "\ud800",
    "\0", "\r", "\n", "\r\n", "\u2028", "\x85", "\x1b[2J", "[1]", "{", '"', "<script>", "%s", ".",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30).map("".join)


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.data())
@settings(max_examples=12)
def test_any_bytes_are_a_result_or_an_error(target: str, data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([*SEEDS[target], b""]))
    at = data.draw(st.integers(0, len(base)))
    middle = data.draw(
        st.binary(max_size=40) | HOSTILE.map(lambda text: text.encode("utf-8", "surrogatepass"))
    )
    TARGETS[target](base[:at] + middle + base[at + data.draw(st.integers(0, 5)) :])


@pytest.mark.parametrize("case", sorted(HERE.joinpath("found").iterdir()), ids=lambda p: p.name)
def test_what_was_found_once_is_sound(case: Path) -> None:
    TARGETS[case.name.partition("-")[0]](case.read_bytes())


@given(HOSTILE)
@example("Troops left Kursk for Ukr\udcf7ine")
@settings(max_examples=40)
def test_offsets_give_back_the_text(text: str) -> None:
    article = Article("a", text)
    for resolution in geoparser().parse(article).resolutions:
        toponym = resolution.toponym
        assert text[toponym.start : toponym.end] == toponym.text != ""


@given(HOSTILE.filter(bool), st.data())
@settings(max_examples=30)
def test_any_span_that_is_given_is_resolved(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    recognizer = GivenRecognizer({"a": [(start, end)]}, embedded())
    [resolution] = geomap.Geoparser(recognizer).parse(Article("a", text)).resolutions
    assert resolution.toponym.text == text[start:end]


def test_a_file_name_that_is_no_text_gives_an_id_that_is(tmp_path: Path) -> None:
    path = tmp_path / "a\udcff.txt"
    try:
        path.write_text("Kyiv fell.")
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    [article] = geomap.read(path)
    assert article.id == "a\N{REPLACEMENT CHARACTER}"


def test_carriage_returns_alone_are_named() -> None:
    source = Source("a.csv", "a", io.BytesIO(b"id,text\r1,Kyiv\r"), "text", lambda _: None)
    with pytest.raises(InputError, match="lone carriage return"):
        list(read_csv(source))


# ---------------------------------------------------------------- linear time


def _given_whole(text: str) -> None:
    recognizer = GivenRecognizer({"a": [(0, len(text))]}, embedded())
    geomap.Geoparser(recognizer).parse(Article("a", text))


def _parse(text: str) -> None:
    geoparser().parse(Article("a", text))


#: What is done, what its text repeats, and how many characters take a measurable time.
GROWING: dict[str, tuple[Callable[[str], object], str, int]] = {
    "names in names": (_parse, "University of Oxford University of ", 8_000),
    "a list": (_parse, "Kyiv, ", 6_000),
    "possessives": (_parse, "Ukraine’s ", 8_000),
    "lines": (_parse, "Kyiv\r\n", 6_000),
    "footnotes": (_parse, "[1]", 6_000),
    "syllables": (_parse, "\u1112\u1161", 3_000),
    "half characters": (_parse, "\ud800", 50_000),
    "white space": (sentences, " \n", 100_000),
    "stops": (sentences, "A. ", 20_000),
    "marks": (fold, "\u0301\u0323", 20_000),
    "marks of Hebrew": (fold, "\u05b0\u05b1", 20_000),
    "letters": (fold, "ﷺ", 5_000),
    "one given name": (_given_whole, "Aa ", 20_000),
}


@pytest.mark.parametrize("name", GROWING)
def test_four_times_the_text_takes_about_four_times_as_long(name: str) -> None:
    act, piece, size = GROWING[name]
    act(piece * 10)

    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        measured = []
        for _ in range(2):
            began = time.process_time()
            act(text)
            measured.append(time.process_time() - began)
        return min(measured)

    # Four for what is linear, sixteen for what is quadratic.
    assert seconds(4 * size) < 9 * seconds(size) + 0.05


def test_a_line_of_ten_megabytes_and_deep_nesting() -> None:
    began = time.process_time()
    text = "the front was quiet " * 500_000
    line = json.dumps({"text": text}).encode()
    TARGETS["read_lines"](line)
    TARGETS["read_text"](text.encode())
    TARGETS["read_lines"](b"[" * 1_000_000)
    TARGETS["correct"](b"[" * 1_000_000)
    TARGETS["read_html"](b"<div>" * 20_000)
    assert time.process_time() - began < 10


def test_a_hundred_thousand_names() -> None:
    began = time.process_time()
    _parse(" and so on, " * 1000 + "he saw Kyiv on Monday. " * 4_000)
    TARGETS["names"]("Noven’ke Ł ".encode() * 100_000)
    assert time.process_time() - began < 20
