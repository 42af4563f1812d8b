"""Everything geomap raises on purpose.

::

    GeomapError
    ├── InputError      (ValueError)   an input cannot be read or is not what it should be
    ├── OutputError     (OSError)      a result cannot be written
    ├── GazetteerError  (RuntimeError) the gazetteer or a boundary file is missing or damaged
    ├── GeocodingError  (RuntimeError) an online service gave no answer that can be used
    └── UsageError      (ValueError)   an option or argument makes no sense

A message names what was wrong, where (file, line), and the mend, in one line.
"""

from __future__ import annotations


class GeomapError(Exception):
    """The root: ``except geomap.GeomapError`` catches whatever geomap raises on purpose."""


class InputError(GeomapError, ValueError):
    """An article, a line or a file cannot be read or is not what it should be."""


class OutputError(GeomapError, OSError):
    """A result cannot be written where it was asked for."""


class GazetteerError(GeomapError, RuntimeError):
    """The gazetteer or a boundary file is missing, damaged or of another version."""


class GeocodingError(GeomapError, RuntimeError):
    """An online service could not be asked, or gave no answer that can be used."""


class UsageError(GeomapError, ValueError):
    """An option or argument makes no sense."""
