"""A closer look at one process: what its stat line does not tell."""

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from exporter.collectors.groups.counts import Counts
from exporter.table import Process
from exporter.table import read as read_process

LONGEST = 4096
"""Bytes of a command line that patterns see, as it may hold megabytes."""
STATUS = 1 << 16
"""Bytes of a status: it names all groups of the user, of which a directory can give hundreds."""
KIB = 1024


class Thread(NamedTuple):
    """One thread; of a process with several."""

    key: tuple[int, int]
    name: str
    state: str
    wchan: str
    """The function of the kernel in which it waits; empty while it runs, and when we may not know."""
    counts: Counts


class Look(NamedTuple):
    """What was read of a process; None is what could not be."""

    counts: Counts
    swapped: int | None = None
    """Bytes."""
    proportional: int | None = None
    """Bytes of resident memory, where what several processes share counts in parts."""
    proportional_swap: int | None = None
    descriptors: int | None = None
    wchan: str = ""
    threads: tuple[Thread, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Tell whether something of it was kept from us."""
        return self.descriptors is None or None in self.counts


class Inspected:
    """The subject of the question where a process belongs, each part of it read once and only when it is asked for."""

    def __init__(self, proc: Path, pid: int, comm: str) -> None:
        """Read nothing yet."""
        self.pid = pid
        self.comm = comm
        self._folder = f"{proc}/{pid}"

    @cached_property
    def argv(self) -> list[str]:
        """The words of the command line, which a program may have overwritten with one long one."""
        text = (_read(f"{self._folder}/cmdline") or b"").rstrip(b"\0")
        return text.decode(errors="replace").split("\0") if text else []

    @cached_property
    def program(self) -> str:
        """The path of the program; empty when we may not know."""
        try:
            return os.readlink(f"{self._folder}/exe")  # noqa: PTH115 - in a third of the time
        except OSError:
            return ""

    @cached_property
    def units(self) -> frozenset[str]:
        """The parts of the paths of its control groups (cgroups(7)): ``0::/system.slice/nginx.service``."""
        lines = (_read(f"{self._folder}/cgroup") or b"").decode(errors="replace").splitlines()
        return frozenset(part for line in lines for part in line.split(":", 2)[-1].split("/") if part)


def inspect(proc: Path, process: Process, *, smaps: bool, threads: bool, real: bool = True) -> Look:
    """Look closely at a process; what has ended meanwhile, or is not ours to know, is None.

    *real* tells that *proc* is the kernel's own.
    """
    folder = f"{proc}/{process.pid}"
    status = _read(f"{folder}/status", STATUS)
    rollup = _read(f"{folder}/smaps_rollup") if smaps and process.virtual else None
    return Look(
        counts=_counts(process, status, _read(f"{folder}/io")),
        swapped=_bytes(status, b"\nVmSwap:") if process.virtual else 0,
        proportional=_bytes(rollup, b"\nPss:") if process.virtual else 0,
        proportional_swap=_bytes(rollup, b"\nSwapPss:") if process.virtual else 0,
        descriptors=_descriptors(f"{folder}/fd", real=real),
        wchan=_wchan(folder) if threads else "",
        threads=tuple(_threads(proc, process)) if threads and process.threads > 1 else (),
    )


def read_limit(proc: Path, pid: int) -> int | None:
    """Return how many descriptors a process may have open; None when we may not know or there is no limit."""
    text = _read(f"{proc}/{pid}/limits")
    return None if text is None else number(text, b"\nMax open files")


def number(text: bytes, key: bytes) -> int | None:
    """Return the number that follows *key*; None when there is no such key, or no number behind it."""
    at = text.find(key)
    if at < 0:
        return None
    words = text[at + len(key) : at + len(key) + 48].split(None, 1)
    return int(words[0]) if words and words[0].isdigit() else None


def _counts(process: Process, status: bytes | None, io: bytes | None) -> Counts:
    return Counts(
        process.user,
        process.system,
        process.minor_faults,
        process.major_faults,
        number(status, b"\nvoluntary_ctxt_switches:") if status else None,
        number(status, b"\nnonvoluntary_ctxt_switches:") if status else None,
        number(io, b"\nread_bytes:") if io else None,
        number(io, b"\nwrite_bytes:") if io else None,
    )


def _threads(proc: Path, process: Process) -> Iterator[Thread]:
    try:
        tasks = os.listdir(f"{proc}/{process.pid}/task")  # noqa: PTH208 - in half the time
    except OSError:
        return
    for task in tasks:
        line = read_process(proc, process.pid, f"/task/{task}")
        if line is not None:
            folder = f"{proc}/{process.pid}/task/{task}"
            counts = _counts(line, _read(f"{folder}/status", STATUS), _read(f"{folder}/io"))
            yield Thread((int(task), line.start), line.name, line.state, _wchan(folder), counts)


def is_procfs(proc: Path) -> bool:
    """Tell whether this is the kernel's own and no recorded tree: its root is always number 1."""
    try:
        return proc.stat().st_ino == 1
    except OSError:
        return False


def _descriptors(folder: str, *, real: bool) -> int | None:
    """Count open descriptors: since Linux 6.2 their number is the folder's size, before that it is 0."""
    try:
        return (os.stat(folder).st_size if real else 0) or len(os.listdir(folder))  # noqa: PTH116, PTH208 - as above
    except OSError:
        return None


def _wchan(folder: str) -> str:
    text = (_read(f"{folder}/wchan") or b"").decode(errors="replace").strip()
    return "" if text == "0" else text


def _bytes(text: bytes | None, key: bytes) -> int | None:
    kib = number(text, key) if text else None
    return None if kib is None else kib * KIB


def _read(path: str, most: int = LONGEST) -> bytes | None:
    """Return the first *most* bytes of a file; None when it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(descriptor, most)
    except OSError:
        return None
    finally:
        os.close(descriptor)
