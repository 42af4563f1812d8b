"""Files, folders, streams and, on request, addresses of news, read into `Article` records.

What is read
    Text (``.txt``, ``.md``), web pages (``.html``, ``.htm``), PDF (``.pdf``, with the extra
    ``pdf``), JSON Lines (``.jsonl``), tables (``.csv``, ``.tsv``, ``.parquet``), folders and
    patterns of these, and ``-``, the standard input. JSON Lines and tables of text may be packed
    (``.gz``, ``.zst``). What has no suffix is told by how it begins: PDF, a web page, JSON Lines
    if it begins with ``{``, and text otherwise.
Offsets
    A text is taken as it stands, line ends included, so that offsets count the file's own
    characters; only a byte order mark at the start is no part of it. Of a web page and of a PDF
    they count the text that was taken out, which is ``Article.text``.
Network
    Web pages and feeds (with the extra ``feeds``) by HTTPS, and only where the caller allows it.
Errors
    One bad input never spoils the good ones beside it: see `read`.
"""

from geomap.articles.fields import Span, read_date
from geomap.articles.reading import STDIN, SUFFIXES, read
from geomap.articles.source import OnError

__all__ = ["STDIN", "SUFFIXES", "OnError", "Span", "read", "read_date"]
