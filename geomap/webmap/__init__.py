"""The Folium page: the tables of a parse as one HTML file that needs nothing else."""

from geomap.webmap.basemap import Boundaries
from geomap.webmap.corpus import CorpusMap
from geomap.webmap.page import ArticleMap
from geomap.webmap.standalone import check_tiles

__all__ = ["ArticleMap", "Boundaries", "CorpusMap", "check_tiles"]
