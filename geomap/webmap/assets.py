"""Scripts and styles of the page: Leaflet's and folium's from their packages, ours from here."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import folium
from xstatic.pkg import leaflet

_LEAFLET = Path(leaflet.BASE_DIR)
_HEAT = Path(folium.__file__).with_name("templates") / "leaflet_heat.min.js"
_STATIC = Path(__file__).with_name("static")

#: The scripts of the page of articles, in the order in which they are joined.
SCRIPTS = (
    "core.js",
    "basemap.js",
    "labels.js",
    "dots.js",
    "places.js",
    "areas.js",
    "details.js",
    "article.js",
    "panel.js",
    "tree.js",
    "search.js",
    "articles.js",
    "corrections.js",
    "picture.js",
    "save.js",
    "links.js",
    "main.js",
)

#: The same of the page of a corpus.
CORPUS_SCRIPTS = (
    "core.js",
    "basemap.js",
    "labels.js",
    "dots.js",
    "details.js",
    "tree.js",
    "search.js",
    "picture.js",
    "save.js",
    "links.js",
    "corpus.js",
    "corpus-map.js",
    "corpus-details.js",
    "corpus-time.js",
    "corpus-panel.js",
    "corpus-main.js",
)


def bundled(url: str) -> str | None:
    """Return the text of the script or style that `url` stands for, or None if none is bundled."""
    for pattern, read in _BUNDLED.items():
        if re.search(pattern, url):
            return read()
    return None


@cache
def leaflet_script() -> str:
    """Leaflet, with its marker's pictures given as data and without the link to its source map."""
    text = (_LEAFLET / "leaflet.js").read_text(encoding="utf-8")
    text = re.sub(r"\n?//# sourceMappingURL=\S*\s*$", "\n", text)
    icons = {
        "iconUrl": _picture("marker-icon.png"),
        "iconRetinaUrl": _picture("marker-icon-2x.png"),
        "shadowUrl": _picture("marker-shadow.png"),
    }
    return (
        f"{text}\nL.Icon.Default.imagePath = '';\nL.Icon.Default.mergeOptions({json.dumps(icons)});"
    )


@cache
def leaflet_style() -> str:
    """Leaflet's style, its pictures given as data."""
    text = (_LEAFLET / "leaflet.css").read_text(encoding="utf-8")
    return re.sub(r"url\(images/([\w.-]+)\)", lambda m: f"url({_picture(m[1])})", text)


@cache
def heat_script() -> str:
    """Return what folium's ``HeatMap`` draws with."""
    return _HEAT.read_text(encoding="utf-8")


#: The addresses by which folium asks for what an installed package has.
_BUNDLED = {
    r"/leaflet@1\.9\.\d+/dist/leaflet\.js$": leaflet_script,
    r"/leaflet@1\.9\.\d+/dist/leaflet\.css$": leaflet_style,
    r"/folium/templates/leaflet_heat\.min\.js$": heat_script,
}


@cache
def page_script(names: tuple[str, ...]) -> str:
    """Return a page's own script, joined from its files."""
    return "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in names)


@cache
def page_style(names: tuple[str, ...]) -> str:
    """Return a page's own style, joined from its files."""
    return "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in names)


@cache
def page_body(name: str) -> str:
    """Return a page's markup: the frame into which the script puts everything."""
    return (_STATIC / name).read_text(encoding="utf-8")


def data_block(name: str, data: Any) -> str:
    """Return a JSON block that no text in it can end or escape from."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029\x7f":
        text = text.replace(character, f"\\u{ord(character):04x}")
    # A lone surrogate cannot be written as UTF-8; one character stands for one, offsets hold.
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return f'<script type="application/json" id="{name}">{text}</script>'


def _picture(name: str) -> str:
    data = base64.b64encode((_LEAFLET / "images" / name).read_bytes()).decode("ascii")
    return f"data:image/png;base64,{data}"
