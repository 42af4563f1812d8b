"""Which format a file gets, by its suffix; written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from geomap.errors import OutputError, UsageError
from geomap.export import linked_places, tables
from geomap.export.lines import to_lines
from geomap.export.tables import Tables
from geomap.records import ParsedArticle
from geomap.writing import check_target, replacing

LINES_SUFFIX = ".jsonl"


def write(atlas: Tables, path: str | Path) -> None:
    """Write an atlas in the format that the suffix of `path` names.

    Raises
    ------
    UsageError
        The suffix is none of `SUFFIXES`.
    OutputError
        The folder does not exist or the file cannot be written.
    """
    check(path)
    from pyogrio import errors

    try:
        with replacing(Path(path)) as temporary:
            _WRITERS[suffix_of(path)](atlas, temporary)
    except (errors.DataSourceError, errors.DataLayerError, errors.FeatureError) as error:
        raise OutputError(f"{path}: cannot be written: {error}; nothing was changed") from error


def write_lines(parsed: Iterable[ParsedArticle], path: str | Path) -> None:
    """Write JSON Lines as the articles come; errors as of `write`."""
    check(path, (LINES_SUFFIX,))
    with (
        replacing(Path(path)) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        file.writelines(to_lines(parsed))


def check(path: str | Path, suffixes: Sequence[str] | None = None) -> None:
    """Raise what `write` would raise for `path`, before any work is done for it.

    Parameters
    ----------
    path
        Where something is to be written.
    suffixes
        Those that are known; default: `SUFFIXES`.
    """
    known = SUFFIXES if suffixes is None else suffixes
    if suffix_of(path) not in known:
        raise UsageError(f"{path}: no format has this suffix; take one of {' '.join(known)}")
    check_target(Path(path))


def suffix_of(path: str | Path) -> str:
    """Return the suffix that names the format, which may have two parts (``.lpf.json``)."""
    name = Path(path).name.lower()
    return next(
        (suffix for suffix in SUFFIXES if name.endswith(suffix) and name != suffix),
        Path(path).suffix.lower(),
    )


def _write_lines(atlas: Tables, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(to_lines(atlas.parsed))


_WRITERS: dict[str, Callable[[Tables, Path], None]] = {
    LINES_SUFFIX: _write_lines,
    ".geojson": tables.write_geojson,
    ".gpkg": tables.write_geopackage,
    ".parquet": tables.write_geoparquet,
    ".csv": tables.write_csv,
    ".kml": tables.write_kml,
    ".lpf.json": linked_places.write,
    ".lpf": linked_places.write,
}

#: The suffixes that `write` knows.
SUFFIXES = tuple(_WRITERS)
