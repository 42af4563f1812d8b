"""The folder of a dataset, written part by part.

::

    manifest.json                     what the dataset was made from, with and by
    articles/part-000000.parquet ...  a row an article
    mentions/part-000000.parquet ...  GeoParquet, a row a mention
    rejects/part-000000.parquet  ...  what was not parsed, and why; where there is any

Each file is written whole or not at all, and the articles of a part last: where they are, and their
checksum fits what they would be made from, the part is done. The manifest is there only while the
dataset is whole.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geomap.batch.work import Counts, Part
from geomap.errors import OutputError, UsageError
from geomap.writing import locked, replacing

logger = logging.getLogger(__name__)

FORMAT = "geomap dataset 1"
MANIFEST = "manifest.json"
DUPLICATES = "duplicates.parquet"  # geomap.duplicates makes it
TABLES = ("rejects", "mentions", "articles")  # in the order in which a part's are written

_PART = re.compile(r"part-(\d{6,})\.parquet")


def is_dataset(path: str | Path) -> bool:
    """Whether a dataset, perhaps not a whole one, lies in a folder."""
    folder = Path(path)
    return (folder / MANIFEST).is_file() or all((folder / table).is_dir() for table in TABLES[1:])


def read_manifest(path: str | Path) -> dict[str, Any]:
    """Return the manifest of a dataset.

    Raises
    ------
    UsageError
        There is no dataset, or it is not whole, or of another version.
    """
    file = Path(path, MANIFEST)
    try:
        manifest = json.loads(file.read_bytes())
    except FileNotFoundError:
        if is_dataset(path):
            mend = "run the command that makes it again: it goes on where it stopped"
            raise UsageError(f"{path}: this dataset is not whole; {mend}") from None
        raise UsageError(f"{path}: no dataset; make one: geomap parse INPUT -o {path}/") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: cannot be read ({error}); make the dataset again") from error
    known = manifest.get("format") if isinstance(manifest, dict) else None
    if known != FORMAT:
        raise UsageError(f"{file}: not of the format {FORMAT!r}; make the dataset again")
    return dict(manifest)


class Dataset:
    """A dataset that is being written.

    Parameters
    ----------
    folder
        Where; made if it is not there, but the folder that it is in must be.

    Raises
    ------
    UsageError
        Something else lies there, or another run is writing to it.
    OutputError
        The folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._warned = False

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Keep other runs out meanwhile."""
        if not self.folder.parent.is_dir():
            above = self.folder.parent
            raise OutputError(f"{self.folder}: the folder {above} does not exist; make it first")
        if self.folder.exists() and not self.folder.is_dir():
            raise OutputError(f"{self.folder}: a file has this name; take another")
        if (self.folder / MANIFEST).exists():
            self._refuse_foreign_manifest()
        try:
            for table in TABLES:
                (self.folder / table).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be made: {error.strerror}") from error
        with locked(self.folder):
            for table in TABLES:
                for left in (self.folder / table).glob(".geomap-*"):
                    shutil.rmtree(left, ignore_errors=True)
            yield

    def _refuse_foreign_manifest(self) -> None:
        try:
            read_manifest(self.folder)
        except UsageError as error:
            text = (self.folder / MANIFEST).read_text("utf-8", "replace")
            if "geomap" not in text:
                mend = "take another folder"
                raise UsageError(
                    f"{self.folder}: holds something else than a dataset; {mend}"
                ) from error

    def done(self, number: int, checksum: str) -> Counts | None:
        """Return what part `number` holds if it is there, whole and made from the same."""
        from geomap.batch.tables import about_part

        path = self._path("articles", number)
        if not path.exists():
            return None
        about = about_part(path)
        if about is None:
            raise UsageError(f"{path}: not geomap's, or damaged; take it or the folder away")
        if (made_from := about.pop("checksum")) != checksum:
            if made_from and not self._warned:
                self._warned = True
                logger.warning(
                    "%s: what was made from other inputs, with other options or by another version"
                    " is made anew",
                    self.folder,
                )
            return None
        counts = Counts(**about)
        needed = ["mentions", *(["rejects"] if counts.n_rejects else [])]
        return counts if all(self._path(name, number).exists() for name in needed) else None

    def write(self, part: Part) -> None:
        """Write a part.

        Raises
        ------
        OutputError
            It cannot be written, for instance because the disk is full.
        """
        for derived in (MANIFEST, DUPLICATES):
            (self.folder / derived).unlink(missing_ok=True)
        self._path("articles", part.number).unlink(missing_ok=True)
        if part.rejects is None:
            self._path("rejects", part.number).unlink(missing_ok=True)
        for table, data in (
            ("rejects", part.rejects),
            ("mentions", part.mentions),
            ("articles", part.articles),
        ):
            if data is not None:
                _write(self._path(table, part.number), data)

    def finish(self, manifest: dict[str, Any], parts: int) -> None:
        """Take away what is left of a larger dataset, and write the manifest."""
        for table in TABLES:
            for path in (self.folder / table).iterdir():
                match = _PART.fullmatch(path.name)
                if match and int(match[1]) >= parts:
                    path.unlink()
        if not any((self.folder / "rejects").iterdir()):
            (self.folder / "rejects").rmdir()
        _write(self.folder / MANIFEST, _text({"format": FORMAT, **manifest}))

    def _path(self, table: str, number: int) -> Path:
        return self.folder / table / f"part-{number:06}.parquet"


def _text(manifest: dict[str, Any]) -> bytes:
    """Write JSON with a line an input and a line a partition."""
    lines = []
    for key, value in manifest.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list):
            rows = (json.dumps(row, ensure_ascii=False) for row in value)
            text = "[\n  " + ",\n  ".join(rows) + "\n ]"
        lines.append(f" {json.dumps(key)}: {text}")
    # What is not UTF-8 in the name of a file is a lone surrogate.
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("utf-8", "backslashreplace")


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(data)
