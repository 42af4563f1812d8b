"""geomap reads news articles and draws a trustworthy map of every place they mention."""

__version__ = "0.1.0"
