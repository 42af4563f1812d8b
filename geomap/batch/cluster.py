"""Partitions parsed by the workers of a Dask cluster.

The partitions travel as bytes, and the parts come back as bytes: workers need neither the inputs
nor the folder of the dataset. Only as many are under way at a time as keep the workers busy. Dask
itself gives the partition of a worker that died to another, and gives up on one that several died
of.
"""

from __future__ import annotations

import importlib.util
import logging
import pickle
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from geomap.batch.cutting import Partition
from geomap.batch.work import Job, Part, lost_part, parse_partition
from geomap.errors import GeomapError, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

#: Partitions under way for each worker: the one it parses, and the next.
AHEAD = 2
#: How long a cluster is waited for, seconds.
PATIENCE_S = 30

#: A terminal's Ctrl-C reaches all processes; the parent is the one to end the workers.
_PRELOAD = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
#: Arrow's own allocator keeps some 30 MB more for each process.
_ENVIRONMENT = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
#: A worker with several threads parses one partition at a time all the same.
_ALONE = threading.Lock()
_DASHBOARD = "127.0.0.1:8787"  # a free port where this one is taken


@contextmanager
def connected(workers: int | None, scheduler: str | None) -> Iterator[Client]:
    """Give a client of the cluster at `scheduler`, or of a new one of `workers` processes.

    Raises
    ------
    UsageError
        Dask is not installed, or there is no such cluster, or it has no workers.
    """
    if importlib.util.find_spec("distributed") is None:
        mend = "pip install 'geomap[corpora]'"
        raise UsageError(f"several workers need Dask, which is not installed: {mend}")
    from distributed import Client

    if scheduler is None:
        with _local(workers or 1) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(scheduler, timeout=PATIENCE_S)
    except (OSError, ValueError, TimeoutError) as error:
        mend = "start one with `dask scheduler`, or check the address"
        raise UsageError(f"{scheduler}: no Dask scheduler answers ({error}); {mend}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError:
            mend = f"start some with `dask worker {scheduler} --nthreads 1`"
            raise UsageError(f"{scheduler}: the Dask cluster has no workers; {mend}") from None
        yield client


@contextmanager
def _local(workers: int) -> Iterator[Any]:
    from distributed import LocalCluster

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a port that is taken
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=_DASHBOARD,
            silence_logs=logging.CRITICAL,
            preload=_PRELOAD,
            env=_ENVIRONMENT,
        )
    with cluster:
        yield cluster


def dashboard(client: Client) -> str | None:
    """Return the address of the cluster's dashboard, which needs bokeh."""
    link: str | None = client.dashboard_link if importlib.util.find_spec("bokeh") else None
    return link


def parse(
    client: Client, partitions: Iterator[Partition], job: Job
) -> Iterator[tuple[Partition, Part]]:
    """Yield each partition with its part, in the order in which they are done.

    A partition that workers died of is tried once more at the end, alone: it may have been another
    one's doing. If they die of it again, all its articles are rejected.

    Raises
    ------
    GeomapError
        What a worker raised; or the scheduler went away.
    """
    suspects: list[Partition] = []
    for partition, part in _parse(client, partitions, job, AHEAD):
        if part is None:
            suspects.append(partition)
        else:
            yield partition, part
    for suspect in suspects:
        for partition, part in _parse(client, iter([suspect]), job, 1):
            reason = "workers died while they parsed this article or one of its neighbours"
            yield partition, part or lost_part(partition, reason)


def _parse(
    client: Client, partitions: Iterator[Partition], job: Job, ahead: int
) -> Iterator[tuple[Partition, Part | None]]:
    from distributed import as_completed

    under_way: dict[str, Partition] = {}
    done = as_completed()
    for partition in partitions:
        threads = sum(client.nthreads().values())  # none while the workers start again
        if len(under_way) >= ahead * max(threads, 1):
            yield _taken(next(done), under_way)
        future = client.submit(
            _work,
            pickle.dumps((partition, job), protocol=5),
            key=f"geomap-{uuid4().hex}",
            pure=False,
        )
        under_way[future.key] = partition
        done.add(future)
        del future
    for future in done:
        yield _taken(future, under_way)


def _taken(future: Future, under_way: dict[str, Partition]) -> tuple[Partition, Part | None]:
    from distributed import KilledWorker

    partition = under_way.pop(future.key)
    try:
        return partition, pickle.loads(future.result())
    except KilledWorker:
        return partition, None
    except GeomapError:
        raise
    except Exception as error:
        mend = (
            "see that its scheduler and workers run and have the same geomap;"
            " the same command goes on from here"
        )
        raise GeomapError(
            f"the Dask cluster failed ({type(error).__name__}: {error}); {mend}"
        ) from error


def _work(packed: bytes) -> bytes:
    logging.getLogger("geomap").setLevel(logging.ERROR)  # no one reads what a worker logs
    partition, job = pickle.loads(packed)
    with _ALONE:
        part = parse_partition(partition, job)
    return pickle.dumps(part, protocol=5)
