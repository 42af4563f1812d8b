"""Products are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geomap.errors import OutputError


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
            temporary.replace(path)
    except OutputError:
        raise
    except OSError as error:
        cause = error.strerror or error
        raise OutputError(f"{path}: cannot be written: {cause}; nothing was changed") from error
