"""The spatial layer: parsed articles as tables, and places grouped by first-order region.

:mod:`~geomap.regions.tables` documents the tables' columns.
"""

from geomap.regions.grouping import group
from geomap.regions.outlines import admin1_boundaries, country_boundaries, disputed_borders, lakes
from geomap.regions.tables import articles_table, mentions_table, places_table, regions_table

__all__ = [
    "admin1_boundaries",
    "articles_table",
    "country_boundaries",
    "disputed_borders",
    "group",
    "lakes",
    "mentions_table",
    "places_table",
    "regions_table",
]
