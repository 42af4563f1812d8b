"""Names that the gazetteer lacks, asked of an online service; only where the user names one.

Any of geopy's geocoders by its short name ("nominatim", "photon", "geonames"). What it answers is
foreign: each part is checked before it becomes a candidate, and what does not bear the name asked
for is none. Answers are kept in a cache, "nothing found" among them.
"""

from geomap.geocoding.cache import AnswerCache
from geomap.geocoding.geocoder import Geocoder

__all__ = ["AnswerCache", "Geocoder"]
