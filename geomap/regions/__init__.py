"""The spatial layer: parsed articles as tables, places grouped by region, and what is measured.

:mod:`~geomap.regions.tables`, :mod:`~geomap.regions.areas` and :mod:`~geomap.regions.focus`
document the tables' columns.
"""

from geomap.regions.areas import Level, own_polygons, regions_table
from geomap.regions.focus import clusters_table, focus_table
from geomap.regions.grouping import group
from geomap.regions.measures import areas_km2, distances_km
from geomap.regions.outlines import (
    admin1_boundaries,
    country_boundaries,
    country_names,
    disputed_borders,
    lakes,
)
from geomap.regions.tables import articles_table, mentions_table, places_table

__all__ = [
    "Level",
    "admin1_boundaries",
    "areas_km2",
    "articles_table",
    "clusters_table",
    "country_boundaries",
    "country_names",
    "disputed_borders",
    "distances_km",
    "focus_table",
    "group",
    "lakes",
    "mentions_table",
    "own_polygons",
    "places_table",
    "regions_table",
]
