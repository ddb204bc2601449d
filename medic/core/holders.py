"""Who holds a file open, as /proc tells."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from medic.core.processes import identify
from medic.core.workers import ProcessId


def holders(path: Path) -> tuple[ProcessId, ...]:
    """Return the processes that have *path* open, this one left out; those of other users only root can see.

    Costs some microseconds for each open descriptor of the host, so it is for the rare case alone. Descriptors are
    looked at only when their name ends like *path*'s: a ``stat`` of a file on a dead network mount would block.
    """
    try:
        wanted = path.stat()
    except OSError:
        return ()
    return tuple(found for found in _processes() if _holds(found.pid, path.name, (wanted.st_dev, wanted.st_ino)))


def _processes() -> Iterator[ProcessId]:
    """Identify each before its descriptors are read, so that who reuses its number is never taken for it."""
    with os.scandir("/proc") as entries:
        pids = [int(entry.name) for entry in entries if entry.name.isdigit()]
    for pid in pids:
        if pid != os.getpid() and (identity := identify(pid)) is not None:
            yield identity


def _holds(pid: int, name: str, wanted: tuple[int, int]) -> bool:
    with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as descriptors:
        return any(_is(descriptor.path, name, wanted) for descriptor in descriptors)
    return False


def _is(descriptor: str, name: str, wanted: tuple[int, int]) -> bool:
    with contextlib.suppress(OSError):
        if os.path.basename(os.readlink(descriptor)) == name:  # noqa: PTH115, PTH119 - runs for each descriptor of the host
            found = os.stat(descriptor)  # noqa: PTH116 - as above
            return (found.st_dev, found.st_ino) == wanted
    return False
