"""The aggregates of a corpus: GeoParquet under ``aggregates/`` of its folder.

Counts of parts are added up, so memory depends on how many different things are counted and not on
the corpus, and any workers can count: whatever maps a function over jobs will do, such as a Dask
client's ``lambda function, *lists: client.gather(client.map(function, *lists, pure=False))``. The
bytes are the same however it was done.

Of near-duplicates (see :mod:`geomap.duplicates`) only the first is counted.

**places.parquet** (GeoParquet)
    place_id, name, kind, feature_code, country_code, country_name, admin1_code, admin1_name,
    region_id; n_mentions, n_literal, n_associative, n_articles; confidence (of the best mention)
    and confidence_mean; first and last day of publication; geometry (Point).
**places_over_time.parquet** (GeoParquet)
    A row a place, period, source and role: n_mentions, n_articles, n_both (the articles among
    them that mention it in the other role as well), confidence, confidence_mean, geometry.
    Periods are days or months, given by their first day; null where an article has no date.
**regions.parquet** (GeoParquet), **regions_over_time.parquet**
    The same of first-order regions; polygons in the former only, which ``region_id`` joins.
**pairs.parquet** (GeoParquet)
    Places that are named in the same article: place_a, name_a, place_b, name_b, period (a month),
    n_articles, geometry (LineString).
**timeline.parquet**
    A row a period and source: n_articles, n_repeats (left out of all counts), n_mentions,
    n_placed, n_unplaced.
**unplaced.parquet**
    Names that were left unplaced, in most articles first: text, n_mentions, n_articles, reason.
**evidence.parquet**
    At most 20 sentences a place, the best first: see :mod:`geomap.corpus.evidence`.
**manifest.json**
    What they were made from, and what was left out.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geomap import __version__
from geomap.corpus import products
from geomap.corpus.counting import PAIRED, Freq, Job, count, fetch, merge
from geomap.corpus.dataset import MANIFEST, Dataset, Filter
from geomap.corpus.tallies import TALLIES, read_bucket, write_cuts
from geomap.errors import OutputError

#: Maps a function over lists of arguments, like the builtin; all of them can be pickled.
Run = Callable[..., Iterable[Any]]

FORMAT = 1
FOLDER = "aggregates"
#: Mentions that a job counts, about; rows of counts in one cut of them; rows of pairs a mention.
JOB, CUT, PAIRS = 100_000, 1_000_000, 4
#: A corpus of more days of publication than this is counted by month.
DAYS = 400
#: So many of the names that were left unplaced are listed.
UNPLACED = 10_000


def aggregates(dataset: Dataset, *, freq: Freq | None = None, run: Run = map) -> Path:
    """Return the folder of a corpus' aggregates; make them if they are missing or outdated.

    Parameters
    ----------
    dataset
        The parsed corpus.
    freq
        Whether they are by ``day`` or ``month``; None: as they are, or else by day if the corpus
        has at most 400 of them.
    run
        Maps functions over jobs, such as those of a Dask cluster; default: one after the other.

    Raises
    ------
    OutputError
        They cannot be written.
    """
    folder = dataset.path / FOLDER
    made = read_manifest(folder)
    if made is None or made["dataset"] != dataset.digest or freq not in (None, made["freq"]):
        build(dataset, folder, freq=freq, run=run)
    return folder


def build(
    dataset: Dataset,
    folder: Path,
    *,
    freq: Freq | None = None,
    where: Filter | None = None,
    run: Run = map,
) -> None:
    """Make the aggregates of a corpus, or of what fits a filter; whole or not at all.

    Parameters
    ----------
    dataset, freq, run
        As of :func:`aggregates`.
    folder
        The folder to write, in one that exists; what it held before is replaced.
    where
        Which mentions are counted; default: all.

    Raises
    ------
    OutputError
        They cannot be written; what the folder held is still there.
    """
    where = where or Filter()
    sizes = dataset.sizes()
    freq = freq or ("day" if len(dataset.days()) <= DAYS else "month")
    total = sum(sizes)
    cuts = dict.fromkeys((*TALLIES, "candidates", "evidence"), max(1, -(-total // CUT)))
    cuts |= {"pairs": max(1, -(-total * PAIRS // CUT)), "timeline": 1}
    try:
        with tempfile.TemporaryDirectory(prefix=".geomap-", dir=folder.parent) as temporary:
            work, new, old = (Path(temporary, name) for name in ("counts", "new", "old"))
            work.mkdir()
            new.mkdir()
            batches = enumerate(dataset.batches(sizes, JOB))
            jobs = [Job(dataset.path, each, work, i, cuts, freq, where) for i, each in batches]
            lost = [tuple(each) for each in run(count, jobs)]
            counts = _Counts(jobs, work, cuts, run)
            facts = _write(counts, new)
            facts["left_out"] |= {
                "articles_with_too_many_places": sum(articles for articles, _ in lost),
                "pairs": sum(pairs for _, pairs in lost),
            }
            about = {"format": FORMAT, "geomap": __version__, "dataset": dataset.digest}
            about |= {"freq": freq, "places_paired": PAIRED, **facts}
            text = json.dumps(about, indent=1, sort_keys=True)
            (new / MANIFEST).write_text(text + "\n", encoding="utf-8")
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
    except OSError as error:
        cause = error.strerror or error
        raise OutputError(f"{folder}: the aggregates cannot be written: {cause}") from error


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return what a folder of aggregates says of itself; None if it holds none of today's."""
    try:
        made: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return made if made.get("format") == FORMAT and made.get("geomap") == __version__ else None


class _Counts:
    """The counts of all jobs, added up a cut at a time."""

    def __init__(self, jobs: list[Job], work: Path, cuts: dict[str, int], run: Run) -> None:
        self._jobs, self._work, self._cuts, self._run = jobs, work, cuts, run
        self._files: dict[str, list[Path]] = {}

    def files(self, table: str) -> list[Path]:
        """Return the files with the sums of a table, one a cut."""
        if table not in self._files:
            if table == "evidence":
                self._look_up()
            cuts = range(self._cuts[table])
            paths = [job.path(table) for job in self._jobs]
            arguments = ([table] * len(cuts), [paths] * len(cuts), cuts, [self._work] * len(cuts))
            self._files[table] = list(self._run(merge, *arguments))
        return self._files[table]

    def sums(self, table: str) -> Iterable[pa.Table]:
        """Yield the sums of a table, a cut at a time."""
        return read_bucket(self.files(table), 0)

    def whole(self, table: str, columns: list[str] | None = None) -> pa.Table:
        """Return all sums of a table."""
        return pa.concat_tables(pq.read_table(f, columns=columns) for f in self.files(table))

    def _look_up(self) -> None:
        """Have the sentences fetched that were chosen as evidence."""
        chosen = pa.concat_tables(self.sums("candidates"))
        number = {part: job.number for job in self._jobs for part in job.parts}
        cut = np.array([number[part] for part in chosen["part"].to_pylist()], np.int64)
        path = self._work / "chosen.parquet"
        write_cuts(chosen, cut, path, len(self._jobs))
        list(self._run(fetch, self._jobs, [path] * len(self._jobs)))


def _write(counts: _Counts, folder: Path) -> dict[str, Any]:
    """Write all tables; return what the manifest says of them."""
    with products.writer(folder / "places.parquet", "Point") as write:
        for table in counts.sums("places"):
            write(products.places(table))
    places = counts.whole("places", ["place_id", "name", "region_id", "latitude", "longitude"])
    places = places.sort_by("place_id")
    with products.writer(folder / "places_over_time.parquet", "Point") as write:
        for known, table in zip(
            counts.sums("places"), counts.sums("places_over_time"), strict=True
        ):
            write(products.places_over_time(table, known))
    names = products.region_names(counts.whole("places", products.NAMING))
    with products.writer(folder / "regions.parquet", "MultiPolygon") as write:
        for table in counts.sums("regions"):
            write(products.regions(table, names, places["region_id"]))
    with products.writer(folder / "regions_over_time.parquet") as write:
        for table in counts.sums("regions_over_time"):
            write(products.regions_over_time(table, names))
    with products.writer(folder / "pairs.parquet", "LineString") as write:
        for table in counts.sums("pairs"):
            write(products.pairs(table, places))
    sentences = 0
    with products.writer(folder / "evidence.parquet") as write:
        for table in counts.sums("evidence"):
            sentences += len(table)
            write(table)
    timeline = counts.whole("timeline")
    with products.writer(folder / "timeline.parquet") as write:
        write(timeline)
    listed, dropped = _unplaced(counts.sums("unplaced"))
    with products.writer(folder / "unplaced.parquet") as write:
        write(listed)
    totals = {name: pc.sum(timeline[name]).as_py() or 0 for name in TALLIES["timeline"].sums}
    return {
        **totals,
        "n_places": len(places),
        "n_sources": len(pc.unique(timeline["source"].drop_null())),
        "left_out": {"sentences": totals["n_placed"] - sentences, "unplaced_names": dropped},
    }


def _unplaced(tables: Iterable[pa.Table]) -> tuple[pa.Table, int]:
    """Return the names that most articles have, and how many others there are."""
    order = [("n_articles", "descending"), ("n_mentions", "descending"), ("text", "ascending")]
    listed = TALLIES["unplaced"].schema.empty_table()
    total = 0
    for table in tables:
        total += len(table)
        listed = pa.concat_tables([listed, table]).sort_by(order)[:UNPLACED]
    return listed, total - len(listed)
