"""The map of articles: a ``folium.Map`` whose page stands alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geomap import __version__
from geomap.errors import UsageError
from geomap.gazetteer import default, embedded
from geomap.names import fold
from geomap.records import Place
from geomap.regions import admin1_boundaries, country_boundaries, disputed_borders, lakes
from geomap.webmap import assets
from geomap.webmap.basemap import AREA_GRID, Boundaries, Box, Focus, base_map, left_edge, own_areas
from geomap.webmap.payload import columns, payload
from geomap.webmap.payload import context as context_payload
from geomap.webmap.payload import waters as waters_payload
from geomap.webmap.standalone import StandaloneMap

#: Around each place: settlements within so many kilometres, at most so many, for the labels.
RINGS = ((30.0, 30), (120.0, 40), (450.0, 40))
#: At most so many places have their surroundings labelled.
LABELLED = 40
#: So many degrees around the places that are most literally mentioned, the base map is fine; so
#: many, finest; and how many places that are.
MARGIN, CLOSE, NEAR = 3.0, 1.0, 200

#: GeoNames' codes of the waters whose names are written on the map, and from how many km of radius
#: on they are so everywhere; smaller ones only near the places.
WATERS, WIDE = frozenset({"OCN", "SEA", "GULF", "BAY", "STRT", "SD", "LK", "RSV"}), 100.0

#: The search knows the other names of up to so many places, of each up to so many. They make a
#: page of many places larger by a fifth; one of still more goes without them.
NAMED, NAMES = 100_000, 80


class ArticleMap(StandaloneMap):
    """The page of one or more articles: map, text and regions, in one file.

    Parameters
    ----------
    articles, mentions, places, regions
        The tables of a parse (see :mod:`geomap.regions`), in EPSG:4326.
    title
        What the page is called; by default what the articles say of themselves.
    polygons
        The user's own areas, by which the places are grouped (see :meth:`geomap.Atlas.join`):
        ``name`` and ``geometry``, indexed by region id. They are drawn in place of first-order
        regions.
    boundaries
        Outlines for the base map; by default geomap's own.
    context
        Settlements to label around the places; by default those of the embedded gazetteer.
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
        If a table lacks a column, `tiles` is no address of tiles, or `tiles_attribution` comes
        without tiles.
    """

    scripts = assets.SCRIPTS
    styles = ("page.css",)
    body = "page.html"

    def __init__(
        self,
        articles: pd.DataFrame,
        mentions: gpd.GeoDataFrame,
        places: gpd.GeoDataFrame,
        regions: gpd.GeoDataFrame,
        *,
        title: str | None = None,
        polygons: gpd.GeoDataFrame | None = None,
        boundaries: Boundaries | None = None,
        context: Iterable[Place] | None = None,
        tiles: str | None = None,
        tiles_attribution: str | None = None,
        self_contained: bool = True,
        **options: Any,
    ) -> None:
        title = title or _title(articles)
        super().__init__(
            title,
            tiles=tiles,
            tiles_attribution=tiles_attribution,
            self_contained=self_contained,
            **options,
        )
        try:
            tables = payload(articles, mentions, places, regions)
        except KeyError as error:
            raise UsageError(
                f"the tables lack {error}: give those that geomap.Atlas makes"
            ) from error
        _add_names(tables["places"])
        left = left_edge(place["at"][1] for place in tables["places"])
        focus = _focus(tables, regions, left)
        drawn = boundaries if boundaries is not None else outlines(focus.countries)
        around = context if context is not None else _surroundings(tables)
        self.data |= {
            "title": title,
            "version": __version__,
            "context": context_payload(around),
            "waters": waters_payload(waters(focus)),
            "base": base_map(drawn, focus, left),
            "areas": own_areas(polygons, left) if polygons is not None else [],
            "area_grid": AREA_GRID,
            **{name: columns(rows) for name, rows in tables.items()},
        }


def _title(articles: pd.DataFrame) -> str:
    if len(articles) != 1:
        return f"Places in {len(articles)} articles"
    row = articles.iloc[0]
    if isinstance(row.get("title"), str) and row["title"].strip():
        return str(row["title"]).strip()
    return "Places in the article"


def _focus(data: dict[str, Any], regions: gpd.GeoDataFrame, left: float) -> Focus:
    """Weigh the countries by their mentions and find where what happened happened."""
    weight: dict[str, int] = {}
    within: dict[int, int] = {}
    for mention in data["mentions"]:
        if mention["place"] is None:
            continue
        place = data["places"][mention["place"]]
        literal = mention["role"] == "literal"
        if place["country"]:
            points = (10 if literal else 1) * (1 if place["kind"] == "country" else 5)
            weight[place["country"]] = weight.get(place["country"], 0) + points
        if literal and place["kind"] != "country":
            within[mention["place"]] = within.get(mention["place"], 0) + 1
    countries = sorted(weight, key=lambda code: (-weight[code], code))
    chosen = sorted(within, key=lambda i: (-within[i], i))[:NEAR]
    boxes = [shapely.Point(data["places"][i]["at"][::-1]).bounds for i in chosen]
    ids = {data["places"][i]["region"] for i in chosen}
    boxes += [g.bounds for g in regions[regions.index.isin(ids)].geometry if g is not None]
    drawn = {f"{p['country']}.{p['admin1']}" for p in data["places"] if p["admin1"]}
    return Focus(
        countries,
        drawn | set(regions.index),
        _grown(boxes, MARGIN, left),
        _grown(boxes, CLOSE, left),
    )


def _grown(boxes: Iterable[Box], margin: float, left: float) -> list[Box]:
    """Return boxes with a margin, in the longitudes from `left` on."""
    grown = []
    for west, south, east, north in boxes:
        start = left + (west - left) % 360.0
        grown.append((start - margin, south - margin, start + east - west + margin, north + margin))
    return grown


def outlines(countries: Sequence[str]) -> Boundaries:
    """Return geomap's own outlines; of regions those of these countries."""
    return Boundaries(
        country_boundaries(),
        admin1_boundaries(country_codes=list(countries)),
        lakes(),
        disputed_borders(),
    )


def _add_names(places: list[dict[str, Any]]) -> None:
    """Add what else the gazetteer calls each place: folded names, a line each."""
    known = default().names([place["id"] for place in places]) if len(places) <= NAMED else {}
    for place in places:
        own = fold(place["name"])
        names = [name for name in known.get(place["id"], ()) if name != own]
        place["names"] = "\n".join(names[:NAMES])


def _surroundings(data: dict[str, Any]) -> list[Place]:
    """Settlements around the places, the most mentioned places first."""
    known = embedded()
    literal = {m["place"] for m in data["mentions"] if m["role"] == "literal"}
    chosen = [i for i, p in enumerate(data["places"]) if p["kind"] != "country"]
    chosen.sort(key=lambda i: i not in literal)
    found: list[Place] = []
    for i in chosen[:LABELLED]:
        latitude, longitude = data["places"][i]["at"]
        for radius, limit in RINGS:
            found += known.near(latitude, longitude, radius, limit)
    return found


def waters(focus: Focus) -> list[Place]:
    """Return waters to name; the halves of a sea ("Eastern Mediterranean") only nearby."""
    return [
        place
        for place in embedded().natural()
        if place.feature_code in WATERS
        and (
            (place.radius_km >= WIDE and not place.name.startswith(("Eastern ", "Western ")))
            or any(
                west <= place.longitude <= east and south <= place.latitude <= north
                for west, south, east, north in focus.boxes
            )
        )
    ]
