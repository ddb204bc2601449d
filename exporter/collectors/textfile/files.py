"""Reading ``*.prom`` files: each only when it has changed, and none that is no plain file or has no end."""

import os
import stat
from collections.abc import Mapping
from glob import glob, has_magic
from pathlib import Path
from typing import NamedTuple

from exporter.collectors.textfile.parse import Declared, TextError, parse

LARGEST = 16 << 20
"""Bytes of the largest file that is read."""
ENDING = ".prom"

Stamp = tuple[int, int, int, int]
"""Device, inode, time of change in nanoseconds, size: while they stay, so does what the file says."""


class File(NamedTuple):
    """A file as it was read last."""

    stamp: Stamp
    families: tuple[Declared, ...] = ()
    error: str = ""
    """Why nothing of it is shown; empty when all of it is."""

    @property
    def modified(self) -> float:
        """When it was changed last, in seconds since the epoch."""
        return self.stamp[2] / 1_000_000_000


class Folder(NamedTuple):
    """What the folders of one pattern hold, by the path of each file."""

    files: Mapping[str, File]
    error: str = ""
    """Why a folder could not be looked into."""


def look(pattern: str, before: Mapping[str, File]) -> Folder:
    """Read the files that have changed since *before*; it may hang for as long as a dead mount does.

    A pattern that matches nothing is the name of a folder that has to be there.
    """
    folders = _folders(pattern)
    found: dict[str, File] = {}
    errors = [] if folders else [f"{pattern} matches no folder"]
    for folder in folders:
        try:
            paths = sorted(str(path) for path in folder.iterdir() if path.suffix == ENDING)
        except OSError as error:
            errors.append(f"{folder} cannot be read ({error.strerror})")
        else:
            found |= {path: _read(Path(path), before.get(path)) for path in paths}
    return Folder(found, "; ".join(errors))


def _folders(pattern: str) -> list[Path]:
    matching = sorted(glob(pattern)) if has_magic(pattern) else [pattern]  # noqa: PTH207 - Path.glob wants relative ones
    return [Path(folder) for folder in matching]


def _read(path: Path, before: File | None) -> File:
    try:
        stamp = _stamp(path.stat())
    except OSError as error:
        return File((0, 0, 0, 0), error=f"cannot be read ({error.strerror})")
    if before is not None and before.stamp == stamp:
        return before
    try:
        _check_name(path)
        return File(stamp, tuple(parse(_content(path))))
    except TextError as error:
        return File(stamp, error=str(error))
    except OSError as error:
        return File((0, 0, 0, 0), error=f"cannot be read ({error.strerror})")


def _stamp(found: os.stat_result) -> Stamp:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "no regular file")
    if found.st_size > LARGEST:
        raise OSError(0, f"larger than {LARGEST >> 20} MiB")
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _check_name(path: Path) -> None:
    """Raise TextError for a file whose name could not stand on a page, which has labels in UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise TextError("has a name that is not UTF-8; rename it") from None


def _content(path: Path) -> bytes:
    """Return the whole file; opening does not wait, should it have become a pipe meanwhile.

    No more is read than it says that it holds: files of the kernel say 0, and some of them keep their reader waiting.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        *_, size = _stamp(os.fstat(descriptor))
        return file.read(size)
