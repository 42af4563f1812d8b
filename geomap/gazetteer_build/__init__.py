"""Builds gazetteers: the embedded one from its sources, the user's own from GeoNames' dumps."""

from geomap.gazetteer_build.embedded import build_embedded
from geomap.gazetteer_build.geonames import build_geonames

__all__ = ["build_embedded", "build_geonames"]
