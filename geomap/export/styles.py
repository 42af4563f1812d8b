"""How QGIS draws the layers of a GeoPackage: what it looks for in their table ``layer_styles``.

Colours and meaning are the page's: filled where something is or happens, hollow where a place was
only named; countries and regions are no points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    import pandas as pd

LITERAL, ASSOCIATIVE, PAPER = "10,79,143,255", "102,107,116,255", "255,255,255,255"
AREA, AREA_LINE, INK, HALO = "232,145,45,255", "143,77,0,255", "22,25,29,255", "255,255,255,200"

_POINT = "\"kind\" NOT IN ('country', 'region')"
_SIZE = '2 + 1.2 * sqrt("n_mentions")'
# From a fifth to four fifths, by what the regions of this file have.
_OPACITY = '20 + 60 * "n_mentions" / maximum("n_mentions")'


def layer_styles() -> pd.DataFrame:
    """Return the rows of the table, one a layer that has geometry."""
    import pandas as pd

    styles = {
        "places": _points('"n_literal" > 0', '"n_literal" = 0', size=_SIZE, label="name"),
        "mentions": _points("\"role\" = 'literal'", "\"role\" = 'associative'"),
        "regions": _areas("name"),
    }
    return pd.DataFrame(
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": list(styles),
            "f_geometry_column": "geom",
            "styleName": [f"geomap {name}" for name in styles],
            "styleQML": list(styles.values()),
            "styleSLD": "",
            "useAsDefault": True,
            "description": "filled: where it happened; hollow: only named",
            "owner": "",
            "ui": "",
            # Of several styles QGIS takes the latest.
            "update_time": pd.Timestamp("2025-01-01"),
        }
    )


def _points(literal: str, associative: str, *, size: str | None = None, label: str = "") -> str:
    """Return filled and hollow circles, by two conditions."""
    looks = {
        "literal": {"color": LITERAL, "outline_color": PAPER},
        "associative": {"color": PAPER, "outline_color": ASSOCIATIVE},
    }
    symbols = [
        _symbol(
            "marker",
            str(number),
            "SimpleMarker",
            {"name": "circle", "size": "2.4", "outline_width": "0.4", **look},
            {"size": size} if size else {},
        )
        for number, look in enumerate(looks.values())
    ]
    rules = [
        f'<rule key="{name}" symbol="{number}" label={quoteattr(words)}'
        f" filter={quoteattr(f'{_POINT} AND {condition}')}/>"
        for number, (name, words, condition) in enumerate(
            [
                ("literal", "Where something is or happens", literal),
                ("associative", "Only named", associative),
            ]
        )
    ]
    renderer = (
        f'<renderer-v2 type="RuleRenderer"><rules key="all">{"".join(rules)}</rules>'
        f"<symbols>{''.join(symbols)}</symbols></renderer-v2>"
    )
    return _style(renderer, label)


def _areas(label: str) -> str:
    """Return areas, the darker the more often they are mentioned."""
    look = {"color": AREA, "outline_color": AREA_LINE, "outline_width": "0.4", "style": "solid"}
    symbol = _symbol("fill", "0", "SimpleFill", look, {}, {"alpha": _OPACITY})
    renderer = f'<renderer-v2 type="singleSymbol"><symbols>{symbol}</symbols></renderer-v2>'
    return _style(renderer, label)


def _symbol(
    kind: str,
    name: str,
    layer: str,
    look: dict[str, str],
    computed: dict[str, str],
    of_symbol: dict[str, str] | None = None,
) -> str:
    options = "".join(f'<Option type="QString" name="{k}" value="{v}"/>' for k, v in look.items())
    return (
        f'<symbol type="{kind}" name="{name}" alpha="1">{_computed(of_symbol or {})}'
        f'<layer class="{layer}" enabled="1"><Option type="Map">{options}</Option>'
        f"{_computed(computed)}</layer></symbol>"
    )


def _computed(properties: dict[str, str]) -> str:
    """Return properties that are computed for each feature by an expression."""
    rows = "".join(
        f'<Option type="Map" name="{name}"><Option type="bool" name="active" value="true"/>'
        f'<Option type="QString" name="expression" value={quoteattr(expression)}/>'
        '<Option type="int" name="type" value="3"/></Option>'
        for name, expression in properties.items()
    )
    return (
        '<data_defined_properties><Option type="Map">'
        '<Option type="QString" name="name" value=""/>'
        f'<Option type="Map" name="properties">{rows}</Option>'
        '<Option type="QString" name="type" value="collection"/></Option></data_defined_properties>'
    )


def _style(renderer: str, label: str) -> str:
    # Beside a point, inside an area; points go before areas.
    beside = (
        '<placement placement="6" dist="0.6" offsetType="1" priority="8"'
        ' predefinedPositionOrder="R,L,T,B"/>'
    )
    labeling = (
        '<labeling type="simple"><settings>'
        f'<text-style fieldName="{label}" fontSize="8" fontSizeUnit="Point" textColor="{INK}">'
        f'<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" bufferColor="{HALO}"/>'
        f"</text-style>{beside if 'marker' in renderer else ''}</settings></labeling>"
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22" styleCategories="Symbology|Labeling"'
        f' labelsEnabled="{int(bool(label))}">{renderer}{labeling if label else ""}</qgis>'
    )
