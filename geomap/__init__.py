"""geomap reads news articles and draws a trustworthy map of every place they mention.

::

    import geomap

    parsed = geomap.geoparse("seeds/")  # paths, Articles or plain strings
    atlas = geomap.Atlas(parsed)        # .mentions .places .regions: GeoDataFrames
    atlas.save("map.html")              # the page; .geojson .gpkg .parquet .csv .kml by suffix

Names are imported when they are first used, so that ``import geomap`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geomap.articles import read
    from geomap.atlas import Atlas
    from geomap.errors import GazetteerError, GeomapError, InputError, OutputError, UsageError
    from geomap.geoparser import Geoparser, geoparse
    from geomap.records import Article, Candidate, ParsedArticle, Place, Resolution, Toponym

__version__ = "0.1.0"

_HOMES = {
    "read": "articles",
    "Atlas": "atlas",
    "GazetteerError": "errors",
    "GeomapError": "errors",
    "InputError": "errors",
    "OutputError": "errors",
    "UsageError": "errors",
    "Geoparser": "geoparser",
    "geoparse": "geoparser",
    "Article": "records",
    "Candidate": "records",
    "ParsedArticle": "records",
    "Place": "records",
    "Resolution": "records",
    "Toponym": "records",
}

__all__ = [
    "Article",
    "Atlas",
    "Candidate",
    "GazetteerError",
    "GeomapError",
    "Geoparser",
    "InputError",
    "OutputError",
    "ParsedArticle",
    "Place",
    "Resolution",
    "Toponym",
    "UsageError",
    "__version__",
    "geoparse",
    "read",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'geomap' has no attribute {name!r}")
    value = getattr(import_module(f"geomap.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
