import io
import json
import logging
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomap import articles
from geomap.errors import InputError
from geomap.records import Article

SEEDS = Path(__file__).resolve().parent.parent / "seeds"


def read_all(*inputs: str | Path) -> tuple[list[Article], list[str]]:
    errors: list[InputError] = []
    found = list(articles.read(inputs, on_error=errors.append))
    return found, [str(error) for error in errors]


def lines(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


class FakeStdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


# ---------------------------------------------------------------- text


def test_the_seed_is_read_as_it_stands_and_dated() -> None:
    [article] = articles.read(SEEDS)
    [path] = SEEDS.iterdir()
    assert article.id == path.stem
    assert article.text.encode() == path.read_bytes()
    assert article.published == date(2025, 3, 14)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), min_size=1))
def test_offsets_count_the_characters_of_the_file(tmp_path_factory, text: str) -> None:
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_bytes(text.encode())
    found, errors = read_all(path)
    assert [article.text for article in found] == ([text] if text.strip() else [])
    assert bool(errors) == (not text.strip())


def test_line_ends_are_kept_and_a_byte_order_mark_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbfSumy\r\nKursk\rKyiv\n")
    [article] = articles.read(path)
    assert article.text == "Sumy\r\nKursk\rKyiv\n"


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("date 2025-03-14 Kursk", date(2025, 3, 14)),
        ("  date 2025-03-14\nKursk", date(2025, 3, 14)),
        ("date 2025-02-31 Kursk", None),
        ("Kursk, date 2025-03-14", None),
        ("update 2025-03-14", None),
    ],
)
def test_a_date_header(tmp_path: Path, text: str, published: date | None) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    [article] = articles.read(path)
    assert (article.published, article.text) == (published, text)


# ---------------------------------------------------------------- JSON Lines


def test_a_line_gives_all_it_has(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "a.jsonl",
        {
            "id": 7,
            "text": "In Sumy",
            "title": "T",
            "source": "S",
            "url": "U",
            "language": "en",
            "date": "2025-03-14",
        },
        {"text": "In Kursk", "published": "2025-03-15T10:00:00Z", "title": None},
    )
    assert list(articles.read([path])) == [
        Article("7", "In Sumy", "T", "S", "U", date(2025, 3, 14), "en"),
        Article("a-2", "In Kursk", published=date(2025, 3, 15)),
    ]


def test_a_broken_line_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'{"text": "one"}\n\n{"text": \n[1]\n{"id": "x"}\n{"text": "  "}\n{"text": "\xe9"}\n'
        + b"[" * 100_000
        + b'\n{"text": "last"}'
    )
    found, errors = read_all(path)
    assert [article.text for article in found] == ["one", "last"]
    assert [error.split(": ")[0] for error in errors] == [f"{path}:{n}" for n in (3, 4, 5, 6, 7, 8)]
    assert "not JSON" in errors[0]
    assert "UTF-8" in errors[4]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2009-03-23 14:39:58.159565-05", date(2009, 3, 23)),
        ("7:58 AM ET, Sat January 3, 2015", date(2015, 1, 3)),
        ("Wed Nov 23, 2016 | 3:01pm EST", date(2016, 11, 23)),
        ("2025-03-14T23:59:59-11:00", date(2025, 3, 14)),
        ("14 March 2025", date(2025, 3, 14)),
        ("25/12/2015", date(2015, 12, 25)),
        ("03/04/2015", None),
        ("March 2025", None),
        ("Friday", None),
        ("", None),
        ("9" * 5000, None),
        (1741910400, None),
        (None, None),
    ],
)
def test_a_date_is_read_if_it_says_one_day(written: object, expected: date | None) -> None:
    assert articles.read_date(written) == expected


def test_an_unreadable_date_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = lines(tmp_path / "a.jsonl", {"text": "x", "date": "soon"})
    with caplog.at_level(logging.WARNING, "geomap"):
        [article] = articles.read(path)
    assert article.published is None
    assert "a.jsonl:1" in caplog.text


@given(st.text())
def test_read_date_never_raises(written: str) -> None:
    articles.read_date(written)


def test_half_characters_become_one_replacement_each(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a \\ud800 b", "title": "\\udfff"}')
    [article] = articles.read(path)
    assert (article.text, article.title) == ("a \ufffd b", "\ufffd")


def test_given_spans_arrive_with_their_article(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "a.jsonl",
        {"id": "a", "text": "In Sumy", "toponyms": [{"start": 3, "end": 7, "text": "Sumy"}]},
        {"id": "b", "text": "In Sumy", "toponyms": [{"start": 3, "end": 8}]},
        {"id": "c", "text": "In Sumy", "toponyms": 5},
        {"id": "d", "text": "In Sumy", "toponyms": [7]},
        {"id": "e", "text": "In Sumy"},
    )
    spans: dict[str, list[articles.Span]] = {}
    errors: list[InputError] = []
    for article in articles.read(path, on_error=errors.append, given_spans=spans):
        assert article.id in spans
    assert spans == {"a": [(3, 7)], "e": []}
    assert [str(error).split(":")[1] for error in errors] == ["2", "3", "4"]


# ---------------------------------------------------------------- folders, streams, ids


def test_a_folder_is_read_sorted_and_through(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "z/c.md", "z/notes.pdf", ".hidden.txt", ".git/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    lines(tmp_path / "m.JSONL", {"text": "m"})
    found, errors = read_all(tmp_path)
    assert [article.text for article in found] == ["a.txt", "b.txt", "m", "z/c.md"]
    assert errors == []


def test_a_link_that_leads_back_to_its_folder_is_no_trap(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Kyiv")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert len(read_all(tmp_path)[0]) == 1


def test_ids_are_unique(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("x/a.txt", "y/a.txt", "z/a.txt", "z/a-2.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Kyiv")
    with caplog.at_level(logging.WARNING, "geomap"):
        found, _ = read_all(tmp_path)
    assert [article.id for article in found] == ["a", "a-2", "a-2-2", "a-3"]
    assert "the id 'a'" in caplog.text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"date 2025-01-02 Kyiv", [("stdin", "date 2025-01-02 Kyiv")]),
        (
            b'\xef\xbb\xbf{"id": "a", "text": "Kyiv"}\n{"text": "Lviv"}',
            [("a", "Kyiv"), ("stdin-2", "Lviv")],
        ),
    ],
)
def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, data: bytes, expected: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr("sys.stdin", FakeStdin(data))
    assert [(article.id, article.text) for article in articles.read("-")] == expected


def test_a_pipe_is_read_as_it_comes(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"Kyiv and Lviv")
    os.close(writing)
    try:
        [article] = articles.read(f"/dev/fd/{reading}")
    finally:
        os.close(reading)
    assert article.text == "Kyiv and Lviv"


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\t\n", "no text"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
        ("a.txt", b"Kyiv\n" * 9 + b"\0", "binary"),
        ("a.txt", b"\x1f\x8b\x08\x88\xe9", "binary"),
        ("a.txt", "café".encode("cp1252"), "iconv"),
        ("a.txt", "Київ".encode("utf-16"), "UTF-16"),
        ("a.pdf", b"%PDF", ".txt, .md, .jsonl"),
        ("a.jsonl", b"", "empty"),
        ("a.jsonl", b"\n\n", "no lines"),
    ],
)
def test_a_bad_file_is_an_error_with_the_mend(
    tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    path, good = tmp_path / name, tmp_path / "good.md"
    path.write_bytes(data)
    good.write_text("Kyiv")
    found, errors = read_all(path, good)
    assert [article.id for article in found] == ["good"]
    [error] = errors
    assert error.startswith(str(path))
    assert says in error
    assert "\n" not in error
    with pytest.raises(InputError):
        list(articles.read([path]))


@pytest.mark.parametrize("name", ["missing.txt", "a\0b.txt", "x" * 5000, "folder"])
def test_what_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    found, errors = read_all(tmp_path / name)
    assert found == []
    assert len(errors) == 1
