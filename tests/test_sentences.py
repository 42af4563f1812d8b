import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomap.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["Russia took Sudzha.", "Ukraine said it had not."],
        ["Putin met with U.S. envoy Steve Witkoff.", "He flew home."],
        ["He lives in the U.S. President Trump does too."],
        ["He lives in the U.S.", "The president does too."],
        ["“It fell,” said Gen. Oleksandr Syrsky of St. Petersburg.", "“We left.”", "He sighed."],
        ["Mr. J. R. Smith of Smith Inc. of Washington, D.C. paid $3.5 million.", "No. 5 won."],
        ["It rose 2.5 percent on Jan. 5, to 1.234.567.", "Then it fell."],
        ["Did he say no?", "No!", "Never…", "Well."],
        ["He said no.", "Kursk was quiet."],
        ["Residents fell ill.", "Kursk was evacuated at 10 a.m. Monday."],
        ['"Why?" he asked.', "(Nobody knew.)", "They left..."],
        ["The Gulf of St. Lawrence froze.[1][2]", "It thawed (e.g. Quebec)."],
        ["1. Kursk is a city.", "Sumy is another."],
        ["It was the year 2024.", "28 settlements fell."],
        ["SUMY, Ukraine (AP) — Drones struck St. Michael’s on Wall St.", "It’s gone."],
        ["Сили відійшли.", "Новеньке втрачено."],
    ],
)
def test_splits_where_an_editor_would(parts: list[str]) -> None:
    assert split(" ".join(parts)) == parts


def test_paragraphs_and_headlines_end_sentences() -> None:
    assert split("Village falls\n\nMoscow said so\r\n\r\nKyiv did not") == [
        "Village falls",
        "Moscow said so",
        "Kyiv did not",
    ]
    assert split("Noven'ke\nSudzha\nSumy Oblast") == ["Noven'ke", "Sudzha", "Sumy Oblast"]


def test_paragraph_break_ends_a_sentence_even_after_an_abbreviation() -> None:
    assert split("He left the U.S.\n\nPresident Trump stayed.") == [
        "He left the U.S.",
        "President Trump stayed.",
    ]


def test_hard_wrapped_lines_are_joined() -> None:
    text = (
        "Russia takes a village\n"
        "Russian troops recaptured 28 settlements in the western\n"
        "Kursk region and took control of the village of Noven'ke\n"
        "in the Sumy region. Moscow said so.\n"
        "Kyiv denied it on Friday."
    )
    assert split(text) == [
        "Russia takes a village",
        "Russian troops recaptured 28 settlements in the western\n"
        "Kursk region and took control of the village of Noven'ke\nin the Sumy region.",
        "Moscow said so.",
        "Kyiv denied it on Friday.",
    ]


@given(st.text() | st.text(alphabet="aB .\n\"'”[1]?!…\r\u2028", max_size=200))
def test_sentences_hold_every_visible_character_once_and_in_order(text: str) -> None:
    spans = sentences(text)
    end = 0
    for start, stop in spans:
        assert end <= start < stop <= len(text)
        assert not text[end:start].strip()
        assert text[start:stop] == text[start:stop].strip()
        end = stop
    assert not text[end:].strip()


@pytest.mark.parametrize(
    "unit", ["[1]", "a.", '."', "Mr. ", "U.S. The ", "\n", "x\n", " ", "(", "A.-", "…"]
)
def test_time_is_linear(unit: str) -> None:
    text = unit * (1_000_000 // len(unit)) + "x"
    start = time.process_time()
    sentences(text)
    assert time.process_time() - start < 10
