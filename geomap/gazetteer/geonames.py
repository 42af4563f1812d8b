"""GeoNames' whole countries, as the user has built them. Read only, mapped into memory.

In the user's data folder, ``geonames/current`` names the folder of the version in use (written
by :mod:`geomap.gazetteer_build`). In that folder:

``manifest.json``
    Format version, date, counts, sources, the tables of countries, regions and languages, the
    shards, and each file's size, of tries the SHA-256 as well.
``places.bin``
    A `PLACE` record a place, in the order of their GeoNames ids.
``texts.bin``
    A line a place: name, codes of country, admin1 and admin2, feature class and code.
``names-NN.marisa``
    Tries of the folded names, one a shard: a name is in the shard of its first two letters.
``postings.bin``
    For each shard the numbers (uint32) of the first posting of each name and of the end, and the
    `POSTING` records; a name's most prominent bearers come first.
``areas.tsv``
    The ids ``admin1:...`` and ``admin2:...``, and the GeoNames ids of these regions.

Places are far too many for the embedded gazetteer's layout, and the size on disk matters less.
"""

from __future__ import annotations

import bisect
import hashlib
import json
import mmap
import re
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

import marisa_trie

from geomap.errors import GazetteerError
from geomap.gazetteer.base import MappedGazetteer
from geomap.gazetteer.similar import HEAD, heads
from geomap.records import Candidate, Kind, Place

FORMAT = 1

#: Latitude and longitude (1e-5 degrees), population, GeoNames id, start of its line among the
#: texts, prominence.
PLACE = struct.Struct("<iiIIIf")
#: Where the GeoNames id stands in it, in numbers of four bytes.
_ID = 3
#: Place number, language number (0: not known), number of the posting type | flags.
POSTING = struct.Struct("<IHH")
#: `POSTING` as numpy sees it.
_POSTING = [("place", "<u4"), ("language", "<u2"), ("bits", "<u2")]
_ENTRY = struct.Struct("<I")
_ENTRIES = struct.Struct("<II")
TYPE_MASK = 0x7
COLLOQUIAL, SHORT, PREFERRED = 0x8, 0x10, 0x20

CURRENT = "current"
_VERSION = re.compile(r"[0-9A-Za-z-]{1,40}")
_MANIFEST = {
    "format", "date", "licence", "sources", "counts", "places_by_country", "countries", "regions",
    "languages", "shards", "files", "tries",
}  # fmt: skip
#: Larger files are not read whole whenever they are opened; of those only the size is checked.
_MOST_HASHED = 1 << 26
_MEND = "build it anew with `geomap gazetteer build`, or delete that folder"

#: GeoNames' feature classes; lands of a people, of a language or without a border are regions.
_KINDS: dict[str, Kind] = {
    "A": "region", "H": "natural", "L": "natural", "P": "settlement", "R": "facility",
    "S": "facility", "T": "natural", "U": "natural", "V": "natural",
}  # fmt: skip
_REGIONS_OF_L = frozenset(
    ("AREA", "CONT", "CST", "ECOR", "LCTY", "PPLZ", "RGN", "RGNE", "RGNH", "RGNL", "TRB")
)
_FACILITIES_OF_L = frozenset(("AIRB", "AMUS", "BTL", "INDS", "MILB", "NVB", "PRT", "RLWY", "TRR"))


@cache
def kind_of(feature_class: str, feature_code: str) -> Kind | None:
    """Return the kind of a place by GeoNames' feature class and code; None for no class."""
    if feature_class == "A" and feature_code.startswith("PCL"):
        return "country"
    if feature_class == "L" and feature_code in _REGIONS_OF_L:
        return "region"
    if feature_class == "L" and feature_code in _FACILITIES_OF_L:
        return "facility"
    return _KINDS.get(feature_class)


def place_id_of(feature_code: str, country: str, admin1: str, admin2: str, number: int) -> str:
    """Return a place's id: regions of the first two orders are known by their codes."""
    if feature_code == "ADM1" and admin1:
        return f"admin1:{country}.{admin1}"
    if feature_code == "ADM2" and admin2:
        return f"admin2:{country}.{admin1}.{admin2}"
    return f"geonames:{number}"


def shard_of(head: str, shards: int) -> int:
    """Return the shard of the names that begin with these (at most two) letters."""
    return zlib.crc32(head.encode("utf-8", "surrogatepass")) % shards


def installed(root: Path) -> Path | None:
    """Return the folder of the version in use below `root`, or None where nothing was built.

    Raises
    ------
    GazetteerError
        If ``current`` cannot be read or names no version.
    """
    pointer = root / CURRENT
    try:
        name = pointer.read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise GazetteerError(f"cannot read {pointer} ({error}): {_MEND}") from error
    if not _VERSION.fullmatch(name):
        raise GazetteerError(f"{pointer} names no version of the gazetteer: {_MEND}")
    return root / name


class GeonamesGazetteer(MappedGazetteer):
    """Whole countries of GeoNames, every feature of them.

    Parameters
    ----------
    folder
        The folder of one version.

    Raises
    ------
    GazetteerError
        If a file is missing or damaged, or of another format version.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._manifest = _read_manifest(folder)
        self._places = self._map("places.bin")
        self._texts = self._map("texts.bin")
        self._postings = self._map("postings.bin")
        self._names = [
            _open_trie(folder / name, sha) for name, sha in self._manifest["tries"].items()
        ]
        self._shards: list[int] = self._manifest["shards"]
        self._n_places = len(self._places) // PLACE.size
        self._ids = memoryview(self._places).cast("I")[_ID :: PLACE.size // 4]
        self._cached = lru_cache(maxsize=1 << 14)(self._decode)

    def __reduce__(self) -> tuple[type[GeonamesGazetteer], tuple[Path]]:
        return type(self), (self._folder,)

    def __len__(self) -> int:
        """Return the number of places."""
        return self._n_places

    def place(self, place_id: str) -> Place | None:
        """Return the place with this id, or None; regions have one by their code as well."""
        number = self._number_of(place_id)
        return None if number is None else self._cached(number)[0]

    def country_name(self, code: str) -> str | None:
        """Return the short English name of a country (ISO 3166-1 alpha-2), or None."""
        name: str | None = self._manifest["countries"].get(code)
        return name

    def info(self) -> dict[str, Any]:
        """Return what is in here: as `EmbeddedGazetteer.info`, and where it lies."""
        keys = ("format", "date", "licence", "sources", "counts", "places_by_country")
        about = {key: self._manifest[key] for key in keys}
        return {
            **about,
            "bytes": sum(self._manifest["files"].values()),
            "folder": str(self._folder),
        }

    def _trie(self, key: str) -> marisa_trie.Trie:
        return self._names[shard_of(key[:HEAD], len(self._names))]

    def _tries_of(self, key: str) -> list[marisa_trie.Trie]:
        shards = {shard_of(head, len(self._names)) for head in heads(key)}
        return [self._names[shard] for shard in sorted(shards)]

    def _bearers(self, key: str) -> Iterator[tuple[int, int, int]]:
        shard = shard_of(key[:HEAD], len(self._names))
        trie = self._names[shard]
        try:
            number = trie.get(key)
        except UnicodeEncodeError:  # a lone surrogate is in no name
            return
        if number is None:
            return
        index = self._shards[shard]
        postings = index + _ENTRY.size * (len(trie) + 1)
        at = index + _ENTRY.size * number
        first, end = _ENTRIES.unpack_from(self._postings, at)
        found = self._postings[postings + POSTING.size * first : postings + POSTING.size * end]
        for place, language, bits in POSTING.iter_unpack(found):
            yield bits & TYPE_MASK, place, language << 1 | bool(bits & COLLOQUIAL)

    def _borne_by(self, numbers: Collection[int]) -> Iterator[tuple[int, int, str]]:
        import numpy as np

        wanted = np.zeros(self._n_places, bool)
        wanted[list(numbers)] = True
        for trie, index in zip(self._names, self._shards, strict=True):
            starts = np.frombuffer(self._postings, "<u4", len(trie) + 1, index)
            rows = np.frombuffer(self._postings, _POSTING, starts[-1], index + starts.nbytes)
            found = np.flatnonzero(wanted[rows["place"]])
            names = np.searchsorted(starts, found, "right") - 1
            types = rows["bits"][found] & TYPE_MASK
            for place, type_number, name in zip(rows["place"][found], types, names, strict=True):
                yield int(place), int(type_number), trie.restore_key(int(name))

    def _number_of(self, place_id: str) -> int | None:
        scheme, _, digits = place_id.partition(":")
        if scheme in ("admin1", "admin2"):
            digits = self._areas.get(place_id, "")
        elif scheme != "geonames":
            return None
        if not digits.isascii() or not digits.isdigit():
            return None
        wanted = int(digits)
        at = bisect.bisect_left(self._ids, wanted)
        return at if at < self._n_places and self._ids[at] == wanted else None

    def _with_usage(self, candidate: Candidate, usage: int) -> Candidate:
        return Candidate(
            candidate.place,
            candidate.matched_name,
            candidate.name_type,
            candidate.score,
            language=self._manifest["languages"][usage >> 1] or None,
            colloquial=bool(usage & 1),
        )

    def _place(self, number: int) -> tuple[Place, float]:
        return self._cached(number)

    def _decode(self, number: int) -> tuple[Place, float]:
        """Return place `number` and its prominence."""
        latitude, longitude, population, geonames_id, start, prominence = PLACE.unpack_from(
            self._places, number * PLACE.size
        )
        line = self._texts[start : self._texts.find(b"\n", start)].decode()
        name, country, admin1, admin2, feature_class, feature_code = line.split("\t")
        place = Place(
            place_id_of(feature_code, country, admin1, admin2, geonames_id),
            name,
            latitude / 1e5,
            longitude / 1e5,
            kind_of(feature_class, feature_code) or "natural",
            feature_code or None,
            country or None,
            admin1 or None,
            self._manifest["regions"].get(f"{country}.{admin1}"),
            admin2 or None,
            population,
        )
        return place, prominence

    @cached_property
    def _areas(self) -> dict[str, str]:
        lines = (self._folder / "areas.tsv").read_text("utf-8").splitlines()
        return dict(cast("Iterable[tuple[str, str]]", (line.split("\t") for line in lines)))

    def _map(self, name: str) -> mmap.mmap:
        path = self._folder / name
        try:
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise GazetteerError(f"cannot read {path} ({error}): {_MEND}") from error
        known = self._manifest.get("checksums", {}).get(name)  # versions built before have none
        if len(mapped) != self._manifest["files"][name] or (
            known and len(mapped) <= _MOST_HASHED and hashlib.sha256(mapped).hexdigest() != known
        ):
            raise GazetteerError(f"{path} is damaged: {_MEND}")
        return mapped


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise GazetteerError(f"cannot read {path} ({error}): {_MEND}") from error
    version = manifest.get("format") if isinstance(manifest, dict) else None
    if version != FORMAT:
        raise GazetteerError(f"{path} has format {version}, geomap needs {FORMAT}: {_MEND}")
    if not manifest.keys() >= _MANIFEST:
        raise GazetteerError(f"{path} is damaged: {_MEND}")
    return cast("dict[str, Any]", manifest)


def _open_trie(path: Path, sha256: str) -> marisa_trie.Trie:
    """Map a trie, its digest checked: a damaged one could crash the process."""
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                return marisa_trie.Trie().mmap(str(path))
    except (OSError, RuntimeError) as error:
        raise GazetteerError(f"cannot read {path} ({error}): {_MEND}") from error
    raise GazetteerError(f"{path} is damaged: {_MEND}")
