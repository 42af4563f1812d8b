"""Toponyms and their candidates to resolutions: pure, no input or output but its own weights."""

from geomap.resolution.resolver import ContextResolver

__all__ = ["ContextResolver"]
