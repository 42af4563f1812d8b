"""The map of articles: a ``folium.Map`` whose page stands alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import folium
import geopandas as gpd
import pandas as pd
import shapely
from branca.element import Figure
from folium.template import Template

from geomap import __version__
from geomap.errors import UsageError
from geomap.gazetteer import default, embedded
from geomap.names import fold
from geomap.records import Place
from geomap.regions import admin1_boundaries, country_boundaries, disputed_borders, lakes
from geomap.webmap import assets
from geomap.webmap.basemap import Boundaries, Box, Focus, base_map, left_edge
from geomap.webmap.figure import PageFigure, Verbatim, origin
from geomap.webmap.payload import columns, payload
from geomap.webmap.payload import context as context_payload
from geomap.webmap.payload import waters as waters_payload
from geomap.writing import replacing

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

_VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'


class ArticleMap(folium.Map):
    """The page of one or more articles: map, text and regions, in one file.

    Parameters
    ----------
    articles, mentions, places, regions
        The tables of a parse (see :mod:`geomap.regions`), in EPSG:4326.
    title
        What the page is called; by default what the articles say of themselves.
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

    # Leaflet alone: what else folium loads by default is for icons that the page does not use.
    default_js = [*filter(lambda link: link[0] == "leaflet", folium.Map.default_js)]  # noqa: RUF012
    default_css = [*filter(lambda link: link[0] == "leaflet_css", folium.Map.default_css)]  # noqa: RUF012

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
                center: {{ this.location|tojson }},
                crs: L.CRS.{{ this.crs }},
                ...{{ this.options|tojavascript }}
            });
            {%- if this.objects_to_stay_in_front %}
            document.addEventListener("DOMContentLoaded", () => {
                const inFront = () => {
                    {%- for layer in this.objects_to_stay_in_front %}
                    {{ layer.get_name() }}.bringToFront();
                    {%- endfor %}
                };
                {{ this.get_name() }}.on("overlayadd", inFront);
                inFront();
            });
            {%- endif %}
            geomap.start({{ this.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        articles: pd.DataFrame,
        mentions: gpd.GeoDataFrame,
        places: gpd.GeoDataFrame,
        regions: gpd.GeoDataFrame,
        *,
        title: str | None = None,
        boundaries: Boundaries | None = None,
        context: Iterable[Place] | None = None,
        tiles: str | None = None,
        tiles_attribution: str | None = None,
        self_contained: bool = True,
        **options: Any,
    ) -> None:
        options = {"zoom_control": False, "zoom_snap": 0.5, **options}
        super().__init__(location=[20.0, 10.0], zoom_start=2, tiles=None, **options)
        self._name = "ArticleMap"
        host = check_tiles(tiles, tiles_attribution)
        title = title or _title(articles)
        figure = PageFigure(title, self_contained=self_contained, host=host)
        figure.add_child(self)
        try:
            tables = payload(articles, mentions, places, regions)
        except KeyError as error:
            raise UsageError(
                f"the tables lack {error}: give those that geomap.Atlas makes"
            ) from error
        _add_names(tables["places"])
        left = left_edge(place["at"][1] for place in tables["places"])
        focus = _focus(tables, regions, left)
        outlines = boundaries if boundaries is not None else _boundaries(focus.countries)
        around = context if context is not None else _surroundings(tables)
        #: What the page's script reads; ready for JSON.
        self.data: dict[str, Any] = {
            "title": title,
            "version": __version__,
            "tiles": {"url": tiles, "credit": tiles_attribution, "host": host} if tiles else None,
            "context": context_payload(around),
            "waters": waters_payload(_waters(focus)),
            "base": base_map(outlines, focus, left),
            **{name: columns(rows) for name, rows in tables.items()},
        }

    def render(self, **kwargs: Any) -> str:
        """Put the map's parts into its document, which :meth:`save` writes."""
        figure = self.get_root()
        assert isinstance(figure, Figure), "a map is rendered by the figure that holds it"
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        body = assets.page_body().replace("geomap-map-id", self.get_name())
        parts = {
            "geomap_viewport": _VIEWPORT,
            "geomap_style": f"<style>{assets.page_style()}</style>",
            "geomap_script": f"<script>{assets.page_script()}</script>",
        }
        for name, text in parts.items():
            figure.header.add_child(Verbatim(text), name=name)
        figure.html.add_child(Verbatim(body), name="geomap_body", index=0)
        figure.html.add_child(
            Verbatim(assets.data_block("geomap-data", self.data)), name="geomap_data", index=1
        )
        return ""

    def save(
        self, outfile: str | bytes | Path | BinaryIO, close_file: bool = True, **kwargs: Any
    ) -> None:
        """Write the page into one file, whole or not at all.

        Parameters
        ----------
        outfile
            Path of the file, or a binary file that is open for writing.
        close_file
            Whether an open file is closed afterwards.

        Raises
        ------
        OutputError
            If the file cannot be written, or a layer loads from elsewhere.
        """
        page = self.get_root().render(**kwargs).encode("utf-8")
        if isinstance(outfile, (str, bytes, Path)):
            with replacing(Path(os.fsdecode(outfile))) as temporary:
                temporary.write_bytes(page)
            return
        outfile.write(page)
        if close_file:
            outfile.close()


def _title(articles: pd.DataFrame) -> str:
    if len(articles) != 1:
        return f"Places in {len(articles)} articles"
    row = articles.iloc[0]
    if isinstance(row.get("title"), str) and row["title"].strip():
        return str(row["title"]).strip()
    return "Places in the article"


def check_tiles(tiles: str | None, attribution: str | None) -> str | None:
    """Return the origin that the page contacts for `tiles`, or None without tiles.

    Raises
    ------
    UsageError
        If `tiles` is no address of tiles, or the attribution comes without tiles.
    """
    if not tiles:
        if attribution:
            raise UsageError("an attribution of tiles comes without tiles: give their address too")
        return None
    host = origin(tiles) if re.match(r"https://[^\s\"'<>\\]+\Z", tiles) else None
    if host is None or not all(mark in tiles for mark in ("{z}", "{x}", "{y}")):
        raise UsageError(
            f"{tiles!r} is no address of tiles: give one like"
            " https://tiles.example.org/{z}/{x}/{y}.png"
        )
    return host


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
    return Focus(
        countries, set(regions.index), _grown(boxes, MARGIN, left), _grown(boxes, CLOSE, left)
    )


def _grown(boxes: Iterable[Box], margin: float, left: float) -> list[Box]:
    """Return boxes with a margin, in the longitudes from `left` on."""
    grown = []
    for west, south, east, north in boxes:
        start = left + (west - left) % 360.0
        grown.append((start - margin, south - margin, start + east - west + margin, north + margin))
    return grown


def _boundaries(countries: Sequence[str]) -> Boundaries:
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


def _waters(focus: Focus) -> list[Place]:
    """Waters to name on the map; the halves of a sea ("Eastern Mediterranean") only nearby."""
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
