"""Learns the models that geomap carries from annotated corpora, and builds its lexicon.

Needs the extra ``train``.  News corpora are JSON Lines with ``text`` and ``toponyms`` (start, end,
lat, lon and, where known, type and group); open named-entity corpora have ``entities`` (start, end,
label) instead.  The models hold feature names and weights, never sentences.
"""

from geomap.training.lexicon import build_lexicon
from geomap.training.recognizer import train_recognizer
from geomap.training.resolver import train_resolver

__all__ = ["build_lexicon", "train_recognizer", "train_resolver"]
