"""The process table: one sweep over /proc/PID/stat, shared by all who ask within a second."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
"""Bytes."""
SHARED = 1.0
"""Seconds for which one sweep serves every collector that looks at processes."""
START = 19
LONGEST = 1024
"""Bytes; a stat line has at most some 400."""
FIELDS = 22
"""Those behind the command's name that anybody here asks for; the rest is not even taken apart."""


class Process(NamedTuple):
    """One line of proc_pid_stat(5), whose numbers are read when they are asked for: most are not."""

    pid: int
    start: int
    """Clock ticks since boot when it started."""
    name: str
    """The command's name, of at most 15 bytes (the kernel's own threads may have more)."""
    fields: Sequence[bytes]
    """What stands behind the name, from the state (field 3) on."""

    @property
    def state(self) -> str:
        """The kernel's letter: R, S, D, Z (a zombie), T, I, ..."""
        return self.fields[0].decode()

    @property
    def ended(self) -> bool:
        """Tell whether it has ended and only waits to be reaped."""
        return self.fields[0] in {b"Z", b"X"}

    @property
    def parent(self) -> int:
        """The number of its parent."""
        return int(self.fields[1])

    @property
    def group(self) -> int:
        """The number of its process group."""
        return int(self.fields[2])

    @property
    def minor_faults(self) -> int:
        """Page faults that needed no disk."""
        return int(self.fields[7])

    @property
    def major_faults(self) -> int:
        """Page faults that needed the disk."""
        return int(self.fields[9])

    @property
    def user(self) -> int:
        """Clock ticks in user mode."""
        return int(self.fields[11])

    @property
    def system(self) -> int:
        """Clock ticks in the kernel."""
        return int(self.fields[12])

    @property
    def ticks(self) -> int:
        """Clock ticks of CPU that it has used, and those of its children that have ended and were waited for."""
        return sum(map(int, self.fields[11:15]))

    @property
    def threads(self) -> int:
        """How many threads it has."""
        return int(self.fields[17])

    @property
    def virtual(self) -> int:
        """Bytes of address space; 0 of the kernel's own threads."""
        return int(self.fields[20])

    @property
    def pages(self) -> int:
        """Resident pages."""
        return int(self.fields[21])

    @property
    def key(self) -> tuple[int, int]:
        """What makes it itself and no later one with its number, within one boot: number and start time."""
        return self.pid, self.start


def parse(pid: int, stat: bytes) -> Process | None:
    """Read a stat line, in whose name there may be spaces and parentheses; None when it is cut off."""
    head, _, tail = stat.rpartition(b")")
    fields = tail.split(None, FIELDS)
    if len(fields) < FIELDS or not fields[START].isdigit():
        return None
    return Process(pid, int(fields[START]), head.partition(b"(")[2].decode(errors="replace"), fields)


class Table:
    """The processes of a host; any thread may ask, and one sweep serves all that ask at about the same time."""

    def __init__(self, time: Callable[[], float], proc: Path = Path("/proc")) -> None:
        """Look at nothing yet; *time* is a monotonic clock in seconds."""
        self.proc = proc
        self._time = time
        self._lock = threading.Lock()
        self._looked: float | None = None
        self._processes: Sequence[Process] = ()

    def look(self) -> Sequence[Process]:
        """Return every process, zombies too, as they were at most a second ago; nobody may change the answer."""
        with self._lock:
            if self._looked is None or not 0 <= self._time() - self._looked < SHARED:
                self._processes = list(sweep(self.proc))
                self._looked = self._time()
            return self._processes


def sweep(proc: Path) -> Iterator[Process]:
    """Read the stat line of each process, 13 microseconds apiece; one that ends meanwhile is left out."""
    folder = str(proc)  # a Path is dear to format two thousand times
    for name in os.listdir(folder):  # noqa: PTH208 - in half the time
        if name.isdigit():
            process = read(folder, int(name))
            if process is not None:
                yield process


def read(proc: Path | str, pid: int, task: str = "") -> Process | None:
    """Read one process, or its thread *task* (``/task/7``); None when there is no such."""
    try:
        descriptor = os.open(f"{proc}/{pid}{task}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return parse(pid, os.read(descriptor, LONGEST))
    except OSError:  # it has ended between the two calls
        return None
    finally:
        os.close(descriptor)
