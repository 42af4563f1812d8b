"""What is fuzzed: each target takes any bytes, and gives a result or raises `GeomapError`.

Anything else that is raised is a finding. Property tests and the coverage-guided run share them.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import geomap
from geomap import corrections, export
from geomap.articles.reading import READERS
from geomap.articles.source import Source
from geomap.errors import GeomapError
from geomap.gazetteer import embedded
from geomap.gazetteer_build.rows import fold_all
from geomap.gazetteer_build.tables import Chunk, Report, main_table, names_table
from geomap.names import fold, transliterate
from geomap.recognition.tokens import tokenize
from geomap.records import Article
from geomap.sentences import sentences


def text_of(data: bytes) -> str:
    """Return a string of any code points, lone surrogates and controls among them."""
    return data.decode("utf-8", "surrogateescape")


@cache
def geoparser() -> geomap.Geoparser:
    return geomap.Geoparser()


def _read(kind: str, data: bytes) -> None:
    found = []
    with contextlib.suppress(GeomapError):
        source = Source("fuzz" + kind, "fuzz", io.BytesIO(data), "text", lambda _: None)
        found = list(READERS[kind](source))
    for fields, spans in found:
        article = Article(**fields)
        article.text.encode("utf-8")
        assert article.text.strip()
        assert all(0 <= start < end <= len(article.text) for start, end in spans)


def read_text(data: bytes) -> None:
    _read(".txt", data)


def read_markdown(data: bytes) -> None:
    _read(".md", b"# Front\n\n" + data)


def read_html(data: bytes) -> None:
    _read(".html", data)


def read_lines(data: bytes) -> None:
    _read(".jsonl", data)
    _read(".jsonl", b'{"text": ' + data + b"}")


def read_csv(data: bytes) -> None:
    _read(".csv", data)
    _read(".csv", b"id,text,date\n" + data)


def read_date(data: bytes) -> None:
    from geomap.articles.fields import read_date as read

    read(text_of(data))


def split(data: bytes) -> None:
    text = text_of(data)
    spans = sentences(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    for line in tokenize(text):
        for token, start, end in zip(line, line.starts, line.ends, strict=True):
            assert text[start:end] == token.text


def recognise(data: bytes) -> None:
    """The whole chain: recognition, resolution, and the line of JSON Lines."""
    article = Article("fuzz", text_of(data))
    parsed = geoparser().parse(article)
    for resolution in parsed.resolutions:
        toponym = resolution.toponym
        assert article.text[toponym.start : toponym.end] == toponym.text
        assert 0 <= resolution.confidence <= 1
    [line] = export.to_lines([parsed])
    assert line.count("\n") == 1
    line.encode("utf-8")
    json.loads(line)


def names(data: bytes) -> None:
    name = text_of(data)
    folded = fold(name)
    assert fold(folded) == folded
    transliterate(name)
    embedded().lookup(name)
    embedded().prefixes(folded)
    plain = name.replace("\n", " ").encode("utf-8", "replace").decode()
    assert fold_all([plain]) == [fold(plain)]


def correct(data: bytes) -> None:
    parsed = geomap.ParsedArticle(Article("a", "Kyiv fell"), ())
    for content in (data, b'{"corrections": [' + data + b"]}"):
        path = _folder() / "corrections.json"
        path.write_bytes(content)
        with contextlib.suppress(GeomapError):
            corrections.apply(corrections.read(path), [parsed])


def gazetteer_rows(data: bytes) -> None:
    chunk = Chunk(data, "fuzz", 1, 0)
    for table in (main_table(chunk, frozenset(), Report()), names_table(chunk, Report())):
        table.to_pylist()


def command_line(data: bytes) -> None:
    """The command with any arguments; only those that end without work worth the name."""
    from geomap.cli import main

    # No path may lead out of the folder, least of all an output's.
    text = data.decode("utf-8", "surrogateescape").replace("\0", "").replace("/", "_")
    arguments = [part.replace("..", "_") for part in text.split("\n")[:6]]
    if {"build", "train", "--open", "--clear", "cache", "--workers", "--scheduler"} & set(
        arguments
    ) or any(a.startswith(("--w", "--sc", "--on", "--op", "--cl", "--al")) for a in arguments):
        return
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in "oe")
    here, stdin = Path.cwd(), sys.stdin
    os.chdir(_folder())
    sys.stdin = io.TextIOWrapper(io.BytesIO(b"Kyiv fell."))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            assert main(arguments or [""]) in (0, 1, 2)
    finally:
        os.chdir(here)
        sys.stdin = stdin


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="geomap-fuzz-"))


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        read_text,
        read_markdown,
        read_html,
        read_lines,
        read_csv,
        read_date,
        split,
        recognise,
        names,
        correct,
        gazetteer_rows,
        command_line,
    )
}

#: Where mutation begins.
SEEDS: dict[str, list[bytes]] = {
    "read_text": [b"date 2025-03-14\r\nKyiv", "﻿Łódź\r".encode()],
    "read_markdown": [b"**Kyiv** [a](b)\n"],
    "read_html": [b"<html><body><article><p>Troops left Kursk.</p></article><meta charset=x>"],
    "read_lines": [b'{"text": "Kyiv", "toponyms": [{"start": 0, "end": 4}], "date": "2024-1-1"}'],
    "read_csv": [b'id;text\n1;"Kyiv ""x"""\n', b'7,"Kyiv, fell",3 May 2024\n'],
    "read_date": [b"2024-05-06T10:00Z", b"Fri, 14 Mar 2025 10:00:00 GMT", b"3rd of May 2001 AD"],
    "split": ["U.S. troops in St. Louis, W.Va. “Go.”[1] No. 5 ended.\n\nNew’s".encode()],
    "recognise": [b"Troops left Kursk for Ukraine's Sumy region, the U.S. said in Paris, Texas."],
    "names": ["Noven’ke".encode(), "Łódź-İß".encode(), "ﷺ가".encode(), b"U.S."],
    "correct": [
        b'{"corrections": [{"article": "a", "start": 0, "end": 4, "text": "Kyiv", "place":'
        b' {"id": "x", "name": "y", "kind": "region", "latitude": 1, "longitude": 2}}]}'
    ],
    "gazetteer_rows": [
        b"1\tKyiv\tKyiv\tKiev,Kyjiv\t50.4\t30.5\tP\tPPLC\tUA\t\t12\t\t\t\t9\t\t1\tE\t2024-01-01\n",
        b"1\t703448\ten\tKiev\t1\t\t\t1\t\t\n",
    ],
    "command_line": [
        b"map\n-", b"parse\nx.txt\n-o\ny.csv", b"lookup\nKyiv\n--country\nUA", b"evaluate\nx.jsonl",
        b"gazetteer\ninfo\n--json",
    ],
}  # fmt: skip
