"""The HTML document: everything it needs put into it, and a policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

from branca.element import CssLink, Element, Figure, JavascriptLink
from jinja2 import Template

from geomap.errors import OutputError
from geomap.webmap import assets

_POLICY = "geomap-content-security-policy"


class Verbatim(Element):
    """Markup that goes into the page as it is.

    branca's own ``Element`` reads its text as a Jinja template, and folium's macros have their
    output read as one a second time: ``{{ ... }}`` in an article would be executed. Whatever
    carries text of others goes through here.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text

    def render(self, **kwargs: object) -> str:
        """Return the markup."""
        return self.text


class PageFigure(Figure):
    """A document that stands alone.

    Parameters
    ----------
    title
        The document's title; any text.
    self_contained
        Whether a script, style or picture from elsewhere is an error.
    host
        An origin ("https://tiles.example.org") from which pictures may be loaded all the same.
    """

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="en">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="' + _POLICY + '">\n'
        "<title>{{ this.title|e }}</title>\n"
        "{{ this.header.render(**kwargs) }}\n"
        "</head>\n"
        "<body>\n"
        "{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n"
        "</body>\n"
        "</html>\n"
    )

    def __init__(self, title: str, *, self_contained: bool = True, host: str | None = None) -> None:
        super().__init__(width="100%", height="720px", title=title)
        self.self_contained = self_contained
        self.host = host
        # The template says it already.
        self.header._children.clear()

    def render(self, **kwargs: object) -> str:
        """Return the document.

        Raises
        ------
        OutputError
            If a layer loads from elsewhere and the page shall be self-contained.
        """
        for child in list(self._children.values()):
            child.render(**kwargs)
        self._bundle()
        page = str(self._template.render(this=self, kwargs=kwargs)).replace("\r\n", "\n")
        outside = set(_outside(self))
        found = _Contents(page)
        outside.update(found.links)
        if outside and self.self_contained:
            raise OutputError(
                f"the page cannot stand alone: a layer loads {min(outside)}; leave that layer"
                " out, or allow it with self_contained=False"
            )
        return page.replace(_POLICY, self._policy(found, outside), 1)

    def _repr_html_(self, **kwargs: object) -> str:
        """Show the page in a notebook, in a frame of its own."""
        # ASCII alone: the page around it may be read in another encoding, and the hashes of the
        # policy would then not fit.
        text = html.escape(self.render(**kwargs)).encode("ascii", "xmlcharrefreplace").decode()
        return (
            f'<iframe srcdoc="{text}" sandbox="allow-scripts allow-downloads allow-popups"'
            f' style="width:{self.width};height:{self.height};border:0"></iframe>'
        )

    def _bundle(self) -> None:
        """Put the text of each linked script and style in place of its link."""
        for name, child in list(self.header._children.items()):
            if isinstance(child, (JavascriptLink, CssLink)):
                text = assets.bundled(child.url)
                if text is not None:
                    tag = "script" if isinstance(child, JavascriptLink) else "style"
                    self.header._children[name] = Verbatim(f"<{tag}>{text}</{tag}>")

    def _policy(self, found: _Contents, outside: set[str]) -> str:
        origins = sorted({o for o in map(origin, outside) if o})
        pictures = [*origins, *([self.host] if self.host else [])]
        # Only layers added by the caller write style attributes; the page itself has none.
        added = any(child._children for child in self._children.values())
        rules = {
            "default-src": ["'none'"],
            "script-src": [*map(_hash, found.scripts), *origins],
            "style-src": [*map(_hash, found.styles), *origins],
            "style-src-attr": ["'unsafe-inline'" if added else "'none'"],
            "img-src": ["data:", "blob:", *pictures],
            "font-src": ["data:", *origins],
            "base-uri": ["'none'"],
            "form-action": ["'none'"],
        }
        policy = "; ".join(f"{name} {' '.join(dict.fromkeys(v))}" for name, v in rules.items())
        return html.escape(policy, quote=True).replace("&#x27;", "'")


def origin(url: str) -> str | None:
    """Return the origin of `url` as a policy names it; ``{s}`` becomes a wildcard."""
    parts = urlsplit(url if "//" in url else f"//{url}", scheme="https")
    host = re.sub(r"^\{\w+\}", "*", parts.netloc.rpartition("@")[2])
    if not re.fullmatch(r"(\*\.)?[\w.-]+(:\d+)?", host, re.ASCII):
        return None
    return f"{parts.scheme}://{host}"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _outside(element: Element) -> Iterator[str]:
    """Yield the addresses from which the layers under `element` load their data or pictures."""
    for child in element._children.values():
        for attribute in ("url", "tiles"):
            value = getattr(child, attribute, None)
            if isinstance(value, str) and re.match(r"(https?:)?//", value):
                yield value
        if type(child).__name__ == "Icon" and type(child).__module__ == "folium.map":
            yield "awesome-markers (folium.Icon; use CircleMarker, DivIcon or the default icon)"
        yield from _outside(child)


class _Contents(HTMLParser):
    """What a document runs, and what it loads."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.links: list[str] = []
        self._into: list[str] | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self._into = None
        address = attributes.get("href" if tag == "link" else "src")
        if tag != "a" and address and not address.startswith(("data:", "blob:", "#")):
            self.links.append(address)
        elif tag == "script" and attributes.get("type") in (None, "", "text/javascript"):
            self._into = self.scripts
        elif tag == "style":
            self._into = self.styles
        if self._into is not None:
            self._into.append("")

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._into = None
