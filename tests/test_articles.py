import csv
import gzip
import io
import json
import logging
import os
import random
import re
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pypdf
import pytest
from hypothesis import given, settings
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


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_lines_may_be_packed_and_their_field_named(tmp_path: Path, packing: str) -> None:
    path = tmp_path / f"a.b.jsonl.{packing}"
    data = b'{"body": "In Sumy", "author": "Ann"}\n{"body": "In Kursk"}\n'
    path.write_bytes(
        gzip.compress(data) if packing == "gz" else pa.compress(data, "zstd").to_pybytes()
    )
    found = list(articles.read(path, text_column="body"))
    assert found == [Article("a.b-1", "In Sumy", author="Ann"), Article("a.b-2", "In Kursk")]


def test_a_packed_file_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    lines_of = "".join(f'{{"text": "{random.Random(n).random()}"}}\n' for n in range(9000))
    path.write_bytes(gzip.compress(lines_of.encode())[:-2000])
    found, errors = read_all(path)
    assert len(found) > 1000
    assert len(errors) == 1
    assert errors[0].startswith(f"{path}: cannot be read")


# ---------------------------------------------------------------- web pages

PAGE = """<!doctype html><html lang="en"><head><title>Kursk front | The News</title>
<meta name="author" content="Ann Lee"><meta property="og:site_name" content="The News">
<meta property="og:title" content="Kursk front">{charset}
<meta property="article:published_time" content="2025-03-14T22:00:00Z">
<link rel="canonical" href="https://news.example.org/kursk"></head>
<body><nav><a href="/">Home</a> <a href="/b">Berlin</a> <a href="/p">Paris</a></nav>
<article><h1>Kursk front</h1><p>{first}</p>
<p>They crossed the border near Noven'ke &amp; stayed there, officials said on Friday.</p></article>
<aside>More from Madrid</aside><script>var city = "Oslo"</script>
<footer>Copyright 2011, London office</footer></body></html>"""
FIRST = "Troops left Kursk on Thursday, the general staff said in its evening report."


def test_a_web_page_gives_its_main_text_and_what_it_says_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.HTML"
    path.write_text(PAGE.format(charset="", first=FIRST))
    [article] = articles.read(path)
    second = "They crossed the border near Noven'ke & stayed there, officials said on Friday."
    assert article.text.removeprefix("Kursk front\n\n") == f"{FIRST}\n\n{second}"
    assert article == Article(
        "a",
        article.text,
        "Kursk front",
        "The News",
        "https://news.example.org/kursk",
        date(2025, 3, 14),
        None,
        "Ann Lee",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "utf-8-sig"])
def test_a_web_page_is_read_in_the_encoding_that_it_states(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.html"
    first = "Після боїв у Сумах війська відійшли до Харкова, повідомив генеральний штаб увечері."
    page = PAGE.format(charset=f'<meta charset="{encoding}">', first=first)
    path.write_bytes(page.encode(encoding))
    [article] = articles.read(path)
    assert first in article.text


def test_a_page_without_a_date_is_undated(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    page = PAGE.format(charset="", first=FIRST)
    path.write_text(re.sub("<meta property=.article:published.*", "", page))
    [article] = articles.read(path)
    assert article.published is None


@given(st.binary(max_size=200), st.booleans())
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_a_page_or_an_error(tmp_path_factory, data: bytes, marked: bool) -> None:
    path = tmp_path_factory.mktemp("page") / "a.html"
    path.write_bytes(b"<html><body><p>" + data if marked else data)
    found, errors = read_all(path)
    assert len(found) + len(errors) == 1


# ---------------------------------------------------------------- PDF


def pdf(*pages: str, about: str = "") -> bytes:
    """Make a PDF of one line a page."""
    count = len(pages)
    kids = " ".join(f"{3 + 2 * n} 0 R" for n in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
    ]
    font = "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    for n, text in enumerate(pages):
        drawn = f"BT /F 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {font} "
            f"/Contents {4 + 2 * n} 0 R >>"
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    objects.append(f"<< {about} >>")
    body, at = "%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        at.append(len(body))
        body += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in at)
    size, start = len(objects) + 1, len(body)
    trailer = f"<< /Size {size} /Root 1 0 R /Info {size - 1} 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n{trailer}".encode("latin-1")


def test_a_pdf_gives_its_text_title_author_and_date(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    about = "/Title (Front) /Author (Ann Lee) /CreationDate (D:20250314120000Z)"
    path.write_bytes(pdf("Troops left Kursk.", "They took Sumy.", about=about))
    assert list(articles.read(path)) == [
        Article(
            "report",
            "Troops left Kursk.\n\nThey took Sumy.",
            "Front",
            published=date(2025, 3, 14),
            author="Ann Lee",
        )
    ]


def test_a_pdf_of_pictures_or_with_a_password_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(""))
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "b.pdf")
    _, errors = read_all(tmp_path)
    assert "OCR" in errors[0]
    assert "password" in errors[1]


def test_without_pypdf_the_extra_is_named_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    (tmp_path / "a.pdf").write_bytes(pdf("Kyiv"))
    (tmp_path / "b.txt").write_text("Lviv")
    found, errors = read_all(tmp_path)
    assert [article.text for article in found] == ["Lviv"]
    assert errors == [
        f'{tmp_path / "a.pdf"}: reading PDF needs pypdf; install it: pip install "geomap[pdf]"'
    ]


# ---------------------------------------------------------------- tables

COLUMNS = {
    "ID": ["x", None],
    "title": ["T", None],
    "Source": ["S", ""],
    "url": ["U", None],
    "date": ["2025-03-14", None],
    "text": ['In "Sumy",\nand', "In Kursk"],
    "other": ["o", "p"],
}
ROWS = [
    Article("x", 'In "Sumy",\nand', "T", "S", "U", date(2025, 3, 14)),
    Article("a-2", "In Kursk"),
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_row_of_csv_gives_all_it_has(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    pd.DataFrame(COLUMNS).to_csv(path, index=False, sep=delimiter, encoding=encoding)
    assert list(articles.read(path)) == ROWS


@pytest.mark.parametrize("name", ["a.csv.gz", "a.tsv.zst", "a.tsv"])
def test_csv_may_be_packed(tmp_path: Path, name: str) -> None:
    pd.DataFrame(COLUMNS).to_csv(tmp_path / "plain", index=False, sep="\t")
    data = (tmp_path / "plain").read_bytes()
    pack = {"gz": gzip.compress, "zst": lambda data: pa.compress(data, "zstd").to_pybytes()}
    (tmp_path / name).write_bytes(pack.get(name.rpartition(".")[2], bytes)(data))
    assert list(articles.read(tmp_path / name)) == ROWS


def test_parquet(tmp_path: Path) -> None:
    table = pd.DataFrame({**COLUMNS, "date": [date(2025, 3, 14), None]})
    table.to_parquet(tmp_path / "a.parquet")
    assert list(articles.read(tmp_path / "a.parquet")) == ROWS
    table = table.rename(columns={"text": "Body"})
    table["date"] = pd.to_datetime(table["date"]).dt.tz_localize("UTC")
    table.to_parquet(tmp_path / "a.parquet")
    assert list(articles.read(tmp_path / "a.parquet", text_column="body")) == ROWS


def test_parquet_carries_given_spans(tmp_path: Path) -> None:
    pd.DataFrame({"text": ["In Sumy"], "toponyms": [[{"start": 3, "end": 7}]]}).to_parquet(
        tmp_path / "a.parquet"
    )
    spans: dict[str, list[articles.Span]] = {}
    list(articles.read(tmp_path / "a.parquet", given_spans=spans))
    assert spans == {"a-1": [(3, 7)]}


def test_a_broken_row_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'id,text\n1,one\n\n2,\n3,"two\nlines"\n4,caf\xe9\n5,one,many\n'
        b'6,"a"b\n7,"caf\xc3\xa9"\n8\n9,"open\n10,lost\n'
    )
    found, errors = read_all(path)
    assert [article.text for article in found] == ["one", "two\nlines", "café"]
    assert [error.split(": ")[0] for error in errors] == [
        f"{path}:{n}" for n in (4, 7, 8, 9, 11, 12)
    ]
    for error, says in zip(
        errors,
        ["no text", "not UTF-8", "quote the text", "quotes", "no text", "quotes"],
        strict=True,
    ):
        assert says in error


def test_a_long_cell_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\n" + "Kyiv " * 100_000)
    [article] = articles.read(path)
    assert len(article.text) == 500_000


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1),
        min_size=1,
        max_size=5,
    )
)
@settings(deadline=None)
def test_tables_keep_every_character(tmp_path_factory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("tables")
    table = pd.DataFrame({"id": [f"n{n}" for n in range(len(texts))], "text": texts})
    table.to_csv(folder / "a.csv", index=False, quoting=csv.QUOTE_ALL, lineterminator="\n")
    table.to_parquet(folder / "b.parquet")
    for name in ("a.csv", "b.parquet"):
        found, errors = read_all(folder / name)
        assert [article.text for article in found] == [text for text in texts if text.strip()]
        assert len(errors) == len(texts) - len(found)


# ---------------------------------------------------------------- folders, streams, ids


def test_a_pattern_stands_for_what_fits_it(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "c.md", "d/e.txt", "f[1].txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    texts = {
        "*.txt": ["a.txt", "b.txt", "f[1].txt"],
        "**/*.txt": ["a.txt", "b.txt", "d/e.txt", "f[1].txt"],
        "f[1].txt": ["f[1].txt"],
    }
    for pattern, expected in texts.items():
        found, errors = read_all(tmp_path / pattern)
        assert [article.text for article in found] == expected
        assert errors == []
    _, [error] = read_all(tmp_path / "*.jsonl")
    assert "nothing fits" in error


def test_a_folder_is_read_sorted_and_through(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "z/c.md", "z/notes.docx", ".hidden.txt", ".git/d.txt"):
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
        (pdf("Kyiv"), [("stdin", "Kyiv")]),
        (b"\n<!DOCTYPE HTML><p>Talks were held in Kyiv", [("stdin", "Talks were held in Kyiv")]),
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
        ("a.docx", b"PK", ".txt, .md, .html"),
        ("a.pdf", b"%PDF", "no PDF that can be read"),
        ("a.html", b"<html><body></body></html>", "no main text"),
        ("a.html", b"\x89PNG\r\n\x1a\n\0\0\0", "no main text"),
        ("a.html", b'<html><script id="geomap-data">', "a map that geomap made"),
        ("a.csv", b"id,title\n1,x\n", "--text-column; the columns are id, title"),
        ("a.csv", b"text\n", "no rows"),
        ("a.csv", b"mention_id,text\n0,Kyiv\n", "own table of mentions"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0", "no column"),
        ("a.parquet", b"PAR1", "not Parquet"),
        ("a.jsonl.gz", b"no gzip", "cannot be read"),
        ("a.jsonl.zst", b"no zstd", "cannot be read"),
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
