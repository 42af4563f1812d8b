"""A service's answer as a candidate: one reader for all, since geopy hands on what they say."""

from __future__ import annotations

import math
import re
from difflib import SequenceMatcher
from typing import Any

from geomap.names import fold, transliterate
from geomap.records import Candidate, Kind, NameType, Place

_MAX_NAME = 200
_MAX_NAMES = 100
#: How much two spellings of a name must have in common (difflib's ratio).
_ALIKE = 0.85
#: An importance as Nominatim gives it (0 to 1), on the scale of the gazetteer's prominence.
_LEAST_SCORE, _SCORE_SPAN = 0.35, 0.4

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029<>\ud800-\udfff]")

#: What OpenStreetMap calls a place, as our kind and GeoNames' feature code.
_PLACES: dict[str, tuple[Kind, str | None]] = {
    "country": ("country", "PCLI"),
    **dict.fromkeys(("state", "province", "region"), ("region", "ADM1")),
    **dict.fromkeys(("county", "district", "state_district"), ("region", "ADM2")),
    "municipality": ("region", "ADM3"),
    **dict.fromkeys(
        ("city", "town", "village", "hamlet", "isolated_dwelling", "farm", "locality"),
        ("settlement", "PPL"),
    ),
    **dict.fromkeys(
        ("borough", "suburb", "quarter", "neighbourhood", "city_district"), ("settlement", "PPLX")
    ),
    **dict.fromkeys(("island", "islet", "archipelago"), ("natural", "ISL")),
    **dict.fromkeys(("sea", "ocean"), ("natural", "SEA")),
}
_CLASSES: dict[str, Kind] = {
    "boundary": "region",
    "place": "settlement",
    **dict.fromkeys(("natural", "water", "waterway", "mountain_pass", "geological"), "natural"),
    **dict.fromkeys(("aeroway", "amenity", "bridge", "building", "highway"), "facility"),
    **dict.fromkeys(("historic", "landuse", "leisure", "man_made", "military"), "facility"),
    **dict.fromkeys(("power", "public_transport", "railway", "tourism"), "facility"),
}
_GEONAMES: dict[str, Kind] = {
    "A": "region", "P": "settlement", "R": "facility", "S": "facility",
    "H": "natural", "L": "region", "T": "natural", "U": "natural", "V": "natural",
}  # fmt: skip


def candidate_of(service: str, asked: str, answer: Any) -> Candidate | None:
    """Make a candidate of one of geopy's locations; None where it is no bearer of the name.

    Raises
    ------
    ValueError, TypeError, OverflowError
        Something in it is not what it should be.
    """
    raw = answer.raw if isinstance(answer.raw, dict) else {}
    fields: dict[str, Any] = {}
    for part in (raw.get("address"), raw, raw.get("properties"), raw.get("components")):
        fields |= part if isinstance(part, dict) else {}
    name = checked_name(fields.get("name") or str(answer.address).split(",")[0])
    details = fields.get("namedetails")
    others = list(details.values())[:_MAX_NAMES] if isinstance(details, dict) else []
    others = [one for one in others if isinstance(one, str) and len(one) <= _MAX_NAME]
    name_type = _name_type(asked, [name, *others])
    kind, feature_code = _kind(fields)
    if kind is None or name_type is None:
        return None
    geometry = raw.get("geometry")
    point = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(point, list) or len(point) < 2:
        point = [fields.get("lon", fields.get("lng", answer.longitude)), answer.latitude]
    longitude, latitude = _number(point[0], 180.0), _number(point[1], 90.0)
    codes = (fields.get(key) for key in ("country_code", "countrycode", "countryCode"))
    code = next((c.upper() for c in codes if isinstance(c, str)), None)
    if code and not re.fullmatch("[A-Z]{2}", code):
        raise ValueError("the country's code is none")
    place = Place(
        _id(service, fields, latitude, longitude),
        name,
        latitude,
        longitude,
        kind,
        feature_code,
        code,
        population=max(int(_number(fields.get("population") or 0, 2e9)), 0),
        source=service,
        radius_km=_radius_km(fields, latitude) if kind in ("region", "natural") else 0.0,
    )
    importance = _number(fields.get("importance") or 0, 1e3)
    score = _LEAST_SCORE + _SCORE_SPAN * min(max(importance, 0.0), 1.0)
    return Candidate(place, name if name_type == "canonical" else asked, name_type, score)


def _name_type(asked: str, names: list[str]) -> NameType | None:
    """Say what the name asked for is to a place whose names these are, its own the first."""
    wanted = fold(asked)
    words = set(wanted.split())
    found: NameType | None = None
    for number, name in enumerate(names):
        for spelling in {fold(name), fold(transliterate(name))}:
            if spelling == wanted and number == 0:
                return "canonical"
            longer = len(words) > 1 and words <= set(spelling.split())
            if longer or SequenceMatcher(None, wanted, spelling).ratio() >= _ALIKE:
                found = "variant"
    return found


def _kind(fields: dict[str, Any]) -> tuple[Kind | None, str | None]:
    """Return the kind and feature code; no kind for what news does not call a place: a shop."""
    if isinstance(code := fields.get("fcode"), str) and isinstance(fields.get("fcl"), str):
        country = code.startswith("PCL")
        return "country" if country else _GEONAMES.get(fields["fcl"]), checked_name(code)
    main = next((fields[key] for key in ("osm_key", "class", "category") if key in fields), None)
    types = [str(fields.get(key)) for key in ("osm_value", "addresstype", "type")]
    if main in ("place", "boundary"):
        for one in types:
            if one in _PLACES:
                return _PLACES[one]
        if "protected_area" in types or "national_park" in types:
            return "natural", None
    return ("settlement" if main is None else _CLASSES.get(str(main))), None


def _id(service: str, fields: dict[str, Any], latitude: float, longitude: float) -> str:
    number = fields.get("geonameId", fields.get("osm_id"))
    if type(number) is int and "geonameId" in fields:
        return f"geonames:{number}"
    kind = str(fields.get("osm_type"))[:1].lower()
    if type(number) is int and kind in ("n", "w", "r"):
        return f"osm:{kind}{number}"
    return f"{service}:{latitude:.5f},{longitude:.5f}"


def checked_name(value: Any) -> str:
    """Return a name with single spaces.

    Raises
    ------
    ValueError
        It is none: no text, overlong, or with markup or control characters in it.
    """
    name = " ".join(value.split()) if isinstance(value, str) else ""
    if len(name) > _MAX_NAME or _UNSAFE.search(name) or not fold(name):
        raise ValueError("a name in it is none")
    return name


def _number(value: Any, most: float) -> float:
    number = math.nan if isinstance(value, bool) else float(value)
    if not abs(number) <= most:
        raise ValueError("a number in it is out of range")
    return number


def _radius_km(fields: dict[str, Any], latitude: float) -> float:
    """Return half the diagonal of the answer's box, 0 where it has none."""
    box = fields.get("boundingbox")  # south, north, west, east
    if isinstance(extent := fields.get("extent"), list) and len(extent) == 4:
        box = [extent[3], extent[1], extent[0], extent[2]]
    if not isinstance(box, list) or len(box) != 4:
        return 0.0
    south, north, west, east = (_number(side, 180.0) for side in box)
    width = (east - west) * math.cos(math.radians(latitude))
    return round(min(math.hypot(north - south, width) / 2 * 111.2, 3000.0), 1)
