"""The map of a corpus: a ``folium.Map`` of its aggregates whose page stands alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from geomap import __version__
from geomap.webmap import assets
from geomap.webmap.basemap import Focus, base_map, left_edge
from geomap.webmap.corpus_payload import payload
from geomap.webmap.page import outlines, waters
from geomap.webmap.payload import waters as waters_payload
from geomap.webmap.standalone import StandaloneMap

#: How coarse outlines become, in degrees, until they take no more characters than this.
FINE, BUDGET = ((0.02, 0.02), (0.05, 0.05), (0.12, 0.12)), 2_500_000


class CorpusMap(StandaloneMap):
    """The page of a corpus: regions shaded by mentions, places, dates, sources, in one file.

    Parameters
    ----------
    aggregates
        The folder of the aggregates, which :func:`geomap.corpus.aggregates` makes.
    title
        What the page is called; by default how many articles it is about.
    tiles, tiles_attribution
        Address of a tile layer (``https://.../{z}/{x}/{y}.png``) to lay under the places, and
        whom to credit. The page then contacts that host, and says so.
    self_contained
        Whether it is an error if a layer that was added loads anything from elsewhere.
    **options
        Further options of :class:`folium.Map` and of Leaflet's map.

    Raises
    ------
    UsageError
        If `tiles` is no address of tiles, or `tiles_attribution` comes without tiles.
    """

    scripts = assets.CORPUS_SCRIPTS
    styles = ("page.css", "corpus.css")
    body = "corpus.html"

    def __init__(
        self,
        aggregates: Path,
        *,
        title: str | None = None,
        tiles: str | None = None,
        tiles_attribution: str | None = None,
        self_contained: bool = True,
        **options: Any,
    ) -> None:
        facts = json.loads((aggregates / "manifest.json").read_bytes())
        title = title or f"Places in {facts['n_articles']:,} articles"
        super().__init__(
            title,
            tiles=tiles,
            tiles_attribution=tiles_attribution,
            self_contained=self_contained,
            **options,
        )
        data = payload(aggregates, facts)
        places = data["places"]
        # Where most of it is says which way round the map is cut.
        left = left_edge(longitude for _, longitude in _values(places, "at")[:200])
        countries = list(dict.fromkeys(filter(None, _values(places, "country"))))
        known = set(countries)
        countries += [code for code in _others(data) if code not in known]
        focus = Focus(countries, {region[0] for region in data["regions"]}, [], [])
        base = base_map(outlines(countries), focus, left, fine=FINE, budget=BUDGET)
        self.data |= {
            "title": title,
            "version": __version__,
            "context": [],
            "waters": waters_payload(waters(focus)),
            "base": base,
            **data,
        }


def _values(table: dict[str, Any], name: str) -> list[Any]:
    """Return a column of a table as `payload.columns` writes it."""
    column = table.get(name, [])
    return [column["of"][i] for i in column["at"]] if isinstance(column, dict) else column


def _others(data: dict[str, Any]) -> list[str]:
    """Return the countries of what is not drawn for itself."""
    return sorted({area.partition(".")[0] for area, _ in data["rest"] if area})
