"""Counting some parts of a corpus: pure functions of what is on disk, for any number of workers.

Each writes its counts into files that are cut by place, so that the counts of the whole corpus
can be added up a cut at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geomap.corpus import evidence
from geomap.corpus.dataset import Dataset, Filter
from geomap.corpus.tallies import TALLIES, WHOLE, codes, gather, hashes, is_among, read_bucket
from geomap.corpus.tallies import write_buckets as _write

Freq = Literal["day", "month"]

#: An article's pairs are those of so many of its places, the most mentioned.
PAIRED = 20

_ARTICLE = ["article_id", "published", "source"]
_MENTION = [
    *("article_id", "published", "source", "text", "role", "sentence", "place_id", "name", "kind"),
    *("feature_code", "country_code", "admin1_code", "admin1_name", "region_id", "confidence"),
    *("reasons", "geometry"),
]
_SHOWN = [
    *("article_id", "published", "source", "role", "text", "start", "end", "sentence"),
    *("sentence_start", "precision", "confidence", "place_id"),
]
#: The sentences that are kept, with all that is shown of them.
EVIDENCE = pa.schema(
    [
        ("place_id", pa.string()),
        ("rank", pa.int64()),
        ("article_id", pa.string()),
        ("title", pa.string()),
        ("source", pa.string()),
        ("url", pa.string()),
        ("published", pa.date32()),
        ("role", pa.string()),
        ("precision", pa.string()),
        ("confidence", pa.float64()),
        ("text", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("sentence", pa.string()),
        ("sentence_start", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Job:
    """Some parts of a corpus, and how they are counted.

    Parameters
    ----------
    dataset
        The folder of the corpus.
    parts
        Names of files of it.
    into
        The folder for the counts.
    number
        Which job this is; what it writes is called by it.
    cuts
        How many cuts there are of what is counted, by the name of the table.
    freq
        Whether periods are days or months.
    where
        Which mentions are counted.
    """

    dataset: Path
    parts: tuple[str, ...]
    into: Path
    number: int
    cuts: Mapping[str, int]
    freq: Freq
    where: Filter

    def path(self, table: str) -> Path:
        """Return where this job writes its counts of `table`."""
        return self.into / f"{table}-{self.number:06d}.parquet"


def count(job: Job) -> tuple[int, int]:
    """Count the parts of a job; return how many articles had too many places, and pairs lost."""
    dataset = Dataset(job.dataset)
    mentions, articles = _read(dataset, job)
    placed = mentions.filter(pc.is_valid(mentions["place_id"]))
    per_place = _per_article(placed, "place_id")
    inside = placed.filter(pc.is_valid(placed["region_id"]))
    per_region = _per_article(inside, "region_id")
    pairs, crowded, lost = _pairs(per_place)
    counted = {
        "places": _totals(per_place, _with_points(placed)),
        "places_over_time": per_place,
        "regions": _totals(per_region, inside),
        "regions_over_time": per_region,
        "pairs": pairs,
        "unplaced": _unplaced(mentions.filter(pc.is_null(mentions["place_id"]))),
        "timeline": _timeline(articles, mentions),
    }
    for name, table in counted.items():
        tally = TALLIES[name]
        # What is cut by place is looked up by place.
        keys = tally.keys[:1] if name != "pairs" else tally.keys[:2]
        _write(tally.add_up(table), keys, job.path(name), job.cuts[name])
    candidates = evidence.best(_candidates(placed))
    _write(candidates, ["place_id"], job.path("candidates"), job.cuts["candidates"])
    return crowded, lost


def fetch(job: Job, chosen: Path) -> None:
    """Look up the sentences that were chosen as evidence in the parts of a job.

    Parameters
    ----------
    job
        The job.
    chosen
        Where they are found, in a file with a cut for each job.
    """
    dataset = Dataset(job.dataset)
    (wanted,) = read_bucket([chosen], job.number)
    found = [EVIDENCE.empty_table()]
    for part in job.parts:
        mine = wanted.filter(pc.equal(wanted["part"], part))
        mentions = dataset.read("mentions", part, _SHOWN, job.where).take(mine["row"])
        where = replace(job.where, role=None, countries=None)
        articles = dataset.read("articles", part, ["article_id", "title", "url"], where)
        at = pc.index_in(mentions["article_id"], value_set=articles["article_id"])
        table = mentions.append_column("rank", mine["rank"])
        for name in ("title", "url"):
            table = table.append_column(name, articles[name].take(at))
        found.append(table.select(EVIDENCE.names).cast(EVIDENCE))
    _write(pa.concat_tables(found), ["place_id"], job.path("evidence"), job.cuts["evidence"])


def merge(table: str, files: list[Path], bucket: int, into: Path) -> Path:
    """Add up one cut of the counts of all jobs; return the file with the sum."""
    path = into / f"{table}-sum-{bucket:06d}.parquet"
    if table == "candidates":
        best = evidence.SCHEMA.empty_table()
        for more in read_bucket(files, bucket):
            best = evidence.best(pa.concat_tables([best, more]))
        merged = evidence.chosen(best)
    elif table == "evidence":
        merged = pa.concat_tables(read_bucket(files, bucket))
        merged = merged.sort_by([("place_id", "ascending"), ("rank", "ascending")])
    else:
        merged = gather(TALLIES[table], read_bucket(files, bucket))
    _write(merged, merged.column_names[:1], path, 1)
    return path


def _read(dataset: Dataset, job: Job) -> tuple[pa.Table, pa.Table]:
    """Return the mentions and the articles of a job; of repeated stories only the first."""
    mentions, articles = [], []
    for part in job.parts:
        table = dataset.read("mentions", part, _MENTION, job.where)
        rows = pa.array(np.arange(len(table)))
        table = table.append_column("part", pa.array([part] * len(table), pa.string()))
        table = table.append_column("row", rows)
        repeats = dataset.repeats(part)
        mentions.append(table.filter(pc.invert(is_among(table["article_id"], repeats))))
        table = dataset.read("articles", part, _ARTICLE, job.where)
        repeated = is_among(table["article_id"], repeats)
        articles.append(table.append_column("is_repeat", repeated))
    mention_rows, article_rows = pa.concat_tables(mentions), pa.concat_tables(articles)
    return _dated(mention_rows, job.freq), _dated(article_rows, job.freq)


def _dated(table: pa.Table, freq: Freq) -> pa.Table:
    return table.append_column("period", floor(table["published"], freq))


def floor(days: pa.ChunkedArray, freq: Freq) -> pa.ChunkedArray:
    """Return the first day of the period that each day lies in."""
    return pc.floor_temporal(days.cast(pa.date32()), unit=freq).cast(pa.date32())


def _per_article(mentions: pa.Table, unit: str) -> pa.Table:
    """Return a row for each place (or region), article and role."""
    table = pa.table(
        {
            unit: mentions[unit],
            "article_id": mentions["article_id"],
            "role": mentions["role"],
            "confidence": _confidence(mentions),
            "at": pa.array(np.arange(len(mentions))),
        }
    )
    found = table.group_by([unit, "article_id", "role"], use_threads=False).aggregate(
        [("confidence", "sum"), ("confidence", "max"), ("confidence", "count"), ("at", "min")]
    )
    article = codes(found["article_id"])
    key = codes(found[unit]) * (article.max(initial=0) + 1) + article
    _, which, roles = np.unique(key, return_inverse=True, return_counts=True)
    row = found["at_min"]
    return pa.table(
        {
            unit: found[unit],
            "article_id": found["article_id"],
            "published": mentions["published"].take(row),
            "period": mentions["period"].take(row),
            "source": mentions["source"].take(row),
            "role": found["role"],
            "n_mentions": found["confidence_count"],
            "n_articles": pa.array(np.ones(len(found), np.int64)),
            "n_both": pa.array((roles[which] == 2).astype(np.int64)),
            "total": found["confidence_sum"],
            "best": found["confidence_max"],
        }
    )


def _confidence(mentions: pa.Table) -> pa.Array:
    values = mentions["confidence"].fill_null(0.0).to_numpy()
    return pa.array(np.rint(values * WHOLE).astype(np.int64))


def _totals(rows: pa.Table, mentions: pa.Table) -> pa.Table:
    """Return the rows over all periods, sources and roles, with what is known of each place."""
    unit = rows.column_names[0]
    literal = pc.equal(rows["role"], "literal").to_numpy()
    both, times = rows["n_both"].to_numpy(), rows["n_mentions"].to_numpy()
    table = rows.select([unit, "n_mentions", "total", "best"])
    table = table.append_column("n_literal", pa.array(times * literal))
    # An article that names it in both roles has two rows, and counts once.
    table = table.append_column("n_articles", pa.array(1 - both * ~literal))
    for name in ("first", "last"):
        table = table.append_column(name, rows["published"])
    at = pc.index_in(rows[unit], value_set=mentions[unit].combine_chunks())
    for name in TALLIES["places"].once if unit == "place_id" else ():
        table = table.append_column(name, mentions[name].take(at))
    return table


def _with_points(placed: pa.Table) -> pa.Table:
    points = shapely.from_wkb(placed["geometry"].to_numpy())
    table = placed.append_column("longitude", pa.array(shapely.get_x(points), pa.float64()))
    return table.append_column("latitude", pa.array(shapely.get_y(points), pa.float64()))


def _pairs(rows: pa.Table) -> tuple[pa.Table, int, int]:
    """Return the pairs of places of each article, and what was left out of them."""
    named = rows.group_by(["article_id", "place_id"], use_threads=False).aggregate(
        [("n_mentions", "sum"), ("published", "min")]
    )
    named = named.sort_by(
        [
            ("article_id", "ascending"),
            ("n_mentions_sum", "descending"),
            ("place_id", "ascending"),
        ]
    )
    article = codes(named["article_id"])
    places = np.bincount(article) if len(article) else article
    turn = np.arange(len(article)) - np.repeat(np.cumsum(places) - places, places)
    kept = named.filter(pa.array(turn < PAIRED))
    crowded = places[places > PAIRED]
    lost = int((crowded * (crowded - 1) // 2 - PAIRED * (PAIRED - 1) // 2).sum())
    sizes = np.minimum(places, PAIRED)
    starts = np.cumsum(sizes) - sizes
    first, second = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for size in np.unique(sizes):
        one, other = np.triu_indices(size, 1)
        at = starts[sizes == size][:, None]
        first.append((at + one).ravel())
        second.append((at + other).ravel())
    left, right = np.concatenate(first), np.concatenate(second)
    # Numbers are added up faster than texts; of millions of places no two share one.
    number = hashes(kept["place_id"])
    ends = np.sort(np.stack([number[left], number[right]]), axis=0)
    table = pa.table(
        {
            "place_a": pa.array(ends[0]),
            "place_b": pa.array(ends[1]),
            "period": floor(kept["published_min"].take(pa.array(left)), "month"),
            "n_articles": pa.array(np.ones(len(left), np.int64)),
        }
    )
    return table, len(crowded), lost


def _unplaced(mentions: pa.Table) -> pa.Table:
    """Return a row for each name and article."""
    table = pa.table(
        {
            "text": mentions["text"],
            "article_id": mentions["article_id"],
            "reason": pc.list_element(_or_one(mentions["reasons"]), 0),
            "at": pa.array(np.arange(len(mentions))),
        }
    )
    found = table.group_by(["text", "article_id"], use_threads=False).aggregate(
        [("at", "count"), ("at", "min")]
    )
    return pa.table(
        {
            "text": found["text"],
            "reason": table["reason"].take(found["at_min"]),
            "n_mentions": found["at_count"],
            "n_articles": pa.array(np.ones(len(found), np.int64)),
        }
    )


def _or_one(reasons: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return lists of which none is empty."""
    none = pc.equal(pc.list_value_length(reasons).fill_null(0), 0)
    return pc.if_else(none, pa.scalar([None], reasons.type), reasons)


def _timeline(articles: pa.Table, mentions: pa.Table) -> pa.Table:
    """Return a row an article and a row a mention; their columns are added up."""

    def rows(table: pa.Table, **counts: pa.Array) -> pa.Table:
        zero = pa.array(np.zeros(len(table), np.int64))
        columns = {name: table[name] for name in ("period", "source")}
        sums = {name: counts.get(name, zero) for name in TALLIES["timeline"].sums}
        return pa.table({**columns, **sums})

    placed = pc.is_valid(mentions["place_id"]).cast(pa.int64())
    repeat = articles["is_repeat"].cast(pa.int64())
    one = [pa.array(np.ones(len(table), np.int64)) for table in (articles, mentions)]
    return pa.concat_tables(
        [
            rows(articles, n_articles=pc.subtract(one[0], repeat), n_repeats=repeat),
            rows(
                mentions,
                n_mentions=one[1],
                n_placed=placed,
                n_unplaced=pc.subtract(one[1], placed),
            ),
        ]
    )


def _candidates(placed: pa.Table) -> pa.Table:
    """Return the mentions that may become evidence, as little of them as decides."""
    confidence = placed["confidence"].fill_null(0.0)
    return pa.table(
        {
            "place_id": placed["place_id"],
            "literal": pc.equal(placed["role"], "literal"),
            "period": floor(placed["published"], "month"),
            "unsure": pc.less(confidence, evidence.SURE),
            "lot": pa.array(evidence.lots(placed["place_id"], placed["sentence"])),
            "published": placed["published"],
            "part": placed["part"],
            "row": placed["row"],
        }
    ).cast(evidence.SCHEMA)
