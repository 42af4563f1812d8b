"""Writes a gazetteer's files; their layout is described in :mod:`geomap.gazetteer.embedded`."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import marisa_trie

from geomap.errors import OutputError
from geomap.gazetteer.base import POSTING_WEIGHTS, prominence
from geomap.gazetteer.embedded import (
    FLAG,
    FORMAT,
    PLACE,
    PLACE_MASK,
    POSTING,
    RADIUS,
    TYPE_SHIFT,
)
from geomap.names import fold
from geomap.records import NAME_TYPES, Kind, NameType


@dataclass(slots=True)
class Entry:
    """A place on its way into a gazetteer; empty strings where a code is not known.

    ``names`` are folded; the first type that a name is given stays.
    """

    id: str
    label: str
    latitude: float
    longitude: float
    kind: Kind
    feature_code: str
    country_code: str = ""
    admin1_code: str = ""
    admin2_code: str = ""
    population: int = 0
    radius_km: float = 0.0
    source: str = "geonames"
    names: dict[str, NameType] = field(default_factory=dict)

    @property
    def area(self) -> str:
        """The codes ``country.admin1.admin2``."""
        return f"{self.country_code}.{self.admin1_code}.{self.admin2_code}"

    def add(self, name_type: NameType, *names: str) -> None:
        """Add names, unless the place bears them already."""
        for name in names:
            if folded := fold(name):
                self.names.setdefault(folded, name_type)


def write(entries: Iterable[Entry], about: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write a gazetteer, whole or not at all, and return its manifest.

    Parameters
    ----------
    entries
        The places, ids unique. Settlements with GeoNames ids and without a radius are packed
        tighter than the rest.
    about
        What the manifest says beside counts and files: ``date``, ``licence``, ``sources``,
        ``countries`` (code to name).
    folder
        Replaced once everything is written.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    special: list[Entry] = []
    plain: list[Entry] = []
    for entry in entries:
        (plain if _is_plain(entry) else special).append(entry)
    ids = marisa_trie.Trie(entry.id for entry in special)
    special.sort(key=lambda entry: ids[entry.id])
    plain.sort(key=lambda entry: int(entry.id.removeprefix("geonames:")))
    places = special + plain
    labels = marisa_trie.Trie({entry.label for entry in places}, num_tries=5)
    areas = marisa_trie.Trie({entry.area for entry in places})
    names = marisa_trie.Trie({name for entry in places for name in entry.names}, num_tries=5)
    classes = sorted({_class_of(entry) for entry in places})
    for what, n, most in (
        ("places", len(places), PLACE_MASK),
        ("codes of areas", len(areas), 1 << 16),
        ("classes", len(classes), 1 << 8),
    ):
        if n > most:
            raise OutputError(f"{n} {what} are too many for the format's {most}: leave some out")
    files = {
        "names.marisa": names.tobytes(),
        "ids.marisa": ids.tobytes(),
        "labels.marisa": labels.tobytes(),
        "areas.marisa": areas.tobytes(),
        "places.bin": _places(places, labels, areas, classes),
        "radii.bin": b"".join(RADIUS.pack(round(entry.radius_km * 1000)) for entry in special),
        "postings.bin": _postings(places, names),
    }
    manifest = {
        "format": FORMAT,
        **about,
        "counts": _counts(places, len(names)),
        "classes": classes,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    files["manifest.json"] = json.dumps(manifest, ensure_ascii=False, indent=1).encode() + b"\n"
    _replace(folder, files)
    return manifest


def _is_plain(entry: Entry) -> bool:
    scheme, _, number = entry.id.partition(":")
    return (
        entry.kind == "settlement"
        and entry.radius_km == 0
        and scheme == "geonames"
        and number.isdigit()
    )


def _class_of(entry: Entry) -> tuple[str, str, str]:
    return entry.kind, entry.feature_code, entry.source


def _places(
    places: list[Entry],
    labels: marisa_trie.Trie,
    areas: marisa_trie.Trie,
    classes: list[tuple[str, str, str]],
) -> bytes:
    classes_ = {class_: number for number, class_ in enumerate(classes)}
    packed = bytearray()
    for entry in places:
        scheme, _, number = entry.id.partition(":")
        packed += PLACE.pack(
            round(entry.latitude * 1e5),
            round(entry.longitude * 1e5),
            entry.population,
            int(number) if scheme == "geonames" else 0,
            labels[entry.label] << 8 | classes_[_class_of(entry)],
            areas[entry.area],
        )
    return bytes(packed)


def _postings(places: list[Entry], names: marisa_trie.Trie) -> bytes:
    bearers: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for number, entry in enumerate(places):
        score = prominence(entry.kind, entry.feature_code, entry.population, entry.radius_km)
        for name, name_type in entry.names.items():
            type_number = NAME_TYPES.index(name_type)
            if name_type == "variant" and _is_unlike(entry, name):
                type_number = len(NAME_TYPES)
            posting = type_number << TYPE_SHIFT | number
            bearers[names[name]].append((-score * POSTING_WEIGHTS[type_number], posting))
    entries = array("I", bytes(4 * len(names)))
    for name_number in range(len(names)):
        postings = [posting for _, posting in sorted(bearers[name_number])]
        if len(postings) == 1:
            entries[name_number] = postings[0]
        else:
            entries[name_number] = FLAG | len(entries)
            entries.extend(postings)
            entries[-1] |= FLAG
    return b"".join(entry.to_bytes(POSTING, "little") for entry in entries)


def _is_unlike(entry: Entry, name: str) -> bool:
    """Whether a variant in the letters of the settlement's own name is quite another name."""
    own = fold(entry.label)
    if entry.kind != "settlement" or not (name.isascii() and own.isascii()):
        return False
    if name[:3] == own[:3] or name in own or own in name:
        return False
    return SequenceMatcher(None, name, own).ratio() < 0.5


def _counts(places: list[Entry], names: int) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for entry in places:
        counts[entry.kind] += 1
    return {**dict(sorted(counts.items())), "places": len(places), "names": names}


def _replace(folder: Path, files: dict[str, bytes]) -> None:
    old = folder.with_name(folder.name + ".old")
    around = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        around = Path(tempfile.mkdtemp(prefix=folder.name, dir=folder.parent))
        new = around / folder.name
        new.mkdir()  # as readable as the umask allows, which the folder around it is not
        for name, content in files.items():
            (new / name).write_bytes(content)
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except OSError as error:
        raise OutputError(
            f"cannot write {folder} ({error}): choose a folder that can be"
        ) from error
    finally:
        if around is not None:
            shutil.rmtree(around, ignore_errors=True)
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        elif old.exists():
            old.rename(folder)
