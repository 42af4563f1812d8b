"""The gazetteer: which places bear a name. Read only, mapped into memory.

`embedded` is what comes with geomap; `default` adds GeoNames' whole countries where the user
has built them with ``geomap gazetteer build``.
"""

from geomap.gazetteer.base import MappedGazetteer, distance_km, prominence
from geomap.gazetteer.combined import CombinedGazetteer, default
from geomap.gazetteer.embedded import EmbeddedGazetteer, embedded
from geomap.gazetteer.geonames import GeonamesGazetteer

__all__ = [
    "CombinedGazetteer",
    "EmbeddedGazetteer",
    "GeonamesGazetteer",
    "MappedGazetteer",
    "default",
    "distance_km",
    "embedded",
    "prominence",
]
