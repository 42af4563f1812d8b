"""A parse, written down for other programs.

JSON Lines (``.jsonl``) hold one article a line and can be written as the articles come; the
other formats hold the tables of an atlas:

============  ====================================================================
``.geojson``  a feature a placed mention (RFC 7946)
``.gpkg``     GeoPackage with the layers places, mentions, regions and articles
``.parquet``  GeoParquet, a row a mention
``.csv``      a row a mention, with ``latitude`` and ``longitude``
``.kml``      a placemark a placed mention
============  ====================================================================

Coordinates are WGS 84 (EPSG:4326). Lists are written as JSON where a format knows none. A file
is written whole or not at all.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from geomap.errors import OutputError, UsageError
from geomap.records import Alternative, ParsedArticle, Resolution
from geomap.writing import check_target, replacing

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

LINES_SUFFIX = ".jsonl"

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


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


def write(tables: Tables, path: str | Path) -> None:
    """Write an atlas in the format that the suffix of `path` names.

    Raises
    ------
    UsageError
        The suffix is none of `SUFFIXES`.
    OutputError
        The folder does not exist or the file cannot be written.
    """
    check(path)
    from pyogrio import errors

    try:
        with replacing(Path(path)) as temporary:
            _WRITERS[Path(path).suffix.lower()](tables, temporary)
    except (errors.DataSourceError, errors.DataLayerError, errors.FeatureError) as error:
        raise OutputError(f"{path}: cannot be written: {error}; nothing was changed") from error


def write_lines(parsed: Iterable[ParsedArticle], path: str | Path) -> None:
    """Write JSON Lines as the articles come; errors as of `write`."""
    check(path, (LINES_SUFFIX,))
    with (
        replacing(Path(path)) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        file.writelines(to_lines(parsed))


def check(path: str | Path, suffixes: Sequence[str] | None = None) -> None:
    """Raise what `write` would raise for `path`, before any work is done for it.

    Parameters
    ----------
    path
        Where something is to be written.
    suffixes
        Those that are known; default: `SUFFIXES`.
    """
    path = Path(path)
    known = SUFFIXES if suffixes is None else suffixes
    if path.suffix.lower() not in known:
        raise UsageError(f"{path}: no format has this suffix; take one of {' '.join(known)}")
    check_target(path)


# ---------------------------------------------------------------- JSON Lines


def to_record(parsed: ParsedArticle) -> dict[str, Any]:
    """Return an article and its toponyms as a line of JSON Lines holds them."""
    article = parsed.article
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "published": article.published and article.published.isoformat(),
        "language": article.language,
        "toponyms": [_toponym(resolution) for resolution in parsed.resolutions],
    }


def to_lines(parsed: Iterable[ParsedArticle]) -> Iterator[str]:
    """Yield the line of JSON Lines of each article, as the articles come."""
    for one in parsed:
        yield json.dumps(to_record(one), ensure_ascii=False, allow_nan=False) + "\n"


def _toponym(resolution: Resolution) -> dict[str, Any]:
    toponym, place = resolution.toponym, resolution.place
    return {
        "start": toponym.start,
        "end": toponym.end,
        "text": toponym.text,
        "role": toponym.role,
        "form": toponym.form,
        "inside": toponym.inside,
        "name": place and place.name,
        "place_id": place and place.id,
        "kind": place and place.kind,
        "feature_code": place and place.feature_code,
        "country_code": place and place.country_code,
        "admin1_code": place and place.admin1_code,
        "admin1_name": place and place.admin1_name,
        "lat": place and place.latitude,
        "lon": place and place.longitude,
        "confidence": round(resolution.confidence, 4),
        "reasons": list(resolution.reasons),
        "alternatives": [_alternative(runner_up) for runner_up in resolution.alternatives],
    }


def _alternative(runner_up: Alternative) -> dict[str, Any]:
    place = runner_up.place
    return {
        "place_id": place.id,
        "name": place.name,
        "kind": place.kind,
        "country_code": place.country_code,
        "lat": place.latitude,
        "lon": place.longitude,
        "confidence": round(runner_up.confidence, 4),
    }


# ---------------------------------------------------------------- tables

_ARTICLE_COLUMNS = ["title", "source", "url", "published"]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for one


def _write_lines(tables: Tables, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(to_lines(tables.parsed))


def _write_geojson(tables: Tables, path: Path) -> None:
    mentions = _mentions(tables)
    mentions["published"] = mentions["published"].astype(object).map(str, na_action="ignore")
    text = mentions.to_json(na="null", drop_id=False, to_wgs84=True, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def _write_geopackage(tables: Tables, path: Path) -> None:
    import pyogrio

    layers = {
        "places": tables.places,
        "mentions": _mentions(tables),
        "regions": tables.regions,
        "articles": tables.articles,
    }
    for name, table in layers.items():
        flat = _flat(table).reset_index()
        spatial = {"geometry_type": "MultiPolygon", "promote_to_multi": True}
        pyogrio.write_dataframe(
            flat,
            path,
            layer=name,
            driver="GPKG",
            use_arrow=True,
            append=path.exists(),
            **(spatial if name == "regions" else {}),
        )


def _write_geoparquet(tables: Tables, path: Path) -> None:
    _flat(_mentions(tables)).to_parquet(path, index=True)


def _write_csv(tables: Tables, path: Path) -> None:
    mentions = _flat(_mentions(tables))
    points = mentions.pop("geometry")
    mentions["latitude"], mentions["longitude"] = points.y, points.x
    for column in mentions.select_dtypes(["object", "string"]):
        mentions[column] = mentions[column].map(_no_formula, na_action="ignore")
    mentions.to_csv(path, encoding="utf-8", lineterminator="\n")


def _write_kml(tables: Tables, path: Path) -> None:
    import pyogrio

    mentions = _flat(_mentions(tables))
    placed = mentions[mentions.geometry.notna()].reset_index().rename(columns={"name": "Name"})
    # Viewers show a description as HTML, and XML has no control characters.
    placed["Description"] = placed["sentence"].map(lambda text: html.escape(text, quote=False))
    for column in placed.select_dtypes(["object", "string"]):
        placed[column] = placed[column].map(_without_controls, na_action="ignore")
    # Not LIBKML: it puts text into CDATA as it stands, so that "]]>" would end it.
    pyogrio.write_dataframe(placed, path, layer="mentions", driver="KML")


_WRITERS: dict[str, Callable[[Tables, Path], None]] = {
    LINES_SUFFIX: _write_lines,
    ".geojson": _write_geojson,
    ".gpkg": _write_geopackage,
    ".parquet": _write_geoparquet,
    ".csv": _write_csv,
    ".kml": _write_kml,
}

#: The suffixes that `write` knows.
SUFFIXES = tuple(_WRITERS)


def _mentions(tables: Tables) -> gpd.GeoDataFrame:
    """Return the mentions with what is known of their articles."""
    return tables.mentions.join(tables.articles[_ARTICLE_COLUMNS], on="article_id")


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` with lists as JSON, for formats that know none."""
    flat = table.copy()
    for column in flat.columns:
        if any(isinstance(value, list | tuple) for value in flat[column]):
            flat[column] = [json.dumps(value, ensure_ascii=False) for value in flat[column]]
    return flat


def _no_formula(value: object) -> object:
    """Set an apostrophe before text that a spreadsheet would run as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _without_controls(value: object) -> object:
    return _CONTROL.sub(" ", value) if isinstance(value, str) else value
