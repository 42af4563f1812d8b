"""Reads GeoNames' archives, in chunks of whole lines, and trusts none of them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from geomap.errors import InputError

#: GeoNames' texts are packed to a quarter or a fifth; what is packed tighter is no text of places.
_MOST_PACKED = 50
#: No row is that long: the longest column holds 10,000 characters.
_LONGEST_LINE = 1 << 20
_MEND = "download it anew"


def text_size(path: Path) -> int:
    """Return the unpacked size of an archive's text in bytes, once it is known to be safe."""
    return _open(path)[1].file_size


def read_chunks(path: Path, chunk_size: int = 1 << 22) -> Iterator[bytes]:
    """Yield the text of an archive in chunks of whole lines.

    Parameters
    ----------
    path
        ``UA.zip``, in which is ``UA.txt``.
    chunk_size
        About so many bytes each.

    Raises
    ------
    InputError
        If the archive is truncated or damaged, has no such text, has names that lead out of its
        folder, or is packed tighter than any text is (a zip bomb).
    """
    archive, member = _open(path)
    rest = b""
    try:
        with archive, archive.open(member) as file:
            while block := file.read(chunk_size):
                head, newline, tail = block.rpartition(b"\n")
                if newline:
                    yield rest + head + newline
                    rest = tail
                else:
                    rest += tail
                if len(rest) > _LONGEST_LINE:
                    raise InputError(
                        f"{path}: a line of over 1 MiB: no table of GeoNames'; {_MEND}"
                    )
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise InputError(f"{path}: truncated or damaged ({error}): {_MEND}") from error
    if rest:
        yield rest


def _open(path: Path) -> tuple[zipfile.ZipFile, zipfile.ZipInfo]:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise InputError(f"{path}: truncated or no zip archive ({error}): {_MEND}") from error
    for name in archive.namelist():
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in name:
            raise InputError(
                f"{path}: holds a file named {name!r}, which GeoNames' do not: {_MEND}"
            )
    try:
        member = archive.getinfo(f"{path.stem}.txt")
    except KeyError:
        raise InputError(f"{path}: there is no {path.stem}.txt in it: {_MEND}") from None
    if member.flag_bits & 1:
        raise InputError(f"{path}: encrypted: {_MEND}")
    if member.file_size > _MOST_PACKED * max(member.compress_size, 1):
        raise InputError(
            f"{path}: {member.file_size:,} bytes packed into {member.compress_size:,}: a zip bomb,"
            f" no table of GeoNames'; {_MEND}"
        )
    return archive, member
