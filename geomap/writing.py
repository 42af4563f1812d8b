"""Products are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geomap.errors import OutputError, UsageError


def check_target(path: Path) -> None:
    """Raise `OutputError` unless a file can be written at `path`, before work is done for it."""
    if not path.parent.is_dir():
        raise OutputError(f"{path}: the folder {path.parent} does not exist; make it first")
    if path.is_dir():
        raise OutputError(f"{path}: a folder has this name; take another")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"{path}: no permission to write in {path.parent}; take another folder")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the path of a new file, which takes the place of `path` if all goes well.

    It lies in a folder of its own beside `path`, as does whatever a library writes beside it.

    Raises
    ------
    OutputError
        The file cannot be written; what was at `path` before is still there.
    """
    check_target(path)
    try:
        with tempfile.TemporaryDirectory(prefix=".geomap-", dir=path.parent) as folder:
            temporary = Path(folder, path.name)
            yield temporary
            _flush(temporary)
            temporary.replace(path)
    except OutputError:
        raise
    except OSError as error:
        cause = error.strerror or error
        raise OutputError(f"{path}: cannot be written: {cause}; nothing was changed") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder meanwhile; the lock ends with the process, however it ends.

    Raises
    ------
    UsageError
        Another run is writing to it.
    """
    try:
        import fcntl
    except ImportError:  # Windows: two runs at once are the user's to avoid
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            mend = "wait until it ends"
            raise UsageError(f"{folder}: another run is writing to it; {mend}") from None
        except OSError:  # of file systems that know no locks, the same is true
            pass
        yield
    finally:
        os.close(handle)


def _flush(path: Path) -> None:
    """Bring a file to the disk: some file systems say only then that they are full."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
