"""A ``folium.Map`` whose page stands alone, whatever it shows."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import folium
from branca.element import Figure
from folium.template import Template

from geomap.errors import UsageError
from geomap.webmap import assets
from geomap.webmap.figure import PageFigure, Verbatim, origin
from geomap.writing import replacing

_VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'


class StandaloneMap(folium.Map):
    """A page in one file that needs no other: a map with our own script, style and markup.

    Parameters
    ----------
    title
        What the page is called.
    tiles, tiles_attribution
        Address of a tile layer to lay under the places, and whom to credit.
    self_contained
        Whether it is an error if a layer that was added loads anything from elsewhere.
    **options
        Further options of :class:`folium.Map` and of Leaflet's map.

    Raises
    ------
    UsageError
        If `tiles` is no address of tiles, or `tiles_attribution` comes without tiles.
    """

    #: Names of the files that make the page, in ``static/``.
    scripts: ClassVar[tuple[str, ...]]
    styles: ClassVar[tuple[str, ...]]
    body: ClassVar[str]

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
        title: str,
        *,
        tiles: str | None = None,
        tiles_attribution: str | None = None,
        self_contained: bool = True,
        **options: Any,
    ) -> None:
        options = {"zoom_control": False, "zoom_snap": 0.5, **options}
        super().__init__(location=[20.0, 10.0], zoom_start=2, tiles=None, **options)
        self._name = type(self).__name__
        # folium's names are random; that of the one map of a document need not be, and the same
        # articles give the same bytes.
        self._id = "1"
        host = check_tiles(tiles, tiles_attribution)
        PageFigure(title, self_contained=self_contained, host=host).add_child(self)
        #: What the page's script reads; ready for JSON.
        self.data: dict[str, Any] = {
            "tiles": {"url": tiles, "credit": tiles_attribution, "host": host} if tiles else None
        }

    def render(self, **kwargs: Any) -> str:
        """Put the map's parts into its document, which :meth:`save` writes."""
        figure = self.get_root()
        assert isinstance(figure, Figure), "a map is rendered by the figure that holds it"
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        body = assets.page_body(self.body).replace("geomap-map-id", self.get_name())
        parts = {
            "geomap_viewport": _VIEWPORT,
            "geomap_style": f"<style>{assets.page_style(self.styles)}</style>",
            "geomap_script": f"<script>{assets.page_script(self.scripts)}</script>",
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
