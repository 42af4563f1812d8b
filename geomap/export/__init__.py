"""A parse, written down for other programs.

JSON Lines (``.jsonl``) hold one article a line and can be written as the articles come; the
other formats hold the tables of an atlas:

=============  ===================================================================
``.geojson``   a feature a mention (RFC 7946); without geometry where unplaced
``.gpkg``      GeoPackage with the layers places, mentions, regions and articles
``.parquet``   GeoParquet, a row a mention
``.csv``       a row a mention, with ``latitude`` and ``longitude``
``.kml``       a placemark a mention; without a point where unplaced
``.lpf.json``  Linked Places Format, a feature a place (also ``.lpf``)
=============  ===================================================================

and `to_postgis` writes the four tables into a database. Coordinates are WGS 84 (EPSG:4326).
Lists are written as JSON where a format knows none. A file is written whole or not at all.
"""

from geomap.export.lines import schema, to_lines, to_record
from geomap.export.postgis import to_postgis
from geomap.export.tables import Tables
from geomap.export.writing import LINES_SUFFIX, SUFFIXES, check, suffix_of, write, write_lines

__all__ = [
    "LINES_SUFFIX",
    "SUFFIXES",
    "Tables",
    "check",
    "schema",
    "suffix_of",
    "to_lines",
    "to_postgis",
    "to_record",
    "write",
    "write_lines",
]
