"""Tables of GeoNames' rows -> records of places, and names sorted into shards; chunk by chunk."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
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
from geomap.gazetteer_build.tables import Chunk, Report, main_table, names_table
from geomap.names import fold, transliterate
from geomap.records import Kind

#: `geomap.gazetteer.geonames.PLACE` as numpy sees it.
PLACES = np.dtype(
    [
        ("latitude", "<i4"),
        ("longitude", "<i4"),
        ("population", "<u4"),
        ("geonames_id", "<u4"),
        ("text", "<u4"),
        ("prominence", "<f4"),
    ]
)
assert PLACES.itemsize == PLACE.size
#: A name on its way into a shard: whose it is, posting type | flags, language as `pack_language`.
SPILLED = np.dtype([("geonames_id", "<u4"), ("bits", "<u2"), ("language", "<u8")])

CANONICAL = POSTING_TYPES.index("canonical")
VARIANT = POSTING_TYPES.index("variant")
ABBREVIATION = POSTING_TYPES.index("abbreviation")
HISTORICAL = POSTING_TYPES.index("historical")
UNLIKE = len(POSTING_TYPES) - 1

_MOST_PEOPLE = 2**32 - 1
_CAPITALS = r"^(?:[A-Z]\.?){2,5}$"
_CYRILLIC = re.compile("[\u0400-\u04ff]")
#: "Languages" of alternate names that are codes, links or sounds.
_NO_LANGUAGES = ["faac", "iata", "icao", "link", "phon", "post", "tcid", "unlc", "wkdt"]
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


def read_places(plan: Plan, chunk: Chunk) -> Report:
    """Write what a chunk of the main table gives: parts of places and texts, and names."""
    report = Report(size=len(chunk.text))
    table = main_table(chunk, plan.countries, report)
    labels = _labels(plan, table, report)
    texts = _texts(table, labels)
    features = pc.binary_join_element_wise(table["feature_class"], table["feature_code"], "\t")
    features = features.dictionary_encode()
    codes = [feature.split("\t") for feature in features.dictionary.to_pylist()]
    kinds: list[Kind] = [kind_of(*feature) or "natural" for feature in codes]
    feature = features.indices.to_numpy()

    places = np.empty(len(table), PLACES)
    places["latitude"] = np.rint(table["latitude"].to_numpy() * 1e5)
    places["longitude"] = np.rint(table["longitude"].to_numpy() * 1e5)
    population = pc.fill_null(table["population"], 0).to_numpy()
    places["population"] = population = np.minimum(population, _MOST_PEOPLE)
    places["geonames_id"] = table["number"].to_numpy()
    sizes = pc.binary_length(texts).to_numpy()
    places["text"] = np.cumsum(sizes) - sizes
    scores = [dump_prominence(kind, code, 0) for kind, (_, code) in zip(kinds, codes, strict=True)]
    places["prominence"] = np.array(scores, float)[feature]
    for row in np.flatnonzero(population).tolist():
        kind, (_, code) = kinds[feature[row]], codes[feature[row]]
        places["prominence"][row] = dump_prominence(kind, code, int(population[row]))
    (plan.folder / f"places-{chunk.number:05}.part").write_bytes(places.tobytes())
    text = "".join(texts.to_pylist())
    (plan.folder / f"texts-{chunk.number:05}.part").write_bytes(text.encode())

    is_settlement = np.array([kind == "settlement" for kind in kinds], bool)[feature]
    _spill_names(plan, table, labels.to_pylist(), is_settlement)
    for kind, count in zip(kinds, np.bincount(feature, minlength=len(kinds)), strict=True):
        report.kinds[kind] += int(count)
    for country in table["country"].value_counts().to_pylist():
        report.countries[country["values"]] = country["counts"]
    return report


def _labels(plan: Plan, table: pa.RecordBatch, report: Report) -> pa.StringArray:
    """Return the names to be shown, and report the regions of the first two orders."""
    is_area = pc.is_in(table["feature_code"], pa.array(["ADM1", "ADM2"]))
    labels = []
    for row in table.filter(is_area).to_pylist():
        code, country, admin1 = row["feature_code"], row["country"], row["admin1"]
        place_id = place_id_of(code, country, admin1, row["admin2"], row["number"])
        if not place_id.startswith("geonames:"):
            report.areas.append((place_id, row["number"]))
        known = plan.regions.get(f"{country}.{admin1}") if code == "ADM1" else None
        labels.append(known or row["name"])
    return pc.replace_with_mask(table["name"], is_area, pa.array(labels, pa.string()))


def _texts(table: pa.RecordBatch, labels: pa.StringArray) -> pa.StringArray:
    areas = [table[name] for name in ("country", "admin1", "admin2")]
    end = pc.binary_join_element_wise(table["feature_code"], "", "\n")
    return pc.binary_join_element_wise(labels, *areas, table["feature_class"], end, "\t")


def _spill_names(
    plan: Plan, table: pa.RecordBatch, labels: list[str], is_settlement: npt.NDArray[np.bool_]
) -> None:
    """Spill the names of rows with the bits of their postings."""
    own = fold_all(labels)
    rows, others = _other_names(plan, table, labels, own)
    folded = fold_all(others)
    if plan.alternates:
        for row, name, small in _alternates(table):
            rows.append(row)
            others.append(name)
            folded.append(small)
    owners = np.array(rows, np.intp)
    bits = np.full(len(others), VARIANT, np.uint16)
    for other in np.flatnonzero(is_settlement[owners]).tolist():
        if _is_unlike(folded[other], own[rows[other]]):
            bits[other] = UNLIKE
    bits[_in_capitals(others)] = ABBREVIATION
    numbers = table["number"].to_numpy()
    spilled = np.zeros(len(own) + len(others), SPILLED)
    spilled["geonames_id"] = np.concatenate([numbers, numbers[owners]])
    spilled["bits"][: len(own)], spilled["bits"][len(own) :] = CANONICAL, bits
    _spill(plan, own + folded, spilled)


def _other_names(
    plan: Plan, table: pa.RecordBatch, labels: list[str], own: list[str]
) -> tuple[list[int], list[str]]:
    """Return the names of rows beside those shown and the alternates, and whose they are."""
    found: list[tuple[int, str]] = []
    for column in ("name", "ascii_name"):
        names = zip(table[column].to_pylist(), labels, strict=True)
        found += [(row, name) for row, (name, label) in enumerate(names) if name != label]
    if plan.area_names:
        for row, number in enumerate(table["number"].to_pylist()):
            if number in plan.area_names:
                found.append((row, plan.area_names[number]))
    for row, name in enumerate(own):
        first, _, rest = name.partition(" ")
        if rest and first in SHORT_AND_LONG:
            found.append((row, f"{SHORT_AND_LONG[first]} {rest}"))
    return [row for row, _ in found], [name for _, name in found]


def _alternates(table: pa.RecordBatch) -> Iterator[tuple[int, str, str]]:
    """Yield row, name and folded name of the alternates that a text may have; see `is_name`."""
    lists = pc.split_pattern(table["alternates"], ",")
    rows, names = pc.list_parent_indices(lists).to_pylist(), pc.list_flatten(lists).to_pylist()
    found = [(row, name) for row, name in zip(rows, names, strict=True) if name and is_name(name)]
    countries = table["country"].to_pylist()
    machine_made = {
        (row, fold(transliterate(name)))
        for row, name in found
        if _CYRILLIC.search(name) and countries[row] not in WRITES_CYRILLIC
    }
    folded = fold_all([name for _, name in found])
    for (row, name), small in zip(found, folded, strict=True):
        if (row, small) not in machine_made:
            yield row, name, small


def fold_all(names: Sequence[str]) -> list[str]:
    """Fold many names at once, as `geomap.names.fold` does each; none has a line's end in it."""
    plain = "".join([name + "\n" if name.isascii() else "\n" for name in names])
    text = plain.encode().translate(_FOLDED, _DROPPED)
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    text = text.replace(b" \n", b"\n").replace(b"\n ", b"\n").strip(b" ")
    folded = text.decode().split("\n")[:-1]
    return [
        done if name.isascii() else fold(name) for name, done in zip(names, folded, strict=True)
    ]


#: What `fold` makes of the characters of ASCII between others, for `bytes.translate`.
_DROPPED = bytes(code for code in range(128) if fold(f"a{chr(code)}b") == "ab")
_FOLDED = bytes(
    code if code > 127 or chr(code) == "\n" else ord(fold(f"a{chr(code)}b")[1])
    for code in range(256)
)


def _in_capitals(names: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which names are written like abbreviations."""
    return _flags(pc.match_substring_regex(pa.array(names, pa.string()), _CAPITALS))


def _flags(column: pa.BooleanArray) -> npt.NDArray[np.bool_]:
    flags: npt.NDArray[np.bool_] = column.to_numpy(zero_copy_only=False)
    return flags


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
    table = names_table(chunk, report)
    known = np.load(plan.folder / "ids.npy", mmap_mode="r")
    wanted = table["geonames_id"].to_numpy()
    is_wanted = known[np.minimum(np.searchsorted(known, wanted), len(known) - 1)] == wanted
    is_wanted &= ~_flags(pc.is_in(table["language"], pa.array(_NO_LANGUAGES)))
    table = table.filter(pa.array(is_wanted))
    table = table.filter(pa.array(map(is_name, table["name"].to_pylist()), pa.bool_()))

    names, language = table["name"].to_pylist(), table["language"]
    is_abbreviation = pc.equal(language, "abbr")
    bits = np.full(len(names), VARIANT, np.uint16)
    bits[_flags(is_abbreviation) | _in_capitals(names)] = ABBREVIATION
    former = pc.or_(pc.equal(table["historic"], "1"), pc.equal(language, "fr_1793"))
    bits[_flags(former)] = HISTORICAL
    for flag, bit in (("preferred", PREFERRED), ("short", SHORT), ("colloquial", COLLOQUIAL)):
        bits |= _flags(pc.equal(table[flag], "1")) * np.uint16(bit)
    languages = pc.if_else(is_abbreviation, "", language).dictionary_encode()
    codes = languages.dictionary.to_pylist()
    report.languages.update(codes)
    spilled = np.empty(len(names), SPILLED)
    spilled["geonames_id"], spilled["bits"] = table["geonames_id"].to_numpy(), bits
    packed = np.array([pack_language(code) for code in codes], np.uint64)
    spilled["language"] = packed[languages.indices.to_numpy()]
    _spill(plan, fold_all(names), spilled)
    return report


def pack_language(code: str) -> int:
    """Return a language's code as a number: it has at most seven characters."""
    return int.from_bytes(code.encode()[:8], "big")


class _Heads(dict[str, int]):
    """The shard of each beginning of a name, worked out once; names of one letter have none."""

    def __init__(self, shards: int) -> None:
        self._shards = shards

    def __missing__(self, head: str) -> int:
        self[head] = shard = shard_of(head, self._shards) if len(head) == HEAD else self._shards
        return shard


def _spill(plan: Plan, names: list[str], spilled: npt.NDArray[np.void]) -> None:
    """Append names, and what is known of them, to the files of their shards in one go."""
    heads = _Heads(plan.shards)
    shards = np.array([heads[name[:HEAD]] for name in names], np.uint16)
    order = np.argsort(shards, kind="stable")
    spilled = spilled[order]
    names = [names[i] for i in order.tolist()]
    ends = np.searchsorted(shards[order], np.arange(plan.shards + 1)).tolist()
    for shard, (start, end) in enumerate(pairwise(ends)):
        if start < end:
            stem = plan.folder / f"shard-{shard:02}-{os.getpid()}"
            with stem.with_suffix(".names").open("ab") as file:
                file.write(("\n".join(names[start:end]) + "\n").encode())
            with stem.with_suffix(".bin").open("ab") as file:
                file.write(spilled[start:end].tobytes())
