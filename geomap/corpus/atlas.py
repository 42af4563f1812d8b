"""The atlas of a corpus: tables that are read when they are asked for, and the map of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geomap.corpus.aggregates import aggregates, build, read_manifest
from geomap.corpus.counting import Freq
from geomap.corpus.dataset import Dataset, Filter
from geomap.errors import UsageError
from geomap.filters import checked, day
from geomap.records import Role
from geomap.regions import country_names
from geomap.webmap import CorpusMap
from geomap.writing import check_target

By = Literal["source", "role"]
PAGE_SUFFIXES = (".html", ".htm")


class CorpusAtlas:
    """The places of a parsed corpus; what is in memory is what was asked for.

    Tables of articles and mentions are read from the dataset, filtered as they are read. Those of
    places, regions and pairs are its aggregates (:mod:`geomap.corpus.aggregates`), which are made
    when they are first asked for; of a filtered atlas they are counted anew, in a folder that goes
    when the atlas goes.

    Parameters
    ----------
    path
        The folder that ``geomap parse INPUT... -o FOLDER`` wrote.
    where
        Which mentions are meant; see :meth:`filter`.

    Raises
    ------
    InputError
        The folder holds no parsed corpus.

    Examples
    --------
    >>> atlas = geomap.Atlas.from_dataset("out/")
    >>> atlas.places.nlargest(20, "n_articles")
    >>> atlas.filter(country="UA", role="literal", since="2024-08-06").mentions
    >>> atlas.places_over_time("month", by=["source"])
    >>> atlas.save("map.html")
    """

    def __init__(self, path: str | Path, where: Filter | None = None) -> None:
        self._dataset = Dataset(path)
        self._where = where or Filter()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    # ---------------------------------------------------------------- tables

    @property
    def articles(self) -> pd.DataFrame:
        """A row an article that fits (by date and source): all that the dataset has of it."""
        table = self._dataset.read_all("articles", None, self._where)
        if "signature" in table.column_names:
            table = table.drop_columns(["signature"])
        return _frame(table).set_index("article_id")

    @property
    def mentions(self) -> gpd.GeoDataFrame:
        """A row a mention that fits, placed or not: all that the dataset has of it."""
        return _geoframe(self._dataset.read_all("mentions", None, self._where))

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """A row a place; columns as in :mod:`geomap.corpus.aggregates`."""
        return self._read("places").set_index("place_id")

    @cached_property
    def regions(self) -> gpd.GeoDataFrame:
        """A row a first-order region; columns as in :mod:`geomap.corpus.aggregates`."""
        return self._read("regions").set_index("region_id")

    @cached_property
    def pairs(self) -> gpd.GeoDataFrame:
        """A row a pair of places named in the same article, and month; columns as there."""
        return self._read("pairs")

    @cached_property
    def evidence(self) -> pd.DataFrame:
        """At most 20 sentences a place, the best first; columns as there."""
        return self._read("evidence")

    @cached_property
    def timeline(self) -> pd.DataFrame:
        """A row a period and source: how many articles and mentions; columns as there."""
        return self._read("timeline")

    @cached_property
    def unplaced(self) -> pd.DataFrame:
        """The names that were most often left unplaced; columns as there."""
        return self._read("unplaced")

    def places_over_time(
        self, freq: Freq | None = None, by: By | Sequence[By] = ()
    ) -> pd.DataFrame:
        """Return how often each place is mentioned, by day or month.

        Parameters
        ----------
        freq
            ``day`` or ``month``; None: as the aggregates are.
        by
            Also by ``source``, by ``role``, or by both.

        Returns
        -------
        DataFrame
            place_id, name, country_code, region_id, period (its first day; missing where an article
            has no date), the columns of `by`, n_mentions, n_articles, confidence (of the best
            mention), confidence_mean.

        Raises
        ------
        UsageError
            `freq` or `by` is none of these.
        """
        names = ["place_id", "name", "country_code", "region_id"]
        return self._over_time("places_over_time", names, freq, by)

    def regions_over_time(
        self, freq: Freq | None = None, by: By | Sequence[By] = ()
    ) -> pd.DataFrame:
        """Return how often each first-order region is mentioned; as :meth:`places_over_time`."""
        names = ["region_id", "name", "country_code"]
        return self._over_time("regions_over_time", names, freq, by)

    # ---------------------------------------------------------------- filters

    def filter(
        self,
        *,
        since: date | str | None = None,
        until: date | str | None = None,
        source: str | Iterable[str] | None = None,
        role: Role | None = None,
        country: str | Iterable[str] | None = None,
    ) -> CorpusAtlas:
        """Return an atlas of what fits all that is asked for; nothing is read or counted yet.

        Parameters
        ----------
        since, until
            Only articles published on these days or between; dates or ISO 8601 ("2024-08-06").
            Articles without a date are left out.
        source
            Only articles of this source, or these.
        role
            Only mentions that are ``literal`` or ``associative``.
        country
            Only places in this country, or these; ISO 3166-1 alpha-2 ("UA"). What is unplaced is
            left out.

        Raises
        ------
        UsageError
            A value is none of those that there are.
        """
        checked(role, get_args(Role), "role")
        countries = checked(country, country_names(), "code of a country")
        sources = None if source is None else {source} if isinstance(source, str) else set(source)
        asked: dict[str, Any] = {
            "since": day(since),
            "until": day(until),
            "sources": None if sources is None else tuple(sorted(sources)),
            "role": role,
            "countries": None if countries is None else tuple(sorted(countries)),
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return CorpusAtlas(self._dataset.path, replace(self._where, **given))

    # ---------------------------------------------------------------- products

    def map(self, **options: Any) -> CorpusMap:
        """Return the map of the corpus, a :class:`folium.Map`.

        Parameters
        ----------
        **options
            As of :class:`geomap.webmap.CorpusMap`: ``title``, ``tiles``...
        """
        folder = self._folder()
        return CorpusMap(folder, **options)

    def save(self, path: str | Path) -> None:
        """Write the page of the corpus (``.html``), whole or not at all.

        The tables are Parquet already, under ``aggregates/`` of the dataset.

        Raises
        ------
        UsageError
            The suffix is not .html.
        OutputError
            The folder does not exist or the file cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() not in PAGE_SUFFIXES:
            raise UsageError(
                f"{path}: a corpus is saved as a page (.html); its tables are Parquet under"
                f" {self._dataset.path / 'aggregates'}"
            )
        check_target(target)
        self.map().save(target)

    def __repr__(self) -> str:
        return f"<CorpusAtlas of {self._dataset.path}, {len(self._dataset.parts)} files>"

    # ---------------------------------------------------------------- reading

    def _folder(self, freq: Freq | None = None) -> Path:
        """Return the folder of the aggregates, by day if `freq` says so; make them if need be."""
        wanted: Freq | None = "day" if freq == "day" else None
        if self._where == Filter():
            return aggregates(self._dataset, freq=wanted)
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="geomap-")
        folder = Path(self._temporary.name, "aggregates")
        made = read_manifest(folder)
        if made is None or wanted not in (None, made["freq"]):
            build(self._dataset, folder, freq=wanted, where=self._where)
        return folder

    def _read(self, name: str, folder: Path | None = None) -> Any:
        table = pq.read_table((folder or self._folder()) / f"{name}.parquet")
        return _geoframe(table) if "geometry" in table.column_names else _frame(table)

    def _over_time(
        self, table: str, names: list[str], freq: Freq | None, by: By | Sequence[By]
    ) -> pd.DataFrame:
        checked(freq, get_args(Freq), "period")
        also = sorted(checked(by, get_args(By), "column to count by") or ())
        folder = self._folder(freq)
        columns = [*names, "period", *also, "n_mentions", "n_articles", "n_both", "confidence"]
        frame = _frame(
            pq.read_table(folder / f"{table}.parquet", columns=[*columns, "confidence_mean"])
        )
        if freq == "month":
            months = pd.to_datetime(frame["period"]).dt.to_period("M").dt.to_timestamp()
            frame["period"] = months.astype(pd.ArrowDtype(pa.date32()))
        frame["total"] = frame.pop("confidence_mean") * frame["n_mentions"]
        found = frame.groupby([*names, "period", *also], dropna=False, as_index=False).agg(
            n_mentions=("n_mentions", "sum"),
            n_articles=("n_articles", "sum"),
            n_both=("n_both", "sum"),
            confidence=("confidence", "max"),
            confidence_mean=("total", "sum"),
        )
        both = found.pop("n_both")
        if "role" not in also:
            # An article that mentions it in both roles was counted in each.
            found["n_articles"] -= both // 2
        found["confidence_mean"] /= found["n_mentions"]
        return found


def _frame(table: pa.Table) -> pd.DataFrame:
    days = {pa.date32(): pd.ArrowDtype(pa.date32())}
    return table.to_pandas(types_mapper=days.get, ignore_metadata=True)


def _geoframe(table: pa.Table) -> gpd.GeoDataFrame:
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    frame = _frame(table.drop_columns(["geometry"]))
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")
