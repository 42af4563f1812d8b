"""The embedded gazetteer: which places bear a name. Read only, mapped into memory.

The files under ``data/gazetteer`` (written by :mod:`geomap.gazetteer_build`):

``manifest.json``
    Format version, counts, sources, the tables of countries and classes, and each file's SHA-256.
``names.marisa``
    A trie of all folded names; each has a number, 0 to n - 1.
``postings.bin``
    Three bytes an entry: ``flag << 23 | name type << 20 | place number``. Entry *i* is the one
    bearer of name *i*; where a name has several, its flag is set and the other 23 bits say at
    which entry their list begins, the most prominent first, the last with its flag set.
``places.bin``
    A `PLACE` record a place: first those that are not plain settlements of the source, in the
    order of their ids in ``ids.marisa``, then the settlements by their GeoNames id.
``radii.bin``
    The radii (uint32, metres) of the first of these; a plain settlement has none.
``ids.marisa``, ``labels.marisa``, ``areas.marisa``
    Tries of the ids, of the names shown, and of the codes ``country.admin1.admin2``; each
    string's number in its trie stands for it in the records.

Nothing is decoded before it is asked for, and processes share the mapped pages.
"""

from __future__ import annotations

import bisect
import hashlib
import json
import mmap
import struct
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import marisa_trie

from geomap import settings
from geomap.errors import GazetteerError
from geomap.gazetteer.base import MappedGazetteer, distance_km, prominence
from geomap.records import Candidate, Kind, Place

FORMAT = 1

#: A place: latitude and longitude (1e-5 degrees), population, GeoNames id (or 0),
#: label number << 8 | class number, area number.
PLACE = struct.Struct("<iiIIIH")
_GEONAMES_ID = struct.Struct("<12xI6x")
RADIUS = struct.Struct("<I")
POSTING = 3
FLAG = 1 << 23
TYPE_SHIFT = 20
PLACE_MASK = (1 << TYPE_SHIFT) - 1

_MANIFEST = {"format", "date", "licence", "sources", "counts", "countries", "classes", "files"}
_FILES = {
    *(f"{name}.marisa" for name in ("names", "ids", "labels", "areas")),
    *(f"{name}.bin" for name in ("postings", "places", "radii")),
}
_MEND = "reinstall geomap, or rebuild it with `geomap gazetteer build --embedded`"


class EmbeddedGazetteer(MappedGazetteer):
    """The gazetteer that comes with geomap.

    Parameters
    ----------
    folder
        The folder with ``manifest.json`` and the files it names.

    Raises
    ------
    GazetteerError
        If a file is missing or damaged, or of another format version.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._manifest = _read_manifest(folder)
        files = {name: _map(folder / name, sha) for name, sha in self._manifest["files"].items()}
        self._names = _open_trie(folder / "names.marisa")
        self._ids = _open_trie(folder / "ids.marisa")
        self._labels = _open_trie(folder / "labels.marisa")
        self._areas = _open_trie(folder / "areas.marisa")
        self._postings = files["postings.bin"]
        self._places = files["places.bin"]
        self._radii = files["radii.bin"]
        self._n_special = len(self._radii) // RADIUS.size
        self._classes: list[tuple[Kind, str | None, str]] = [
            (kind, code, source) for kind, code, source in self._manifest["classes"]
        ]
        self._n_places = len(self._places) // PLACE.size
        # A few thousand places make up most of what news names; the rest is decoded anew.
        self._cached = lru_cache(maxsize=1 << 14)(self._decode)
        self._area = lru_cache(maxsize=None)(self._decode_area)

    def __reduce__(self) -> tuple[type[EmbeddedGazetteer], tuple[Path]]:
        return type(self), (self._folder,)

    def __len__(self) -> int:
        """Return the number of places."""
        return self._n_places

    def place(self, place_id: str) -> Place | None:
        """Return the place with this id, or None."""
        number = self._number_of(place_id)
        return None if number is None else self._place(number)[0]

    def places(self) -> Iterator[Place]:
        """Yield every place, in no order to rely on."""
        for number in range(self._n_places):
            yield self._decode(number)[0]

    def natural(self) -> list[Place]:
        """Return the natural features, the widest first: waters, islands, mountains..."""
        import numpy as np

        natural = np.array([kind == "natural" for kind, _, _ in self._classes])
        special = np.frombuffer(self._places, _PLACE_DTYPE, self._n_special)
        numbers = np.flatnonzero(natural[special["label_class"] & 0xFF])
        found = [self._decode(number)[0] for number in numbers.tolist()]
        return sorted(found, key=lambda place: (-place.radius_km, place.id))

    def near(self, latitude: float, longitude: float, radius_km: float, limit: int) -> list[Place]:
        """Return the settlements within `radius_km` of a point, the most populous first.

        Parameters
        ----------
        latitude, longitude
            Decimal degrees, WGS 84.
        radius_km
            Great-circle distance.
        limit
            At most so many.

        Returns
        -------
        list of Place
            May be empty.
        """
        import numpy as np

        settlement = np.array([kind == "settlement" for kind, _, _ in self._classes])
        places = np.frombuffer(self._places, dtype=_PLACE_DTYPE)
        band = np.abs(places["latitude"] - latitude * 1e5) <= radius_km / 111.0 * 1e5 + 1
        numbers = np.flatnonzero(band)
        numbers = numbers[settlement[places["label_class"][numbers] & 0xFF]]
        distance = distance_km(
            latitude,
            longitude,
            places["latitude"][numbers] / 1e5,
            places["longitude"][numbers] / 1e5,
        )
        numbers = numbers[distance <= radius_km]
        order = np.argsort(-places["population"][numbers].astype(np.int64), kind="stable")
        return [self._place(int(number))[0] for number in numbers[order[:limit]]]

    def country_name(self, code: str) -> str | None:
        """Return the short English name of a country (ISO 3166-1 alpha-2), or None."""
        name: str | None = self._manifest["countries"].get(code)
        return name

    def info(self) -> dict[str, Any]:
        """Return what is in here.

        Returns
        -------
        dict
            ``format``, ``date``, ``licence``, ``sources``, ``counts`` (by kind),
            ``places_by_country``, ``bytes`` (on disk) and ``folder``.
        """
        import numpy as np

        about = {key: self._manifest[key] for key in ("format", "date", "licence", "sources")}
        size = sum((self._folder / name).stat().st_size for name in self._manifest["files"])
        by_country: dict[str, int] = defaultdict(int)
        areas = np.bincount(np.frombuffer(self._places, dtype=_PLACE_DTYPE)["area"])
        for area, count in enumerate(areas.tolist()):
            by_country[self._areas.restore_key(area).partition(".")[0]] += count
        return {
            **about,
            "counts": dict(self._manifest["counts"]),
            "places_by_country": dict(sorted(by_country.items(), key=lambda row: -row[1])),
            "bytes": size,
            "folder": str(self._folder),
        }

    def _trie(self, key: str) -> marisa_trie.Trie:
        return self._names

    def _tries_of(self, key: str) -> list[marisa_trie.Trie]:
        return [self._names]

    def _bearers(self, key: str) -> Iterator[tuple[int, int, int]]:
        number = _number(self._names, key)
        if number is None:
            return
        posting = self._posting(number)
        if not posting & FLAG:
            yield posting >> TYPE_SHIFT, posting & PLACE_MASK, 0
            return
        entry = posting & ~FLAG
        while True:
            posting = self._posting(entry)
            yield posting >> TYPE_SHIFT & 7, posting & PLACE_MASK, 0
            if posting & FLAG:
                return
            entry += 1

    def _borne_by(self, numbers: Collection[int]) -> Iterator[tuple[int, int, str]]:
        import numpy as np

        packed = np.frombuffer(self._postings, np.uint8).reshape(-1, POSTING).astype(np.uint32)
        entries = packed[:, 0] | packed[:, 1] << 8 | packed[:, 2] << 16
        wanted = np.zeros(PLACE_MASK + 1, bool)
        wanted[list(numbers)] = True
        found = wanted[entries & PLACE_MASK]
        # Entries of names with several bearers are no bearers; their lists are in the same order.
        n_names = len(self._names)
        several = np.flatnonzero(entries[:n_names] & FLAG)
        found[several] = False
        starts = entries[several] & ~np.uint32(FLAG)
        names = np.flatnonzero(found)
        postings = entries[names].tolist()
        listed = names >= n_names
        names[listed] = several[np.searchsorted(starts, names[listed], "right") - 1]
        for name, posting in zip(names.tolist(), postings, strict=True):
            type_number = posting >> TYPE_SHIFT & 7
            yield posting & PLACE_MASK, type_number, self._names.restore_key(name)

    def _number_of(self, place_id: str) -> int | None:
        number = _number(self._ids, place_id)
        return self._settlement_number(place_id) if number is None else number

    def _place(self, number: int) -> tuple[Place, float]:
        return self._cached(number)

    def _with_usage(self, candidate: Candidate, usage: int) -> Candidate:
        return candidate  # the sources say nothing of a name

    def _posting(self, entry: int) -> int:
        start = entry * POSTING
        return int.from_bytes(self._postings[start : start + POSTING], "little")

    def _decode(self, number: int) -> tuple[Place, float]:
        """Return place `number` and its prominence."""
        latitude, longitude, population, geonames_id, label_class, area = PLACE.unpack_from(
            self._places, number * PLACE.size
        )
        kind, feature_code, source = self._classes[label_class & 0xFF]
        country_code, admin1_code, admin1_name, admin2_code = self._area(area)
        special = number < self._n_special
        radius_km = self._radius(number) if special else 0.0
        place = Place(
            self._ids.restore_key(number) if special else f"geonames:{geonames_id}",
            self._labels.restore_key(label_class >> 8),
            latitude / 1e5,
            longitude / 1e5,
            kind,
            feature_code,
            country_code,
            admin1_code,
            admin1_name,
            admin2_code,
            population,
            source,
            radius_km,
        )
        return place, prominence(kind, feature_code, population, radius_km)

    def _decode_area(self, number: int) -> tuple[str | None, str | None, str | None, str | None]:
        """Return the country's code, the region's code and name, and the district's code."""
        country, admin1, admin2 = self._areas.restore_key(number).split(".", 2)
        name = None
        if (region := self._ids.get(f"admin1:{country}.{admin1}")) is not None:
            label_class: int = PLACE.unpack_from(self._places, region * PLACE.size)[4]
            name = self._labels.restore_key(label_class >> 8)
        return country or None, admin1 or None, name, admin2 or None

    def _radius(self, number: int) -> float:
        metres: int = RADIUS.unpack_from(self._radii, number * RADIUS.size)[0]
        return metres / 1000

    def _settlement_number(self, place_id: str) -> int | None:
        scheme, _, digits = place_id.partition(":")
        if scheme != "geonames" or not digits.isascii() or not digits.isdigit():
            return None
        wanted = int(digits)
        numbers = range(self._n_special, self._n_places)
        at = bisect.bisect_left(numbers, wanted, key=self._geonames_id)
        if at == len(numbers) or self._geonames_id(numbers[at]) != wanted:
            return None
        return numbers[at]

    def _geonames_id(self, number: int) -> int:
        geonames_id: int = _GEONAMES_ID.unpack_from(self._places, number * PLACE.size)[0]
        return geonames_id


@cache
def embedded() -> EmbeddedGazetteer:
    """Return the gazetteer that comes with geomap, opened once a process.

    Raises
    ------
    GazetteerError
        If it is missing or damaged, or of another format version.
    """
    return EmbeddedGazetteer(settings.DATA / "gazetteer")


#: `PLACE` as numpy sees it.
_PLACE_DTYPE = [
    ("latitude", "<i4"),
    ("longitude", "<i4"),
    ("population", "<u4"),
    ("geonames_id", "<u4"),
    ("label_class", "<u4"),
    ("area", "<u2"),
]


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise GazetteerError(f"no gazetteer at {folder}: {_MEND}") from None
    except (OSError, ValueError) as error:
        raise GazetteerError(f"cannot read {path} ({error}): {_MEND}") from error
    version = manifest.get("format") if isinstance(manifest, dict) else None
    if version != FORMAT:
        raise GazetteerError(f"{path} has format {version}, geomap needs {FORMAT}: {_MEND}")
    if not manifest.keys() >= _MANIFEST or set(manifest["files"]) != _FILES:
        raise GazetteerError(f"{path} is damaged: {_MEND}")
    return cast("dict[str, Any]", manifest)


def _map(path: Path, sha256: str) -> mmap.mmap:
    """Map a file, its digest checked: a damaged trie could crash the process."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise GazetteerError(f"cannot read {path} ({error}): {_MEND}") from error
    if hashlib.sha256(mapped).hexdigest() != sha256:
        raise GazetteerError(f"{path} is damaged: {_MEND}")
    return mapped


def _open_trie(path: Path) -> marisa_trie.Trie:
    return marisa_trie.Trie().mmap(str(path))


def _number(trie: marisa_trie.Trie, key: str) -> int | None:
    try:
        number: int | None = trie.get(key)
    except UnicodeEncodeError:  # a lone surrogate is in no name
        return None
    return number
