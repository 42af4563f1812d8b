"""Rows of GeoNames' dumps -> records of places, and names sorted into shards; chunk by chunk.

The format is GeoNames' ``readme.txt``. A damaged row is left out and named.
"""

from __future__ import annotations

import math
import os
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rapidfuzz.fuzz import ratio

from geomap.gazetteer.base import POSTING_TYPES, prominence
from geomap.gazetteer.geonames import (
    COLLOQUIAL,
    PLACE,
    PREFERRED,
    SHORT,
    kind_of,
    place_id_of,
    shard_of,
)
from geomap.gazetteer.similar import HEAD
from geomap.gazetteer_build.naming import SHORT_AND_LONG, WRITES_CYRILLIC, is_name
from geomap.names import fold, transliterate
from geomap.records import Kind

#: A name on its way into a shard: whose it is, posting type | flags, language as `pack_language`.
SPILLED = np.dtype([("geonames_id", "<u4"), ("bits", "<u2"), ("language", "<u8")])

CANONICAL = POSTING_TYPES.index("canonical")
VARIANT = POSTING_TYPES.index("variant")
ABBREVIATION = POSTING_TYPES.index("abbreviation")
HISTORICAL = POSTING_TYPES.index("historical")
UNLIKE = len(POSTING_TYPES) - 1

_MOST_PEOPLE = 2**32 - 1
_COLUMNS = 19
_ALTERNATE_COLUMNS = (8, 10)
_CAPITALS = re.compile(r"(?:[A-Z]\.?){2,5}")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
#: "Languages" of alternate names that are codes, links or sounds.
_NO_LANGUAGES = frozenset(["faac", "iata", "icao", "link", "phon", "post", "tcid", "unlc", "wkdt"])
#: How likely a place is meant of which nothing is known but what it is; see `prominence`. Much
#: lower than in the embedded gazetteer, whose places are there because news names them.
_UNPEOPLED = {
    "PCL": 0.6, "PCLI": 0.75, "CONT": 0.7, "OCN": 0.7, "SEA": 0.6, "GULF": 0.35, "STRT": 0.35,
    "ADM1": 0.45, "ADM2": 0.3, "ADM3": 0.2, "RGN": 0.3, "MTS": 0.25, "DSRT": 0.25, "ISLS": 0.3,
    "ISL": 0.2, "LK": 0.17, "STM": 0.17, "MT": 0.15, "BAY": 0.17, "AIRP": 0.2,
    "PPLC": 0.6, "PPLA": 0.4, "PPLA2": 0.3, "PPLA3": 0.24, "PPLA4": 0.22, "PPL": 0.18,
}  # fmt: skip
_UNPEOPLED_KIND: dict[Kind, float] = {
    "country": 0.6, "region": 0.15, "settlement": 0.15, "natural": 0.1, "facility": 0.08,
}  # fmt: skip


@dataclass(slots=True)
class Report:
    """What became of a chunk, or of several."""

    size: int = 0
    rows: int = 0
    bad: int = 0
    complaints: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)
    areas: list[tuple[str, int]] = field(default_factory=list)
    languages: set[str] = field(default_factory=set)

    def add(self, other: Report) -> None:
        """Take in what is reported of another chunk."""
        self.size += other.size
        self.rows += other.rows
        self.bad += other.bad
        self.complaints += other.complaints[: 10 - len(self.complaints)]
        self.kinds += other.kinds
        self.countries += other.countries
        self.areas += other.areas
        self.languages |= other.languages

    def complain(self, where: str, line: int, what: object) -> None:
        """Count a damaged row, and name the first of them."""
        self.bad += 1
        if len(self.complaints) < 10:
            self.complaints.append(f"{where}, line {line}: {what}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the reading of every chunk needs to know.

    Parameters
    ----------
    folder
        Where parts and shards are written.
    shards
        How many there are.
    countries
        Only their rows; empty for all.
    regions
        The names shown of first-order regions, by code.
    area_names
        Further names of regions, by GeoNames id.
    alternates
        Whether the names in the column ``alternatenames`` are taken: where the table of
        alternate names is missing.
    """

    folder: Path
    shards: int
    countries: frozenset[str] = frozenset()
    regions: dict[str, str] = field(default_factory=dict)
    area_names: dict[int, str] = field(default_factory=dict)
    alternates: bool = True


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a file: its text, the number of its first line, and its own number."""

    text: bytes
    where: str
    first_line: int
    number: int


def read_places(plan: Plan, chunk: Chunk) -> Report:
    """Write what a chunk of the main table gives: parts of places and texts, and names."""
    report = Report(size=len(chunk.text))
    names = _Names(plan)
    records, texts, size = bytearray(), [], 0
    kinds: list[str] = []
    countries: list[str] = []
    for line, fields in _rows(chunk, report):
        try:
            if len(fields) != _COLUMNS:
                raise ValueError(f"{len(fields)} columns, not {_COLUMNS}")
            name, feature_class, code, country = fields[1], fields[6], fields[7], fields[8]
            admin1, admin2 = fields[10], fields[11]
            if plan.countries and country not in plan.countries:
                report.rows -= 1
                continue
            number, population = int(fields[0]), min(int(fields[14] or 0), _MOST_PEOPLE)
            latitude, longitude = float(fields[4]), float(fields[5])
            if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
                raise ValueError(f"coordinates {fields[4]}, {fields[5]} are out of range")
            if not 0 < number < 2**32 or population < 0 or not name:
                raise ValueError("no name, or an id or population that cannot be")
            kind = kind_of(feature_class, code)
            if kind is None and feature_class:
                raise ValueError(f"feature class {feature_class!r} is none of GeoNames'")
        except ValueError as error:
            report.complain(chunk.where, line, error)
            continue
        kind = kind or "natural"
        kinds.append(kind)
        countries.append(country)
        label = name
        if code in ("ADM1", "ADM2"):
            if code == "ADM1":
                label = plan.regions.get(f"{country}.{admin1}", name)
            place_id = place_id_of(code, country, admin1, admin2, number)
            if not place_id.startswith("geonames:"):
                report.areas.append((place_id, number))
        text = f"{label}\t{country}\t{admin1}\t{admin2}\t{feature_class}\t{code}\n"
        records += PLACE.pack(
            round(latitude * 1e5),
            round(longitude * 1e5),
            population,
            number,
            size,
            dump_prominence(kind, code, population),
        )
        texts.append(text)
        size += len(text) if text.isascii() else len(text.encode())
        names.add(number, _names_of_place(plan, number, label, fields, kind))
    names.spill()
    report.kinds, report.countries = Counter(kinds), Counter(countries)
    (plan.folder / f"places-{chunk.number:05}.part").write_bytes(records)
    (plan.folder / f"texts-{chunk.number:05}.part").write_bytes("".join(texts).encode())
    return report


def _names_of_place(
    plan: Plan, number: int, label: str, fields: list[str], kind: Kind
) -> dict[str, int]:
    """Return the folded names of a row with the bits of their postings."""
    name, ascii_name, alternates, country = fields[1], fields[2], fields[3], fields[8]
    own = _fold(label)
    found = {own: CANONICAL} if len(own) > 1 else {}
    others = [name, ascii_name] if name != ascii_name or name != label else []
    if number in plan.area_names:
        others.append(plan.area_names[number])
    if plan.alternates and alternates:
        others += _alternates(alternates, country)
    first, _, rest = own.partition(" ")
    if rest and first in SHORT_AND_LONG:
        others.append(f"{SHORT_AND_LONG[first]} {rest}")
    for other in others:
        folded = _fold(other)
        if len(folded) > 1 and folded not in found:
            if _CAPITALS.fullmatch(other):
                found[folded] = ABBREVIATION
            elif kind == "settlement" and _is_unlike(folded, own):
                found[folded] = UNLIKE
            else:
                found[folded] = VARIANT
    return found


def _fold(name: str) -> str:
    """Fold a name; most of them are plain words, which need no more than small letters."""
    return name.lower() if name.isascii() and name.isalpha() else fold(name)


def _alternates(column: str, country: str) -> list[str]:
    """Return the names of the column that a text may have; see `is_name`."""
    alternates = [name for name in column.split(",") if is_name(name)]
    if country not in WRITES_CYRILLIC and _CYRILLIC.search(column):
        machine_made = {fold(transliterate(name)) for name in alternates if _CYRILLIC.search(name)}
        alternates = [name for name in alternates if fold(name) not in machine_made]
    return alternates


def _is_unlike(name: str, own: str) -> bool:
    """Whether a variant in the letters of the own name is quite another: likely a former one."""
    return (
        name.isascii()
        and own.isascii()
        and name[:3] != own[:3]
        and name not in own
        and own not in name
        and ratio(name, own) < 50
    )


def dump_prominence(kind: Kind, feature_code: str, population: int) -> float:
    """Return how likely a place of the dumps is meant where only its name is known, 0 to 1."""
    if population and kind in ("country", "settlement"):
        return prominence(kind, feature_code, population, 0.0)
    if population and feature_code in ("ADM1", "ADM2"):
        return prominence(kind, feature_code, population, 0.0)
    if population and kind == "region":
        return 0.6 * math.log10(population + 1) / 8
    return _UNPEOPLED.get(feature_code) or _UNPEOPLED_KIND[kind]


def read_names(plan: Plan, chunk: Chunk) -> Report:
    """Write the names that a chunk of ``alternateNamesV2.txt`` gives to places that are there."""
    report = Report(size=len(chunk.text))
    names = _Names(plan)
    known = np.load(plan.folder / "ids.npy", mmap_mode="r")
    rows, numbers = [], array("q")
    for line, fields in _rows(chunk, report):
        if not _ALTERNATE_COLUMNS[0] <= len(fields) <= _ALTERNATE_COLUMNS[1]:
            report.complain(chunk.where, line, f"{len(fields)} columns, not 10")
        elif not (fields[1].isascii() and fields[1].isdigit() and len(fields[1]) <= 10):
            report.complain(chunk.where, line, f"geonameid {fields[1][:20]!r} is no number")
        elif fields[2] not in _NO_LANGUAGES:
            rows.append(fields)
            numbers.append(int(fields[1]))
    wanted = np.frombuffer(numbers, np.int64)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    for row in np.flatnonzero(known[at] == wanted).tolist():
        _, number, language, name, preferred, short, colloquial, historic = rows[row][:8]
        folded = fold(name)
        if len(folded) < 2 or not is_name(name):
            continue
        if historic == "1" or language == "fr_1793":
            bits = HISTORICAL
        elif language == "abbr" or _CAPITALS.fullmatch(name):
            bits = ABBREVIATION
        else:
            bits = VARIANT
        bits |= (preferred == "1") * PREFERRED | (short == "1") * SHORT
        bits |= (colloquial == "1") * COLLOQUIAL
        language = "" if language == "abbr" else language
        report.languages.add(language)
        names.add(int(number), {folded: bits}, pack_language(language))
    names.spill()
    return report


def pack_language(code: str) -> int:
    """Return a language's code as a number: it has at most seven characters."""
    return int.from_bytes(code.encode()[:8], "big")


def _rows(chunk: Chunk, report: Report) -> Iterator[tuple[int, list[str]]]:
    """Yield the fields of each line and its number; a line that is not UTF-8 is damaged."""
    wrong: set[int] = set()
    try:
        lines = chunk.text.decode().split("\n")
    except UnicodeDecodeError:
        lines = chunk.text.decode(errors="surrogateescape").split("\n")
        wrong = {number for number, line in enumerate(lines) if not _is_utf8(line)}
    for number, line in enumerate(lines):
        if line:
            report.rows += 1
            if number in wrong:
                report.complain(chunk.where, chunk.first_line + number, "not UTF-8")
            else:
                yield chunk.first_line + number, line.rstrip("\r").split("\t")


def _is_utf8(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:  # a byte that could not be read
        return False
    return True


class _Heads(dict[str, int]):
    """The shard of each beginning of a name, worked out once."""

    def __init__(self, shards: int) -> None:
        self._shards = shards

    def __missing__(self, head: str) -> int:
        self[head] = shard = shard_of(head, self._shards)
        return shard


class _Names:
    """The names of a chunk, which go to the files of their shards in one go."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._heads = _Heads(plan.shards)
        self._names: list[str] = []
        self._shards: list[int] = []
        self._numbers: list[int] = []
        self._bits: list[int] = []
        self._languages: list[int] = []

    def add(self, number: int, names: dict[str, int], language: int = 0) -> None:
        heads, several = self._heads, len(names)
        self._names += names
        self._shards.extend([heads[name[:HEAD]] for name in names])
        self._numbers.extend([number] * several)
        self._bits.extend(names.values())
        self._languages.extend([language] * several)

    def spill(self) -> None:
        spilled: npt.NDArray[np.void] = np.empty(len(self._names), SPILLED)
        spilled["geonames_id"], spilled["bits"] = self._numbers, self._bits
        spilled["language"] = self._languages
        shards = np.array(self._shards, np.uint16)
        order = np.argsort(shards, kind="stable")
        spilled = spilled[order]
        names = [self._names[i] for i in order.tolist()]
        ends = np.searchsorted(shards[order], np.arange(self._plan.shards + 1)).tolist()
        for shard, (start, end) in enumerate(pairwise(ends)):
            if start < end:
                stem = self._plan.folder / f"shard-{shard:02}-{os.getpid()}"
                text = "".join(name + "\n" for name in names[start:end])
                with stem.with_suffix(".names").open("ab") as file:
                    file.write(text.encode())
                with stem.with_suffix(".bin").open("ab") as file:
                    file.write(spilled[start:end].tobytes())
