"""Builds the user's own gazetteer from GeoNames' dumps: whole countries, or the whole world.

Rows are read in chunks by several processes. Their names are sorted into shards on disk, and a
shard after the other becomes a trie, so that memory stays bounded however long the dump is. The
new version lies in a folder of its own beside the old one until it is whole; then one pointer is
replaced. A build that is broken off leaves the old version as it was.

``hierarchy.zip`` is not used: which region a place lies in is said by its own codes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from geomap.errors import GazetteerError, GeomapError, InputError, OutputError, UsageError
from geomap.gazetteer import default, embedded
from geomap.gazetteer.geonames import CURRENT, FORMAT, installed
from geomap.gazetteer_build.archives import read_chunks, text_size
from geomap.gazetteer_build.download import Progress, check_room, download
from geomap.gazetteer_build.rows import PLACES, Plan, read_names, read_places
from geomap.gazetteer_build.shards import finish_shard
from geomap.gazetteer_build.tables import Chunk, Report
from geomap.writing import locked

logger = logging.getLogger(__name__)

ALL = "allCountries.zip"
ALTERNATES = "alternateNamesV2.zip"
TABLES = ("admin1CodesASCII.txt", "admin2Codes.txt", "countryInfo.txt")
_LICENCE = "CC BY 4.0, GeoNames (geonames.org)"
#: A shard for so many bytes of text, at most 200 of them.
_SHARD_BYTES, _MOST_SHARDS = 1 << 23, 200
#: Below so many bytes of text starting processes takes longer than they save.
_ALONE = 1 << 26
_MOST_WORKERS = 3
#: What a build takes on disk while it runs, for each byte of text.
_DISK_PER_BYTE = 2.0
#: More damaged rows than this share are not the odd slip but a damaged file.
_MOST_BAD = 0.01
#: What is left of a build that was broken off is removed after a day.
_STALE_S = 86_400

T = TypeVar("T")
R = TypeVar("R")


def build_geonames(
    countries: Iterable[str] | None,
    root: Path,
    *,
    source: Path | None = None,
    progress: Progress = lambda what, done, total: None,
    **how: Any,
) -> dict[str, Any]:
    """Build GeoNames' whole countries, and use them from then on.

    Parameters
    ----------
    countries
        ISO 3166-1 alpha-2 codes, or None for all.
    root
        The folder ``geonames`` of the user's data.
    source
        The folder of files downloaded before, in which any but the main table may be missing.
        By default they are downloaded from GeoNames.
    progress
        Called as the work goes on.
    **how
        As of `geomap.gazetteer_build.download.download`.

    Returns
    -------
    dict
        The new version's manifest.

    Raises
    ------
    InputError
        If a file is missing, cannot be downloaded, is damaged, or has over 1 % damaged rows.
    OutputError
        If there is no room, or the folder cannot be written.
    UsageError
        If a country's code is none, or another build is writing there.
    """
    codes = _check_codes(countries)
    mains = [f"{code}.zip" for code in codes] or [ALL]
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root):
            _remove_stale(root)
            if source is None:
                downloads = root / "downloads"
                wanted = [*mains, ALTERNATES, *TABLES]
                try:
                    download(wanted, downloads, required=mains, progress=progress, **how)
                except GeomapError:
                    with suppress(OSError):  # there is something to go on with
                        downloads.rmdir()
                    raise
                found = downloads
            else:
                found = source
                if codes and (source / ALL).exists():
                    mains = [main for main in mains if (source / main).exists()]
                    mains = mains if len(mains) == len(codes) else [ALL]
            with tempfile.TemporaryDirectory(prefix="building-", dir=root) as folder:
                building = Path(folder, "version")
                building.mkdir()  # as the umask allows, not closed like the folder around it
                try:
                    manifest = _build(codes, [found / main for main in mains], building, progress)
                except InputError:
                    if source is None:  # a damaged file must not be taken again
                        shutil.rmtree(found)
                    raise
                _publish(root, building)
            if source is None:
                shutil.rmtree(downloads, ignore_errors=True)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            f"cannot write {root} ({error}): nothing was changed; free some room or set GEOMAP_DATA"
        ) from error
    default.cache_clear()
    return manifest


def _check_codes(countries: Iterable[str] | None) -> list[str]:
    if countries is None:
        return []
    codes = sorted({code.strip().upper() for code in countries} - {""})
    if not codes:
        raise UsageError("no country given: name some (UA,RU), or take all")
    for code in codes:
        if not re.fullmatch("[A-Z]{2}", code) or embedded().country_name(code) is None:
            raise UsageError(f"{code!r} is no country's code: use ISO 3166's two letters (UA, US)")
    return codes


def _build(codes: list[str], mains: list[Path], folder: Path, progress: Progress) -> dict[str, Any]:
    found = mains[0].parent
    for path in mains:
        if not path.exists():
            raise InputError(f"no {path.name} in {found}: put it there, or let geomap download it")
    alternates = found / ALTERNATES
    archives = [*mains, *([alternates] if alternates.exists() else [])]
    for name in (ALTERNATES, *TABLES):
        if not (found / name).exists():
            logger.warning("%s is not in %s: done without", name, found)
    sizes = {path: text_size(path) for path in archives}
    check_room(folder, int(_DISK_PER_BYTE * sum(sizes.values())))
    regions, area_names, country_names = _read_tables(found)
    total = sum(sizes.values())
    plan = Plan(
        folder,
        shards=min(_MOST_SHARDS, 1 + total // _SHARD_BYTES),
        countries=frozenset(codes),
        regions=regions,
        area_names=area_names,
        alternates=alternates not in archives,
    )
    with _Workers(0 if total < _ALONE else min(os.cpu_count() or 1, _MOST_WORKERS)) as workers:
        report = _read(plan, read_places, mains, sizes, workers, progress)
        workers.release()
        n_places = _join_places(folder)
        if not n_places:
            raise InputError(f"{', '.join(p.name for p in mains)}: no place in there; get it anew")
        if not plan.alternates:
            report.add(_read(plan, read_names, [alternates], sizes, workers, progress))
        languages = ["", "en", *sorted(report.languages - {"", "en"})]
        finish = partial(finish_shard, folder, languages=languages)
        shards = []
        for done, shard in enumerate(workers.map(finish, range(plan.shards)), 1):
            progress("names", done, plan.shards)
            shards.append(shard)
    starts = _join_postings(folder, plan.shards)
    areas = "".join(f"{area}\t{number}\n" for area, number in sorted(set(report.areas)))
    (folder / "areas.tsv").write_text(areas, "utf-8")
    (folder / "ids.npy").unlink()
    (folder / "prominence.npy").unlink()
    files = sorted(path for path in folder.iterdir())
    manifest = {
        "format": FORMAT,
        "date": datetime.now(UTC).date().isoformat(),
        "licence": _LICENCE,
        "sources": {path.name: _day_of(path) for path in [*archives, *_tables_in(found)]},
        "counts": {
            **dict(sorted(report.kinds.items())),
            "places": n_places,
            "names": sum(n for n, _ in shards),
        },
        "places_by_country": dict(report.countries.most_common()),
        "countries": country_names,
        "regions": regions,
        "languages": languages,
        "shards": starts,
        "files": {path.name: path.stat().st_size for path in files},
        "checksums": {path.name: _checksum(path) for path in files if path.suffix == ".bin"},
        "tries": {f"names-{i:02}.marisa": sha for i, (_, sha) in enumerate(shards)},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    return manifest


def _read(
    plan: Plan,
    read: Callable[[Plan, Chunk], Report],
    paths: list[Path],
    sizes: dict[Path, int],
    workers: _Workers,
    progress: Progress,
) -> Report:
    """Read the rows of files, and say which are damaged."""
    total = Report()
    number = 0
    for path in paths:
        report = Report()
        done = 0
        for part in workers.map(partial(read, plan), _chunks(path, number)):
            report.add(part)
            number += 1
            done += part.size
            progress(path.name, done, sizes[path])
        if report.bad > _MOST_BAD * report.rows:
            raise InputError(
                f"{path}: {report.bad:,} of {report.rows:,} rows are damaged, the first at "
                f"{report.complaints[0].partition(', ')[2]}: download it anew"
            )
        for complaint in report.complaints:
            logger.warning("%s; the row is left out", complaint)
        if report.bad > len(report.complaints):
            more = report.bad - len(report.complaints)
            logger.warning("%s: %d more rows are damaged and left out", path, more)
        report.bad, report.complaints = 0, []
        total.add(report)
    return total


def _chunks(path: Path, first: int) -> Iterator[Chunk]:
    line = 1
    for number, text in enumerate(read_chunks(path), first):
        yield Chunk(text, str(path), line, number)
        line += text.count(b"\n")


class _Workers:
    """Processes that take on a few jobs at a time; with none the work is done here."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def release(self) -> None:
        """End the processes, and with them what they hold of memory; the next job starts others."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def map(self, function: Callable[[T], R], jobs: Iterable[T]) -> Iterator[R]:
        """Yield the results in the order of the jobs, of which few are held in memory."""
        if not self._processes:
            yield from map(function, jobs)
            return
        self._pool = self._pool or ProcessPoolExecutor(
            self._processes,
            mp_context=get_context("spawn"),
            initializer=signal.signal,  # Ctrl-C is for the process that hands out the work
            initargs=(signal.SIGINT, signal.SIG_IGN),
        )
        waiting: list[Future[R]] = []
        for job in jobs:
            waiting.append(self._pool.submit(function, job))
            if len(waiting) > 2 * self._processes:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _join_places(folder: Path) -> int:
    """Join the parts of places and texts; places in the order of their ids, each once."""
    paths = sorted(folder.glob("places-*.part"))
    counts = [path.stat().st_size // PLACES.itemsize for path in paths]
    places = np.empty(sum(counts), PLACES)
    start = offset = 0
    with (folder / "texts.bin").open("wb") as out:
        for path, count in zip(paths, counts, strict=True):
            part = places[start : start + count]
            part[:] = np.fromfile(path, PLACES)
            texts = path.with_name(path.name.replace("places", "texts"))
            part["text"] += offset
            start += count
            offset += texts.stat().st_size
            if offset >= 2**32:
                raise OutputError("over 4 GiB of texts are too many for the format: build less")
            with texts.open("rb") as file:
                shutil.copyfileobj(file, out)
            path.unlink()
            texts.unlink()
    ids, first = np.unique(places["geonames_id"], return_index=True)
    np.save(folder / "ids.npy", ids)
    np.save(folder / "prominence.npy", places["prominence"][first])
    with (folder / "places.bin").open("wb") as out:
        for start in range(0, len(first), 1 << 20):
            places[first[start : start + (1 << 20)]].tofile(out)
    return len(ids)


def _join_postings(folder: Path, shards: int) -> list[int]:
    """Join the shards' postings, and return where each begins."""
    starts = []
    with (folder / "postings.bin").open("wb") as out:
        for shard in range(shards):
            starts.append(out.tell())
            path = folder / f"postings-{shard:02}.part"
            with path.open("rb") as file:
                shutil.copyfileobj(file, out)
            path.unlink()
    return starts


# Tables


def _tables_in(found: Path) -> list[Path]:
    return [found / name for name in TABLES if (found / name).exists()]


def _read_tables(found: Path) -> tuple[dict[str, str], dict[int, str], dict[str, str]]:
    """Return the regions' names by code, areas' further names by id, and countries' by code.

    Regions are called as in the embedded gazetteer, where it has them.
    """
    admin1, admin2, countries = (found / name for name in TABLES)
    regions, areas = {}, {}
    for code, name, _, number in _table(admin1, 4):
        known = embedded().place(f"admin1:{code}")
        regions[code] = known.name if known else name
        areas[int(number)] = name
    for _, name, _, number in _table(admin2, 4):
        areas[int(number)] = name
    named = {row[0]: embedded().country_name(row[0]) or row[4] for row in _table(countries, 19)}
    return regions, areas, named


def _table(path: Path, columns: int) -> Iterator[list[str]]:
    """Yield the rows of a small table; none where it is missing."""
    if not path.exists():
        return
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path} ({error}): download it anew") from error
    bad = rows = 0
    for number, line in enumerate(lines, 1):
        fields = line.rstrip("\r").split("\t")
        if not line.strip() or line.startswith("#"):
            continue
        rows += 1
        if len(fields) == columns and (columns != 4 or re.fullmatch("[0-9]{1,10}", fields[3])):
            yield fields
        else:
            bad += 1
            logger.warning("%s, line %d: not as GeoNames has it; the row is left out", path, number)
    if bad > _MOST_BAD * rows:
        raise InputError(f"{path}: {bad} of {rows} rows are damaged: download it anew")


# Folders


def _publish(root: Path, folder: Path) -> None:
    """Give the new version its name, point to it, and remove the one before."""
    before = [path for path in root.glob("version-*") if path.is_dir()]
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S-%f")
    version = root / f"version-{stamp}-{os.getpid()}"
    folder.rename(version)
    pointer = root / f"{CURRENT}.{os.getpid()}"
    pointer.write_text(version.name + "\n", "ascii")
    pointer.replace(root / CURRENT)
    for path in before:  # whoever has it open keeps what is mapped
        shutil.rmtree(path, ignore_errors=True)


def _remove_stale(root: Path) -> None:
    try:
        in_use = installed(root)
    except GazetteerError:  # what is built now will mend it
        in_use = None
    for path in [*root.glob("building-*"), *root.glob("version-*")]:
        if path != in_use and time.time() - path.stat().st_mtime > _STALE_S:
            shutil.rmtree(path, ignore_errors=True)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _day_of(path: Path) -> str:
    """Return the day a file was made: GeoNames has no versions."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
