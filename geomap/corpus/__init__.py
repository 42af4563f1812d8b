"""A parsed corpus: read a file at a time, counted, and drawn."""

from geomap.corpus.aggregates import aggregates, build
from geomap.corpus.counting import Freq
from geomap.corpus.dataset import Dataset, Filter

__all__ = ["Dataset", "Filter", "Freq", "aggregates", "build"]
