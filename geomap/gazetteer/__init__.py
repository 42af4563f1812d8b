"""The gazetteer: which places bear a name. Read only, mapped into memory.

`embedded` is what comes with geomap; `default` adds GeoNames' whole countries where the user
has built them with ``geomap gazetteer build``.
"""

from geomap.gazetteer.base import MappedGazetteer, distance_km, prominence
from geomap.gazetteer.embedded import EmbeddedGazetteer, embedded

__all__ = [
    "EmbeddedGazetteer",
    "MappedGazetteer",
    "distance_km",
    "embedded",
    "prominence",
]
