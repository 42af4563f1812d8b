"""The atlas: the tables of a parse, and what can be made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geomap import regions
from geomap.errors import UsageError
from geomap.records import ParsedArticle

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geomap.corrections import Correction
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
    >>> atlas.save("map.html")
    """

    def __init__(self, parsed: Iterable[ParsedArticle]) -> None:
        self._parsed = tuple(parsed)
        ids = Counter(one.article.id for one in self._parsed)
        for article_id, count in ids.most_common(1):
            if count > 1:
                raise UsageError(f"{count} articles have the id {article_id!r}: give each its own")

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
        return regions.places_table(self._parsed)

    @cached_property
    def regions(self) -> gpd.GeoDataFrame:
        """A row a first-order region; columns as in :mod:`geomap.regions.tables`."""
        return regions.regions_table(self.places, self.mentions)

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

        return Atlas(corrections.apply(made, self._parsed, default().place))

    def map(self, **options: Any) -> ArticleMap:
        """Return the map, a :class:`folium.Map` that further layers can be added to.

        Parameters
        ----------
        **options
            As of :class:`geomap.webmap.ArticleMap`: ``title``, ``tiles``...
        """
        from geomap.webmap import ArticleMap

        return ArticleMap(self.articles, self.mentions, self.places, self.regions, **options)

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
