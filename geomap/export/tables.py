"""Formats that hold tables."""

from __future__ import annotations

import csv
import errno
import html
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from geomap.records import ParsedArticle

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_ARTICLE_COLUMNS = ["title", "source", "author", "url", "published", "language"]
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# What a spreadsheet takes for a formula, and what looks like one that was made harmless.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
# What pyogrio, which takes a path for an address, reads otherwise than it stands there.
_OF_ADDRESSES = re.compile(r"[;?#!%\x00-\x1f\ud800-\udfff]")


class Tables(Protocol):
    """What is written: the parse and its tables, as an atlas has them."""

    @property
    def parsed(self) -> Sequence[ParsedArticle]:
        """The parsed articles, in the order of the input."""
        ...

    @property
    def articles(self) -> pd.DataFrame:
        """A row an article."""
        ...

    @property
    def mentions(self) -> gpd.GeoDataFrame:
        """A row a mention."""
        ...

    @property
    def places(self) -> gpd.GeoDataFrame:
        """A row a place."""
        ...

    @property
    def regions(self) -> gpd.GeoDataFrame:
        """A row a region."""
        ...


def write_geojson(tables: Tables, path: Path) -> None:
    """Write a feature a mention; the mention's number is its ``id`` too."""
    mentions = _mentions(tables)
    mentions["mention_id"] = mentions.index
    mentions["published"] = mentions["published"].astype(object).map(str, na_action="ignore")
    text = mentions.to_json(na="null", drop_id=False, to_wgs84=True, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def write_geopackage(tables: Tables, path: Path) -> None:
    """Write the four tables, a layer each, and how QGIS is to draw them."""
    import pyogrio

    from geomap.export.styles import layer_styles

    layers = {
        "places": tables.places,
        "mentions": _mentions(tables),
        "regions": tables.regions,
        "articles": tables.articles,
    }
    with _plain(path) as file:
        for name, table in layers.items():
            spatial = {"geometry_type": "MultiPolygon", "promote_to_multi": True}
            pyogrio.write_dataframe(
                flat(table).reset_index(),
                file,
                layer=name,
                driver="GPKG",
                use_arrow=True,
                append=file.exists(),
                **(spatial if name == "regions" else {}),
            )
        pyogrio.write_dataframe(
            layer_styles(), file, layer="layer_styles", driver="GPKG", append=True
        )


def write_geoparquet(tables: Tables, path: Path) -> None:
    """Write a row a mention."""
    flat(_mentions(tables)).to_parquet(path, index=True)


def write_csv(tables: Tables, path: Path) -> None:
    """Write a row a mention.

    Text that a spreadsheet would run as a formula gets an apostrophe before it, and so does text
    that begins with apostrophes and then like a formula: to undo it, take one from the front of
    whatever begins so.
    """
    mentions = flat(_mentions(tables))
    points = mentions.pop("geometry")
    mentions["latitude"], mentions["longitude"] = points.y, points.x
    for column in mentions.select_dtypes(["object", "string"]):
        mentions[column] = mentions[column].map(_no_formula, na_action="ignore")
    # All text in quotes: the writer would leave a carriage return without, which begins a row.
    quoting = csv.QUOTE_NONNUMERIC
    mentions.to_csv(path, encoding="utf-8", lineterminator="\n", quoting=quoting)


def write_kml(tables: Tables, path: Path) -> None:
    """Write a placemark a mention, called after the place; control characters become spaces."""
    import pyogrio

    mentions = flat(_mentions(tables)).reset_index()
    mentions["Name"] = mentions["name"].fillna(mentions["text"])
    # Viewers show a description as HTML, and XML has no control characters.
    mentions["Description"] = mentions["sentence"].map(lambda text: html.escape(text, quote=False))
    for column in mentions.select_dtypes(["object", "string"]):
        mentions[column] = mentions[column].map(_without_controls, na_action="ignore")
    # In KML "name" is the placemark's, and "end" the moment when it vanishes.
    own = {"name": "place_name", "start": "start_offset", "end": "end_offset"}
    mentions = mentions.rename(columns=own)
    # Not LIBKML: it puts text into CDATA as it stands, so that "]]>" would end it.
    with _plain(path) as file:
        pyogrio.write_dataframe(mentions, file, layer="mentions", driver="KML")
        written = file.read_bytes()  # GDAL's driver does not notice a full disk
        if written.count(b"<Placemark") != len(mentions) or b"</kml>" not in written[-16:]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` with lists as JSON and categories as text, for formats that know neither."""
    flat = table.copy()
    for column in flat.columns:
        if flat[column].dtype == "category":
            flat[column] = flat[column].astype("str")
        elif any(isinstance(value, list | tuple) for value in flat[column]):
            flat[column] = [json.dumps(value, ensure_ascii=False) for value in flat[column]]
    return flat


def _mentions(tables: Tables) -> Any:
    """Return the mentions with what is known of their articles."""
    return tables.mentions.join(tables.articles[_ARTICLE_COLUMNS], on="article_id")


@contextmanager
def _plain(path: Path) -> Iterator[Path]:
    """Give a path that pyogrio takes as it stands; what is written there comes to `path`."""
    path = path.absolute()
    if not _OF_ADDRESSES.search(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="geomap-") as folder:
        plain = Path(folder, f"new{path.suffix.lower()}")
        yield plain
        shutil.copyfile(plain, path)


def _no_formula(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _without_controls(value: object) -> object:
    return _CONTROL.sub(" ", value) if isinstance(value, str) else value
