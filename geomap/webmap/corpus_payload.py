"""The aggregates of a corpus as its page reads them, within a budget, and what that leaves out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from geomap.webmap.payload import columns

Numbers = npt.NDArray[np.int64]

#: So many places are drawn each for itself, the most mentioned; the others are counted in their
#: regions and countries.
PLACES = 20_000
#: So many sources are told apart, those of most articles; fewer where that makes too many cells.
SOURCES = (30, 15, 7, 3)
#: More days than this are told apart by month, more months by year.
DAYS, MONTHS = 100, 360
#: A cell counts the mentions of a place in a period, of a source and role; so many at most.
CELLS = 5_000_000
#: Characters of all sentences with what is said of them, of one sentence.
SENTENCES, SENTENCE = 7_000_000, 300
#: Places named together with a place that are shown, and names that were left unplaced.
TOGETHER, UNPLACED = 6, 300


class Axes(NamedTuple):
    """How cells are told apart.

    Parameters
    ----------
    unit
        ``day``, ``month`` or ``year``.
    periods
        The first day of each period, in order and without gaps.
    sources
        The sources that have a number of their own. The next number stands for all others, the one
        after that for none being known.
    """

    unit: str
    periods: list[date]
    sources: list[str]

    @property
    def size(self) -> int:
        """The number of different cells; what has no date lies in a period after the last."""
        return (len(self.periods) + 1) * (len(self.sources) + 2) * 2

    def number(self, table: pa.Table) -> Numbers:
        """Return the number of the cell that each row lies in."""
        days = table["period"].combine_chunks()
        starts = np.array(self.periods, "datetime64[D]")
        values = days.fill_null(date(1, 1, 1)).to_numpy(zero_copy_only=False)
        period = np.searchsorted(starts, values.astype("datetime64[D]"), "right") - 1
        period[pc.is_null(days).to_numpy(zero_copy_only=False)] = len(starts)
        known = pc.index_in(table["source"], value_set=pa.array(self.sources, pa.string()))
        source = known.fill_null(len(self.sources)).to_numpy().astype(np.int64)
        missing = pc.is_null(table["source"]).to_numpy()
        source[missing] = len(self.sources) + 1
        role = np.zeros(len(table), np.int64)
        if "role" in table.column_names:
            role = pc.equal(table["role"], "associative").to_numpy().astype(np.int64)
        number: Numbers = (period * (len(self.sources) + 2) + source) * 2 + role
        return number


def payload(folder: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what the page reads of a folder of aggregates; ready for JSON.

    Parameters
    ----------
    folder
        The folder.
    facts
        Its manifest.
    """
    places = _places(folder)
    shown = places[:PLACES]
    rest, of_rest = _rest(places[PLACES:])
    slots = pd.Series(
        np.r_[np.arange(len(shown)), len(shown) + of_rest], index=places["place_id"], dtype="int64"
    )
    timeline = pq.read_table(folder / "timeline.parquet")
    axes, cells = _cells(folder, timeline, slots, facts["freq"])
    number, count = cells
    evidence, sentences = _evidence(folder, shown)
    regions = pq.read_table(
        folder / "regions.parquet",
        columns=["region_id", "name", "country_code", "country_name", "n_articles"],
    )
    return {
        "facts": {
            **{name: value for name, value in facts.items() if isinstance(value, int)},
            "left_out": {
                **facts["left_out"],
                "places": len(places) - len(shown),
                "sources": max(0, facts["n_sources"] - len(axes.sources)),
                "sentences": facts["n_placed"] - sentences,
                "unplaced_names": max(0, _rows(folder / "unplaced.parquet") - UNPLACED)
                + facts["left_out"]["unplaced_names"],
            },
        },
        "unit": axes.unit,
        "periods": [day.isoformat() for day in axes.periods],
        "sources": axes.sources,
        "places": columns(_place_rows(shown)),
        "rest": rest,
        "cells": {"numbers": numbers(_steps(number)), "counts": numbers(count)},
        "timeline": _timeline(timeline, axes),
        "regions": [
            [r["region_id"], r["name"], r["country_code"], r["country_name"], r["n_articles"]]
            for r in regions.to_pylist()
        ],
        "evidence": evidence,
        "pairs": _pairs(folder, shown),
        "unplaced": [
            [r["text"][:200], r["n_mentions"], r["n_articles"], (r["reason"] or "")[:200]]
            for r in pq.read_table(folder / "unplaced.parquet").slice(0, UNPLACED).to_pylist()
        ],
    }


def numbers(values: npt.NDArray[Any]) -> str:
    """Return whole numbers from 0 up as text: five bits a character, the lowest first.

    All but the last character of a number are higher by 32; no character is a quote, a backslash
    or markup.
    """
    values = values.astype(np.int64)
    groups = np.arange(max(1, -(-int(values.max(initial=0)).bit_length() // 5))) * 5
    rest = values[:, None] >> groups
    used = (rest > 0) | (groups == 0)
    more = (rest >> 5) > 0
    alphabet = np.frombuffer(_ALPHABET, np.uint8)
    text = alphabet[((rest & 31) | np.where(more, 32, 0))[used]].tobytes()
    return str(text, "ascii")


_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)


def _groups(path: Path, names: list[str]) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=names)


def _places(folder: Path) -> pd.DataFrame:
    """Return the places, the most mentioned first."""
    table = pq.read_table(folder / "places.parquet")
    frame = table.drop_columns(["geometry"]).to_pandas(ignore_metadata=True)
    points = shapely.from_wkb(table["geometry"].to_numpy())
    frame["latitude"], frame["longitude"] = shapely.get_y(points), shapely.get_x(points)
    frame = frame.sort_values(["n_mentions", "place_id"], ascending=[False, True])
    return frame.reset_index(drop=True)


def _rest(places: pd.DataFrame) -> tuple[list[list[Any]], Numbers]:
    """Gather places by region or country; return these, and which of them each place is in."""
    areas = places["region_id"].fillna(places["country_code"]).fillna("")
    at, distinct = pd.factorize(areas, sort=True)
    number = np.bincount(at, minlength=len(distinct)) if len(at) else np.zeros(0, np.int64)
    return [[str(area), int(n)] for area, n in zip(distinct, number, strict=True)], at


def _place_rows(places: pd.DataFrame) -> list[dict[str, Any]]:
    def text(value: Any) -> str | None:
        return value if isinstance(value, str) and value else None

    return [
        {
            "id": row["place_id"],
            "name": row["name"],
            "kind": row["kind"],
            "feature_code": text(row["feature_code"]),
            "country": text(row["country_code"]),
            "country_name": text(row["country_name"]),
            "admin1_name": text(row["admin1_name"]),
            "region": text(row["region_id"]),
            "articles": int(row["n_articles"]),
            "sure": round(float(row["confidence"]), 2),
            "mean": round(float(row["confidence_mean"]), 2),
            "at": [round(float(row["latitude"]), 4), round(float(row["longitude"]), 4)],
        }
        for row in places.to_dict("records")
    ]


def _cells(
    folder: Path, timeline: pa.Table, slots: pd.Series, freq: str
) -> tuple[Axes, tuple[Numbers, Numbers]]:
    """Count mentions by place (or area), period, source and role, as finely as there is room."""
    ranked = timeline.group_by("source", use_threads=False).aggregate([("n_articles", "sum")])
    ranked = ranked.sort_by([("n_articles_sum", "descending"), ("source", "ascending")])
    named = ranked["source"].drop_null().to_pylist()
    days = pc.unique(timeline["period"].drop_null()).to_pylist()
    units = ["day", "month", "year"]
    unit = units.index(freq)
    for limit, finer in ((DAYS, 0), (MONTHS, 1)):
        if unit == finer and len(set(_floor(days, units[unit]))) > limit:
            unit += 1
    axes = Axes(units[unit], _between(days, units[unit]), named[: SOURCES[0]])
    found = _count(folder, slots, axes)
    # Sources become coarser first, then dates.
    for step, most in [*((unit, most) for most in SOURCES[1:]), (2, SOURCES[-1])]:
        if len(found[0]) <= CELLS:
            break
        coarse = Axes(units[step], _between(days, units[step]), named[:most])
        found = _coarser(found, axes, coarse)
        axes = coarse
    return axes, found


def _coarser(cells: tuple[Numbers, Numbers], fine: Axes, coarse: Axes) -> tuple[Numbers, Numbers]:
    """Return cells that are told apart by one pair of axes as another tells them apart."""
    slot, rest = np.divmod(cells[0], fine.size)
    rest, role = np.divmod(rest, 2)
    period, source = np.divmod(rest, len(fine.sources) + 2)
    starts = np.array(fine.periods, "datetime64[D]")
    among = np.searchsorted(np.array(coarse.periods, "datetime64[D]"), starts, "right") - 1
    period = np.append(among, len(coarse.periods))[period]
    unknown = source > len(fine.sources)
    source = np.where(unknown, len(coarse.sources) + 1, np.minimum(source, len(coarse.sources)))
    number = (period * (len(coarse.sources) + 2) + source) * 2 + role
    return _added(slot * coarse.size + number, cells[1])


def _floor(days: list[date], unit: str) -> list[date]:
    first = {"day": {}, "month": {"day": 1}, "year": {"day": 1, "month": 1}}[unit]
    return [day.replace(**first) for day in days]


def _between(days: list[date], unit: str) -> list[date]:
    """Return the first days of all periods from the first to the last."""
    if not days:
        return []
    letter = {"day": "D", "month": "M", "year": "Y"}[unit]
    ends = np.array([min(days), max(days)], f"datetime64[{letter}]")
    every = np.arange(ends[0], ends[1] + 1).astype("datetime64[D]")
    return [date.fromisoformat(str(day)) for day in every]


def _count(folder: Path, slots: pd.Series, axes: Axes) -> tuple[Numbers, Numbers]:
    """Return the numbers of the cells that are not empty, in order, and their counts."""
    names = ["place_id", "period", "source", "role", "n_mentions"]
    found, sums = np.zeros(0, np.int64), np.zeros(0, np.int64)
    ids = pa.array(slots.index, pa.string())
    for table in _groups(folder / "places_over_time.parquet", names):
        at = pc.index_in(table["place_id"], value_set=ids).to_numpy()
        slot = slots.to_numpy()[at]
        number, count = _added(
            slot * axes.size + axes.number(table), table["n_mentions"].to_numpy()
        )
        found, sums = _added(np.r_[found, number], np.r_[sums, count])
    return found, sums


def _added(numbers: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    """Return each number once, in order, with its counts added up."""
    order = np.argsort(numbers, kind="stable")
    numbers, counts = numbers[order], counts[order]
    first = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]][: len(numbers)])
    return numbers[first], np.add.reduceat(counts, first) if len(first) else counts


def _steps(number: Numbers) -> Numbers:
    """Return sorted numbers by how much each is larger than the one before."""
    return np.diff(number, prepend=0)


def _timeline(timeline: pa.Table, axes: Axes) -> dict[str, str]:
    """Return the number of articles by period and source; their cells are those of role 0."""
    number, count = _added(axes.number(timeline), timeline["n_articles"].to_numpy())
    return {"numbers": numbers(_steps(number)), "counts": numbers(count)}


def _evidence(folder: Path, places: pd.DataFrame) -> tuple[dict[str, Any], int]:
    """Return sentences: at first one a place, of those that are mentioned much the more."""
    path = folder / "evidence.parquet"
    ids = pa.array(places["place_id"], pa.string())
    weight = np.log2(2.0 + places["n_mentions"].to_numpy())
    texts = ["article_id", "title", "source", "url", "text"]
    cost, score, slot = [], [], []
    for table in _groups(path, ["place_id", "rank", "sentence", *texts]):
        at = pc.index_in(table["place_id"], value_set=ids)
        mine = at.fill_null(-1).to_numpy()
        length = np.minimum(pc.utf8_length(table["sentence"]).to_numpy(), SENTENCE) * 1.1 + 40
        for name in texts:
            length += pc.utf8_length(table[name]).fill_null(0).to_numpy()
        cost.append(np.where(mine < 0, 0.0, length))
        turn = (table["rank"].to_numpy() + 1) / weight[np.maximum(mine, 0)]
        score.append(np.where(mine < 0, np.inf, turn))
        slot.append(mine)
    slots, scores = np.concatenate(slot), np.concatenate(score)
    order = np.lexsort((slots, scores))
    fits = np.cumsum(np.concatenate(cost)[order]) <= SENTENCES
    kept = np.zeros(len(slots), bool)
    kept[order] = fits & np.isfinite(scores[order])
    rows: list[dict[str, Any]] = []
    articles: dict[str, int] = {}
    told: list[dict[str, Any]] = []
    start = 0
    of_mention = ["published", "role", "confidence", "start", "end", "sentence", "sentence_start"]
    for table in _groups(path, [*texts, *of_mention]):
        mine = slice(start, start + len(table))
        start = mine.stop
        chosen = table.filter(pa.array(kept[mine])).to_pylist()
        for place, row in zip(slots[mine][kept[mine]].tolist(), chosen, strict=True):
            if row["article_id"] not in articles:
                articles[row["article_id"]] = len(told)
                told.append(_article(row))
            rows.append({"place": place, "article": articles[row["article_id"]], **_sentence(row)})
    rows.sort(key=lambda row: row["place"])
    sizes = np.bincount([row.pop("place") for row in rows], minlength=len(places))
    about = {"sizes": numbers(sizes), "rows": columns(rows), "articles": columns(told)}
    return about, len(rows)


def _article(row: dict[str, Any]) -> dict[str, Any]:
    day = row["published"]
    return {
        "id": row["article_id"],
        "title": (row["title"] or "")[:300] or None,
        "source": row["source"],
        "url": row["url"] if len(row["url"] or "") <= 500 else None,
        "published": day.isoformat() if day else None,
    }


def _sentence(row: dict[str, Any]) -> dict[str, Any]:
    """Return a sentence, cut around the name if it is long."""
    text: str = row["sentence"] or row["text"]
    begin = row["start"] - (row["sentence_start"] or 0)
    end = begin + row["end"] - row["start"]
    if not 0 <= begin < end <= len(text):
        text, begin, end = row["text"], 0, len(row["text"])
    if len(text) > SENTENCE:
        room = max(0, SENTENCE - (end - begin)) // 2
        first = max(0, min(begin - room, len(text) - SENTENCE))
        last = min(len(text), max(end, first + SENTENCE))
        text = f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"
        begin, end = begin - first + bool(first), end - first + bool(first)
    confidence = row["confidence"] or 0.0
    return {
        "text": text[: max(end, SENTENCE + 2)],
        "begin": begin,
        "length": end - begin,
        "start": row["start"],
        "associative": int(row["role"] == "associative"),
        "confidence": round(confidence, 2)
        if confidence is not None and math.isfinite(confidence)
        else 0,
    }


def _pairs(folder: Path, places: pd.DataFrame) -> dict[str, str]:
    """Return of each place the places that most articles name together with it."""
    ids = pa.array(places["place_id"], pa.string())
    best = np.zeros((3, 0), np.int64)
    for table in _groups(folder / "pairs.parquet", ["place_a", "place_b", "n_articles"]):
        one, other = (
            pc.index_in(table[name], value_set=ids).fill_null(-1).to_numpy().astype(np.int64)
            for name in ("place_a", "place_b")
        )
        both = (one >= 0) & (other >= 0)
        pairs, count = _added(
            one[both] * len(ids) + other[both], table["n_articles"].to_numpy()[both]
        )
        a, b = np.divmod(pairs, max(1, len(ids)))
        best = _most(
            np.concatenate([best, [np.r_[a, b], np.r_[b, a], np.r_[count, count]]], axis=1)
        )
    sizes = np.bincount(best[0], minlength=len(ids))
    return {"sizes": numbers(sizes), "places": numbers(best[1]), "counts": numbers(best[2])}


def _most(pairs: Numbers) -> Numbers:
    """Leave of each place those that it is most often named together with."""
    # One number to sort by, which is quicker than three: both places have less than 2^20.
    few = np.minimum(pairs[2], 2**23 - 1)
    order = np.argsort((pairs[0] << 43) | ((2**23 - 1 - few) << 20) | pairs[1])
    pairs = pairs[:, order]
    first = np.searchsorted(pairs[0], pairs[0])
    return pairs[:, np.arange(pairs.shape[1]) - first < TOGETHER]
