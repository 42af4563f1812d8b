"""Web pages and PDF: what they say, without what is around it."""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterator

from geomap.articles.fields import Fields, Found, published, read_date, string, without_surrogates
from geomap.articles.source import Source
from geomap.errors import InputError

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_OWN_PAGE = b'id="geomap-data"'
_PDF_DATE = re.compile(r"D:(\d{4})(\d{2})(\d{2})")


def read_html(source: Source) -> Iterator[Found]:
    """Yield the article that a web page is about."""
    yield html_fields(source.name, source.stem, source.file.read()), []


def html_fields(name: str, stem: str, data: bytes, charset: str | None = None) -> Fields:
    """Return the fields of an article from its web page.

    The main text, without menus, comments and advertisements, the title, the author, the date
    and the source (the site's name, else its host) are trafilatura's finding. [1]_

    Parameters
    ----------
    name, stem
        What messages call it, and its article.
    data
        The page.
    charset
        The encoding that a server gave with it; what is UTF-8 is read as such all the same.

    Raises
    ------
    InputError
        There is no main text, or the page is a map of geomap's.

    References
    ----------
    .. [1] Barbaresi, A. (2021): Trafilatura: a web scraping library and command-line tool for
       text discovery and extraction. ACL-IJCNLP, system demonstrations.
    """
    if _OWN_PAGE in data:
        raise InputError(f"{name}: a map that geomap made, no article; give the articles")
    from trafilatura import bare_extraction

    _quiet("trafilatura", "htmldate", "readability", "justext", "courlan")
    try:
        document = bare_extraction(
            _decoded(data, charset),
            include_comments=False,
            with_metadata=True,
            # Dates that only appear somewhere on the page are as often not the article's.
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except Exception as error:  # pages are hostile and the parser is not ours
        raise InputError(
            f"{name}: no web page that can be read ({error}); save it again"
        ) from error
    text = getattr(document, "text", None)
    if not document or not text or not text.strip():
        raise InputError(f"{name}: no main text in this page; save its text as .txt")
    found = document.as_dict()  # type: ignore[union-attr]
    return {
        "id": stem,
        # A line is a paragraph there; a blank line makes it one for the reader of sentences.
        "text": without_surrogates(text.replace("\n", "\n\n")),
        "title": string(found["title"]),
        "source": string(found["sitename"]) or string(found["hostname"]),
        "url": string(found["url"]),
        "author": string(found["author"]),
        "language": string(found["language"]),
        "published": read_date(found["date"]),
    }


def read_pdf(source: Source) -> Iterator[Found]:
    """Yield the article that a PDF is: the text of its pages, its title, author and date.

    Raises
    ------
    InputError
        pypdf is not installed, or the file is damaged, locked or has no text.
    """
    try:
        from pypdf import PdfReader
    except ImportError:
        mend = 'pip install "geomap[pdf]"'
        raise InputError(f"{source.name}: reading PDF needs pypdf; install it: {mend}") from None
    from io import BytesIO

    _quiet("pypdf")
    try:
        document = PdfReader(BytesIO(source.file.read()))
        if document.is_encrypted and not document.decrypt(""):
            raise InputError(f"{source.name}: locked by a password; unlock it first")
        text = "\n\n".join(page.extract_text() for page in document.pages)
        about = dict(document.metadata or {})
        title, author, made = (about.get(key) for key in ("/Title", "/Author", "/CreationDate"))
    except InputError:
        raise
    except Exception as error:  # files are hostile and the parser is not ours
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        mend = "save it again, or save its text as .txt"
        raise InputError(f"{source.name}: no PDF that can be read ({problem}); {mend}") from error
    if not text.strip():
        mend = "recognise its letters first (OCR), or save its text as .txt"
        raise InputError(f"{source.name}: no text in this PDF, perhaps only pictures; {mend}")
    day = _PDF_DATE.match(str(made or ""))
    fields: Fields = {
        "id": source.stem,
        "text": without_surrogates(text),
        "title": string(title),
        "author": string(author),
        "published": published(source.name, "-".join(day.groups()) if day else None),
    }
    yield fields, []


def _decoded(data: bytes, charset: str | None) -> bytes | str:
    """Decode a page whose encoding is known; trafilatura guesses the others'."""
    declared = _CHARSET.search(data[:4096])
    for encoding in ("utf-8-sig", charset, declared and declared[1].decode("ascii", "ignore")):
        try:
            if encoding:
                return data.decode(codecs.lookup(encoding).name)
        except (LookupError, ValueError):
            continue
    return data


def _quiet(*libraries: str) -> None:
    """Keep a library's complaints off standard error where no one has asked for them."""
    for name in libraries:
        log = logging.getLogger(name)
        if not log.handlers:
            log.addHandler(logging.NullHandler())
