"""What the host's automation takes: Medic, its workers and jobs with all that they started, and Python at large."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from exporter.collector import Collector
from exporter.table import Process, Table
from exporter.trees import Root, Tree, count, resident, risen, trees
from medic.core.processes import CLOCK_TICKS
from medic.core.samples import Family, counter, gauge
from medic.core.workers import Pool

EVERY = 60.0
"""Seconds: the goals are looked at every five minutes, and each look visits every process."""
PYTHON = re.compile(r"(python|pypy)[0-9.]*[dt]?( \(deleted\))?")


class Automation:
    """Counts the CPU of trees of processes, which come and go, as one counter that never falls."""

    def __init__(
        self,
        adopted: Callable[[], Collection[Root]],
        time: Callable[[], float],
        table: Table,
        *,
        own: int = 0,
    ) -> None:
        """Look at the tree below *own*, by default this process, and those below the *adopted* workers.

        *adopted* is asked in a thread; *time* is a monotonic clock in seconds.
        """
        self._adopted = adopted
        self._time = time
        self._table = table
        self._own = own or os.getpid()
        self._before: dict[Root, tuple[int, ...]] = {}
        self._looked: float | None = None
        self._ticks = 0.0

    def collect(self) -> list[Family]:
        """Sweep over all processes once."""
        looked = self._time()
        processes = self._table.look()
        found = trees(processes, {each.key for each in processes if each.pid == self._own})
        adopted = set(self._adopted()) - {each.key for tree in found.values() for each in tree}
        found |= trees(processes, adopted)
        self._count({root: sum(each.ticks for each in tree) for root, tree in found.items()}, looked)
        python = sum(runs_python(each, self._table.proc) for each in processes)
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
    pools: Callable[[], Sequence[Pool]], time: Callable[[], float], table: Table | None = None, *, expose: bool = True
) -> Collector:
    """Build the collector ``automation``; *pools* is asked in a thread, and *time* is a monotonic clock."""
    automation = Automation(lambda: roots(pools()), time, table or Table(time))
    return Collector("automation", "automation", automation.collect, cheap=False, every=EVERY, expose=expose)


def roots(pools: Iterable[Pool]) -> set[Root]:
    """Return the processes of all workers; an adopted one is no child of ours, whoever started it."""
    workers = (worker.process for pool in pools for worker in pool.workers)
    return {(process.pid, process.start) for process in workers if process is not None}


def runs_python(process: Process, proc: Path) -> bool:
    """Tell by a process's program whether it is Python, by its name where that may not be read."""
    if not process.virtual:
        return False
    try:
        program = os.path.basename(os.readlink(f"{proc}/{process.pid}/exe"))  # noqa: PTH115, PTH119 - in a third of the time
    except OSError:
        program = process.name
    return PYTHON.fullmatch(program) is not None


def families(found: Sequence[Tree], cpu_seconds: float, python: int) -> list[Family]:
    """Lay out what the trees use."""
    return [
        counter(
            "medic_automation_cpu_seconds_total",
            "CPU time that Medic, its workers and jobs have used, with all that they started.",
            ((), cpu_seconds),
        ),
        gauge(
            "medic_automation_resident_memory_bytes",
            "Resident memory of Medic, its workers, its jobs and their children; what they share counts for each.",
            ((), sum(map(resident, found))),
        ),
        gauge("medic_automation_processes", "Processes of Medic, its workers and jobs.", ((), sum(map(count, found)))),
        gauge("medic_python_processes", "Processes on the host that run Python, whoever started them.", ((), python)),
    ]
