"""Builds gazetteers: the embedded one from its sources, the user's own from GeoNames' dumps."""

from geomap.gazetteer_build.embedded import build_embedded

__all__ = ["build_embedded"]
