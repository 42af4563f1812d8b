"""The aggregates of a dataset, counted by several processes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geomap.batch import cluster

if TYPE_CHECKING:
    from geomap.corpus import Freq


def make_aggregates(
    dataset: str | Path, *, freq: Freq | None = None, workers: int | None = None
) -> Path:
    """Return the folder of a dataset's aggregates; make them if they are missing or outdated.

    Parameters
    ----------
    dataset
        The folder of the dataset.
    freq
        As of :func:`geomap.corpus.aggregates`.
    workers
        Processes of this machine to count with; None counts in this process. The bytes are the
        same.

    Raises
    ------
    InputError
        The folder holds no dataset.
    OutputError
        They cannot be written.
    UsageError
        Dask is not installed.
    """
    from geomap.corpus import Dataset, aggregates

    found = Dataset(dataset)
    if workers is None:
        return aggregates(found, freq=freq)
    with cluster.connected(workers, None) as client:

        def run(function: Any, *lists: Iterable[Any]) -> Iterable[Any]:
            # Not by what they are called with: the files they read and write are not the same.
            futures = client.map(function, *map(list, lists), pure=False)
            return list(client.gather(futures))

        return aggregates(found, freq=freq, run=run)
