"""The atlas: the tables of a parse, and what can be made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from geomap import regions
from geomap.errors import UsageError
from geomap.filters import checked
from geomap.filters import day as as_day
from geomap.records import KINDS, ParsedArticle, Resolution, Role
from geomap.regions import Level

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import shapely

    from geomap.corpus.atlas import CorpusAtlas
    from geomap.corrections import Correction
    from geomap.records import Kind
    from geomap.webmap import ArticleMap

#: What `Atlas.save` writes as a page.
PAGE_SUFFIXES = (".html", ".htm")


class Atlas:
    """The places of parsed articles, as tables and as a map.

    Parameters
    ----------
    parsed
        Parsed articles, as :func:`geomap.geoparse` gives them; each with an id of its own.

    Raises
    ------
    UsageError
        Two articles have the same id.

    Examples
    --------
    >>> atlas = geomap.Atlas(geomap.geoparse("seeds/"))
    >>> atlas.places.sort_values("n_mentions")
    >>> atlas.filter(role="literal", country="UA").regions_at("admin2")
    >>> atlas.save("map.html")
    """

    def __init__(self, parsed: Iterable[ParsedArticle]) -> None:
        self._parsed = tuple(parsed)
        self._polygons: gpd.GeoDataFrame | None = None
        ids = Counter(one.article.id for one in self._parsed)
        for article_id, count in ids.most_common(1):
            if count > 1:
                raise UsageError(f"{count} articles have the id {article_id!r}: give each its own")

    @staticmethod
    def from_dataset(path: str | Path) -> CorpusAtlas:
        """Return the atlas of a parsed corpus, which is read when and as far as it is asked for.

        Parameters
        ----------
        path
            The folder that ``geomap parse INPUT... -o FOLDER`` wrote.

        Raises
        ------
        InputError
            The folder holds no parsed corpus.
        """
        from geomap.corpus.atlas import CorpusAtlas

        return CorpusAtlas(path)

    # ---------------------------------------------------------------- tables

    @property
    def parsed(self) -> tuple[ParsedArticle, ...]:
        """The parsed articles, in the order of the input."""
        return self._parsed

    @cached_property
    def articles(self) -> pd.DataFrame:
        """A row an article; columns as in :mod:`geomap.regions.tables`."""
        return regions.articles_table(self._parsed)

    @cached_property
    def mentions(self) -> gpd.GeoDataFrame:
        """A row a mention, placed or not; columns as in :mod:`geomap.regions.tables`."""
        return regions.mentions_table(self._parsed, self.places)

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """A row a place; columns as in :mod:`geomap.regions.tables`."""
        return regions.places_table(self._parsed, self._polygons)

    @cached_property
    def regions(self) -> gpd.GeoDataFrame:
        """A row a first-order region, or a polygon of `join`; see :mod:`geomap.regions.areas`."""
        return regions.regions_table(self.places, self.mentions, polygons=self._polygons)

    def regions_at(self, level: Level) -> gpd.GeoDataFrame:
        """Return the regions of another level, with the columns of `regions`.

        Parameters
        ----------
        level
            ``country``, ``admin1`` (as `regions`, whatever was joined) or ``admin2``: second-order
            regions, for which geomap has names and counts and no outlines.

        Raises
        ------
        UsageError
            There is no such level.
        """
        if level not in get_args(Level):
            known = ", ".join(get_args(Level))
            raise UsageError(f"no regions are of the level {level!r}: take one of {known}")
        if level == "admin1" and self._polygons is not None:
            return Atlas(self._parsed).regions
        if level == "admin1":
            return self.regions

        def name_of(region_id: str) -> str | None:
            from geomap.gazetteer import embedded

            place = embedded().place(f"admin2:{region_id}")
            return place.name if place else None

        return regions.regions_table(self.places, self.mentions, level, name_of=name_of)

    # ---------------------------------------------------------------- other atlases

    def filter(
        self,
        *,
        role: Role | None = None,
        min_confidence: float = 0.0,
        since: date | str | None = None,
        until: date | str | None = None,
        kind: Kind | Iterable[Kind] | None = None,
        country: str | Iterable[str] | None = None,
    ) -> Atlas:
        """Return an atlas of the mentions that fit all that is asked for.

        Parameters
        ----------
        role
            ``literal`` or ``associative``.
        min_confidence
            Only mentions whose place is at least so sure, 0 to 1; above 0 none that is unplaced.
        since, until
            Only articles published on these days or between; dates or ISO 8601 ("2024-08-06").
            Articles without a date are left out. With everything else articles stay, if need be
            without a mention.
        kind
            Only places of this kind, or these: see :data:`geomap.records.KINDS`.
        country
            Only places in this country, or these; ISO 3166-1 alpha-2 ("UA").

        Raises
        ------
        UsageError
            A value is none of those that there are.

        Examples
        --------
        >>> atlas.filter(role="literal", since="2024-08-06", country=["UA", "RU"]).save("map.html")
        """
        kinds = checked(kind, KINDS, "kind of place")
        roles = checked(role, get_args(Role), "role")
        countries = checked(country, regions.country_names(), "code of a country")
        first, last = as_day(since), as_day(until)
        # By the table: it knows the country of a point without codes.
        country_of = self.places["country_code"].to_dict() if countries is not None else {}
        if not 0 <= min_confidence <= 1:
            raise UsageError(f"a confidence of {min_confidence} is none: give one from 0 to 1")

        def fits(resolution: Resolution) -> bool:
            place = resolution.place
            return (
                (roles is None or resolution.toponym.role in roles)
                and resolution.confidence >= min_confidence
                and (place is not None or not min_confidence)
                and (kinds is None or (place is not None and place.kind in kinds))
                and (countries is None or (place is not None and country_of[place.id] in countries))
            )

        kept = []
        for one in self._parsed:
            day = one.article.published
            if (first or last) and (
                day is None or (first and day < first) or (last and day > last)
            ):
                continue
            kept.append(replace(one, resolutions=tuple(filter(fits, one.resolutions))))
        return self._with(kept)

    def join(self, polygons: gpd.GeoDataFrame, on: str) -> Atlas:
        """Return an atlas whose regions are the user's own polygons, in place of geomap's.

        Each place lies in at most one of them, the smallest that holds it; countries and what
        reaches farther than 25 km lie in none. ``region_id`` and ``name`` are the polygon's name.
        The page draws them in place of first-order regions.

        Parameters
        ----------
        polygons
            Areas of control, districts, a layer of a GeoPackage...; reprojected to EPSG:4326.
        on
            The column that names them, each once.

        Raises
        ------
        UsageError
            There is no such column or CRS, a name comes twice, or something is no polygon.

        Examples
        --------
        >>> areas = geopandas.read_file("control.gpkg", layer="2024-08-20")
        >>> joined = atlas.join(areas, on="held_by")
        >>> areas.merge(joined.regions.drop(columns="geometry"), left_on="held_by", right_on="name")
        """
        return self._with(self._parsed, regions.own_polygons(polygons, on))

    def corrected(self, made: Iterable[Correction]) -> Atlas:
        """Return the atlas as readers corrected it.

        Parameters
        ----------
        made
            Corrections, as :func:`geomap.corrections.read` gives those that the page downloads.
            One that no longer fits is reported in a warning and not applied.
        """
        from geomap import corrections
        from geomap.gazetteer import default

        return self._with(corrections.apply(made, self._parsed, default().place))

    def _with(
        self, parsed: Iterable[ParsedArticle], polygons: gpd.GeoDataFrame | None = None
    ) -> Atlas:
        other = Atlas(parsed)
        other._polygons = self._polygons if polygons is None else polygons
        return other

    # ---------------------------------------------------------------- measures

    def nearest(
        self, to: str | shapely.Point | tuple[float, float], n: int = 5
    ) -> gpd.GeoDataFrame:
        """Return the places nearest to somewhere, the nearest first.

        Parameters
        ----------
        to
            The id of a place of the atlas (which is left out itself), a Point in EPSG:4326, or
            latitude and longitude.
        n
            How many.

        Returns
        -------
        GeoDataFrame
            The rows of `places`, with ``distance_km`` on the sphere.

        Raises
        ------
        UsageError
            The atlas has no place of this id, or the latitude or longitude is none.
        """
        places = self.places
        if isinstance(to, str):
            if to not in places.index:
                raise UsageError(f"no place of the atlas has the id {to!r}: see its places")
            point = places.geometry[to]
            latitude, longitude = point.y, point.x
            places = places.drop(index=to)
        else:
            latitude, longitude = to if isinstance(to, tuple) else (to.y, to.x)
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise UsageError(f"{latitude}, {longitude} is no latitude and longitude in degrees")
        km = regions.distances_km(latitude, longitude, places.geometry.y, places.geometry.x)
        return places.assign(distance_km=km).sort_values("distance_km", kind="stable").head(n)

    def distances(self) -> pd.DataFrame:
        """Return the distances between all places, in km on the sphere, by their ids."""
        import pandas as pd

        at = self.places.geometry
        y, x = at.y.to_numpy(), at.x.to_numpy()
        km = regions.distances_km(y[:, None], x[:, None], y, x)
        return pd.DataFrame(km, index=at.index, columns=at.index)

    def clusters(self, reach_km: float = 100.0) -> gpd.GeoDataFrame:
        """Return where the places of each article lie together; see :mod:`geomap.regions.focus`.

        Parameters
        ----------
        reach_km
            Two places are in one cluster if one can be reached from the other by steps from place
            to place that are no longer than this, in km.

        Raises
        ------
        UsageError
            `reach_km` is not positive.
        """
        return regions.clusters_table(self.mentions, self.places, reach_km)

    def focus(self) -> pd.DataFrame:
        """Return the country, region and place that each article is mainly about, with scores.

        A row an article; columns as in :mod:`geomap.regions.focus`.
        """
        return regions.focus_table(self.articles, self.mentions, self.regions)

    # ---------------------------------------------------------------- products

    def map(self, **options: Any) -> ArticleMap:
        """Return the map, a :class:`folium.Map` that further layers can be added to.

        Parameters
        ----------
        **options
            As of :class:`geomap.webmap.ArticleMap`: ``title``, ``tiles``...
        """
        from geomap.webmap import ArticleMap

        tables = (self.articles, self.mentions, self.places, self.regions)
        return ArticleMap(*tables, polygons=self._polygons, **options)

    def save(self, path: str | Path) -> None:
        """Write the page or the tables, by the suffix of `path`; whole or not at all.

        Parameters
        ----------
        path
            ``.html`` for the page; ``.geojson``, ``.gpkg``, ``.parquet``, ``.csv``, ``.kml``,
            ``.lpf.json`` or ``.jsonl`` for other programs (see :mod:`geomap.export`).

        Raises
        ------
        UsageError
            The suffix is none of these.
        OutputError
            The folder does not exist or the file cannot be written.
        """
        from geomap import export
        from geomap.writing import check_target

        suffix = export.suffix_of(path)
        if suffix in PAGE_SUFFIXES:
            check_target(Path(path))
            self.map().save(Path(path))
        elif suffix in export.SUFFIXES:
            export.write(self, path)
        else:
            known = ", ".join((*PAGE_SUFFIXES, *export.SUFFIXES))
            raise UsageError(f"{path}: nothing is known to write for this suffix; take {known}")

    def __repr__(self) -> str:
        named = sum(len(one.resolutions) for one in self._parsed)
        return f"<Atlas of {len(self._parsed)} articles, {named} mentions>"

    def _repr_html_(self) -> str:
        return str(self.map()._repr_html_())
