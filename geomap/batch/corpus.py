"""Parses a corpus into a dataset: in this process, or on Dask."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geomap.batch.cutting import ARTICLES, BYTES, Corpus, Partition
from geomap.batch.dataset import Dataset
from geomap.batch.work import Counts, Job, Options, Part, make_job, parse_partition
from geomap.errors import UsageError

logger = logging.getLogger(__name__)

#: More rejects than this part of all that was read are worth a warning.
MANY_REJECTS = 0.01


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run made.

    Parameters
    ----------
    counts
        What the dataset holds.
    parsed
        What this run parsed of it.
    parts, kept
        Its parts, and how many of them an earlier run had left as they would be made now.
    lost
        Parts whose articles are all rejected because workers died of them; the next run tries
        them again.
    """

    counts: Counts
    parsed: Counts
    parts: int
    kept: int
    lost: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Parameters
    ----------
    done, size
        Bytes of the inputs that are parsed, and of all that this run has to parse.
    parsed
        What this run has parsed.
    dashboard
        Address of Dask's dashboard, where there is one.
    """

    done: int
    size: int
    parsed: Counts
    dashboard: str | None


def parse_corpus(
    inputs: str | Path | Iterable[str | Path],
    output: str | Path,
    *,
    options: Options | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    max_articles: int = ARTICLES,
    max_bytes: int = BYTES,
    on_progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Parse the articles of inputs into a dataset: a folder of Parquet files.

    A run that was stopped, by whatever, goes on where it stopped when it is started again, and
    the dataset it leaves is the same, byte for byte, as that of a run that was not, with any
    number of workers. What has changed since (an input's bytes, an option, geomap, its gazetteer
    or models) is parsed again.

    Parameters
    ----------
    inputs
        Paths of files and folders, patterns, or ``-``, the standard input; see
        :mod:`geomap.articles`.
    output
        The folder; made if it is not there. See :mod:`geomap.batch.dataset`.
    options
        What the articles are parsed with.
    workers
        Processes of this machine to parse with, on a Dask cluster that lives as long as the call;
        None parses in this process. A script that asks for them must be importable: what it does
        stands under ``if __name__ == "__main__":``.
    scheduler
        Address of the scheduler of a Dask cluster that is there (``tcp://host:8786``), instead.
        It and its workers need the same geomap, gazetteer and models; no file system is shared.
    max_articles, max_bytes
        The bounds of a partition, which is what is parsed in one go and written as one part.
    on_progress
        Called after each part.

    Returns
    -------
    Summary
        What was made. More rejects than 1 % are logged as a warning as well.

    Raises
    ------
    InputError
        An input is not there, or of a kind that is not read. What is wrong with an article, or
        with one file of many, is in the table of rejects instead.
    UsageError
        Something else than a dataset lies at `output`, or another run is writing to it; an option
        makes no sense; Dask is not installed, or the cluster cannot be reached or is not fit.
    OutputError
        The dataset cannot be written, for instance because the disk is full.
    GazetteerError
        The data that geomap carries are missing or damaged.
    """
    if workers is not None and scheduler is not None:
        raise UsageError("either workers of this machine or the scheduler of others, not both")
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers are none: give 1 or more")
    job = make_job(options or Options())
    corpus = Corpus(
        inputs,
        text_column=job.options.text_column,
        max_articles=max_articles,
        max_bytes=max_bytes,
    )
    dataset = Dataset(Path(output))
    with dataset.opened():
        run = _Run(corpus, dataset, job, on_progress)
        if workers is None and scheduler is None:
            for partition in run.missing():
                run.take(partition, parse_partition(partition, job))
        else:
            from geomap.batch import cluster

            with cluster.connected(workers, scheduler) as client:
                run.dashboard = cluster.dashboard(client)
                run.report()
                for partition, part in cluster.parse(client, run.missing(), job):
                    run.take(partition, part)
        return run.finish({"articles": max_articles, "bytes": max_bytes})


class _Run:
    """One call of `parse_corpus`: what it has done, and what is left to do."""

    def __init__(
        self,
        corpus: Corpus,
        dataset: Dataset,
        job: Job,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._corpus = corpus
        self._dataset = dataset
        self._job = job
        self._on_progress = on_progress
        self._parts: dict[int, dict[str, Any]] = {}
        self._counts = self._parsed = Counts()
        self._kept = self._lost = 0
        self._done, self._size = 0, corpus.size
        self.dashboard: str | None = None

    def missing(self) -> Iterator[Partition]:
        """Yield the partitions whose parts are not there."""
        for partition in self._corpus.partitions():
            counts = self._dataset.done(partition.number, self._job.checksum(partition))
            if counts is None:
                yield partition
            else:
                self._kept += 1
                self._size -= partition.size
                self._add(partition, counts)

    def take(self, partition: Partition, part: Part) -> None:
        """Write a part."""
        self._dataset.write(part)
        self._add(partition, part.counts)
        self._parsed += part.counts
        self._lost += not part.checksum
        self._done += partition.size
        self.report()

    def report(self) -> None:
        """Say how far the run is."""
        if self._on_progress:
            self._on_progress(Progress(self._done, self._size, self._parsed, self.dashboard))

    def finish(self, bounds: dict[str, int]) -> Summary:
        """Write the manifest."""
        parts = [self._parts[number] for number in sorted(self._parts)]
        manifest = {
            "versions": dict(self._job.versions),
            "options": asdict(self._job.options),
            "partition": bounds,
            "counts": asdict(self._counts),
            "inputs": [one._asdict() for one in self._corpus.read],
            "partitions": parts,
        }
        self._dataset.finish(manifest, len(parts))
        rejects, total = self._counts.n_rejects, self._counts.n_rejects + self._counts.n_articles
        if rejects > MANY_REJECTS * total:
            where = self._dataset.folder / "rejects"
            logger.warning(
                "%s: %d of %d articles could not be parsed (%.1f %%); the table says why",
                where,
                rejects,
                total,
                100 * rejects / total,
            )
        return Summary(self._counts, self._parsed, len(parts), self._kept, self._lost)

    def _add(self, partition: Partition, counts: Counts) -> None:
        self._counts += counts
        first = last = None
        if partition.pieces:
            one, other = partition.pieces[0], partition.pieces[-1]
            first, last = [one.input, one.first], [other.input, other.first + other.count - 1]
        self._parts[partition.number] = {
            "number": partition.number,
            "first": first,
            "last": last,
            **asdict(counts),
        }
