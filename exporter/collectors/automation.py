"""What the host's automation takes: Medic, its workers and jobs with all that they started, and Python at large."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from exporter.collector import Collector
from exporter.collectors.workers import PAGE, RESIDENT, START, STATE, SYSTEM, USER
from exporter.files import read_or_none
from medic.core.processes import CLOCK_TICKS
from medic.core.samples import Family, counter, gauge
from medic.core.workers import Pool

EVERY = 60.0
"""Seconds: the goals are looked at every five minutes, and each look visits every process."""
PARENT, WAITED_USER, WAITED_SYSTEM, VIRTUAL = 1, 13, 14, 20
"""Fields 4, 16, 17 and 23 of proc_pid_stat(5)."""
PYTHON = re.compile(r"(python|pypy)[0-9.]*[dt]?( \(deleted\))?")

Root = tuple[int, int]
"""Process number and start time."""


class Process(NamedTuple):
    """One process of a sweep, zombies left out."""

    pid: int
    parent: int
    start: int
    ticks: int
    """Clock ticks of CPU that it has used, and those of its children that have ended."""
    pages: int
    name: str
    virtual: int
    """Bytes; 0 of the kernel's own threads."""


class Automation:
    """Counts the CPU of trees of processes, which come and go, as one counter that never falls."""

    def __init__(
        self,
        adopted: Callable[[], Collection[Root]],
        time: Callable[[], float],
        *,
        proc: Path = Path("/proc"),
        own: int = 0,
    ) -> None:
        """Look at the tree below *own*, by default this process, and those below the *adopted* workers.

        *adopted* is asked in a thread; *time* is a monotonic clock in seconds.
        """
        self._adopted = adopted
        self._time = time
        self._proc = proc
        self._own = own or os.getpid()
        self._before: dict[Root, tuple[int, ...]] = {}
        self._looked: float | None = None
        self._ticks = 0.0

    def collect(self) -> list[Family]:
        """Sweep over all processes once."""
        looked = self._time()
        processes = list(_sweep(self._proc))
        found = trees(processes, {(each.pid, each.start) for each in processes if each.pid == self._own})
        adopted = set(self._adopted()) - {(each.pid, each.start) for tree in found.values() for each in tree}
        found |= trees(processes, adopted)
        self._count({root: sum(each.ticks for each in tree) for root, tree in found.items()}, looked)
        python = sum(runs_python(each, self._proc) for each in processes)
        return families(list(found.values()), self._ticks / CLOCK_TICKS, python)

    def _count(self, totals: Mapping[Root, int], looked: float) -> None:
        """Add what was used since the last sweep, but not more than all processors can give in that time."""
        rise = sum(risen(self._before.get(root), total, own=root[0] == self._own) for root, total in totals.items())
        if self._looked is not None:
            rise = min(rise, int((looked - self._looked) * CLOCK_TICKS * (os.cpu_count() or 1)) + 1)
        self._ticks += rise
        self._before = {root: (*self._before.get(root, ())[-1:], total) for root, total in totals.items()}
        self._looked = looked


def collector(
    pools: Callable[[], Sequence[Pool]], time: Callable[[], float], proc: Path = Path("/proc"), *, expose: bool = True
) -> Collector:
    """Build the collector ``automation``; *pools* is asked in a thread, and *time* is a monotonic clock."""
    automation = Automation(lambda: roots(pools()), time, proc=proc)
    return Collector("automation", "automation", automation.collect, cheap=False, every=EVERY, expose=expose)


def roots(pools: Iterable[Pool]) -> set[Root]:
    """Return the processes of all workers; an adopted one is no child of ours, whoever started it."""
    workers = (worker.process for pool in pools for worker in pool.workers)
    return {(process.pid, process.start) for process in workers if process is not None}


def parse(stat: str) -> Process | None:
    """Read a stat line; None of a process that has ended and only waits to be reaped."""
    name, _, rest = stat.partition("(")[2].rpartition(")")
    fields = rest.split()
    if fields[STATE] in {"Z", "X"}:
        return None
    return Process(
        pid=int(stat.partition(" ")[0]),
        parent=int(fields[PARENT]),
        start=int(fields[START]),
        ticks=sum(int(fields[each]) for each in (USER, SYSTEM, WAITED_USER, WAITED_SYSTEM)),
        pages=int(fields[RESIDENT]),
        name=name,
        virtual=int(fields[VIRTUAL]),
    )


def trees(processes: Sequence[Process], tops: Collection[Root]) -> dict[Root, list[Process]]:
    """Gather each of *tops* that lives with all its descendants; one below another top belongs to that one alone."""
    children: dict[int, list[Process]] = {}
    for each in processes:
        children.setdefault(each.parent, []).append(each)
    living = [each for each in processes if (each.pid, each.start) in tops]
    found = {(each.pid, each.start): list(_below(each, children)) for each in living}
    inner = {(each.pid, each.start) for root, tree in found.items() for each in tree if (each.pid, each.start) != root}
    return {root: tree for root, tree in found.items() if root not in inner}


def risen(before: tuple[int, ...] | None, total: int, *, own: bool) -> int:
    """Return by how much a tree's ticks rose; *before* holds the totals of up to two sweeps.

    When a process is reaped its ticks go over to its parent. Where a sweep misses both, the total falls and rises again
    at the next: held against the greater of two sweeps, nothing is counted twice. What an adopted worker used before it
    was first seen is none of ours to count; what this process did is.
    """
    if before is None:
        return total if own else 0
    return max(0, total - max(before))


def runs_python(process: Process, proc: Path) -> bool:
    """Tell by a process's program whether it is Python, by its name where that may not be read."""
    if not process.virtual:
        return False
    try:
        program = os.path.basename(os.readlink(f"{proc}/{process.pid}/exe"))  # noqa: PTH115, PTH119 - in a third of the time
    except OSError:
        program = process.name
    return PYTHON.fullmatch(program) is not None


def families(found: Sequence[Sequence[Process]], cpu_seconds: float, python: int) -> list[Family]:
    """Lay out what the trees use."""
    everyone = [each for tree in found for each in tree]
    return [
        counter(
            "medic_automation_cpu_seconds_total",
            "CPU time that Medic, its workers and jobs have used, with all that they started.",
            ((), cpu_seconds),
        ),
        gauge(
            "medic_automation_resident_memory_bytes",
            "Resident memory of Medic, its workers, its jobs and their children; what they share counts for each.",
            ((), sum(each.pages for each in everyone) * PAGE),
        ),
        gauge("medic_automation_processes", "Processes of Medic, its workers and jobs.", ((), len(everyone))),
        gauge("medic_python_processes", "Processes on the host that run Python, whoever started them.", ((), python)),
    ]


def _below(top: Process, children: Mapping[int, Sequence[Process]]) -> Iterator[Process]:
    waiting, seen = [top], set[int]()
    while waiting:
        each = waiting.pop()
        if each.pid not in seen:  # numbers are given anew, so that a sweep can show a circle
            seen.add(each.pid)
            waiting += children.get(each.pid, ())
            yield each


def _sweep(proc: Path) -> Iterator[Process]:
    with os.scandir(proc) as found:
        for entry in found:
            if entry.name.isdigit():
                stat = read_or_none(f"{proc}/{entry.name}/stat")
                process = parse(stat) if stat else None
                if process is not None:
                    yield process
