"""A corpus in parallel, on Dask."""

from geomap.batch.aggregates import make_aggregates
from geomap.batch.corpus import Progress, Summary, parse_corpus
from geomap.batch.cutting import ARTICLES, BYTES
from geomap.batch.dataset import is_dataset, read_manifest
from geomap.batch.work import Counts, Options

__all__ = [
    "ARTICLES",
    "BYTES",
    "Counts",
    "Options",
    "Progress",
    "Summary",
    "is_dataset",
    "make_aggregates",
    "parse_corpus",
    "read_manifest",
]
