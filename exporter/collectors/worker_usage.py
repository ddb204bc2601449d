"""What workers use, each with all that it started: browsers and compilers are where a worker's memory goes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from exporter.collector import Collector
from exporter.table import Table
from exporter.trees import Meter, Root, branches, count, resident
from medic.core.processes import CLOCK_TICKS, boot_id
from medic.core.samples import Family, counter, gauge, labels
from medic.core.workers import Pool, Worker


class Usage(NamedTuple):
    """What a worker and its children have."""

    worker: Worker
    cpu_seconds: float
    """Used since the worker's start, by children that have ended, too."""
    resident_bytes: int
    processes: int


class Usages:
    """Follows the trees of all workers from sweep to sweep."""

    def __init__(self, table: Table) -> None:
        """Look at nothing yet."""
        self._table = table
        self._meter = Meter()

    def look(self, pools: Iterable[Pool]) -> list[Usage]:
        """Look at the workers that live; one whose number another process has now, or of another boot, is left out."""
        workers = roots(pools)
        found = branches(self._table.look() if workers else [], workers)
        ticks = self._meter.count(found)
        return [
            Usage(workers[root], ticks[root] / CLOCK_TICKS, resident(tree), count(tree)) for root, tree in found.items()
        ]


def collector(pools: Callable[[], Sequence[Pool]], table: Table, *, expose: bool = True) -> Collector:
    """Build the collector ``worker_usage`` of the group ``workers``; *pools* is asked in a thread."""
    usages = Usages(table)

    def collect() -> list[Family]:
        return families(usages.look(pools()))

    return Collector("worker_usage", "workers", collect, cheap=False, expose=expose)


def roots(pools: Iterable[Pool]) -> Mapping[Root, Worker]:
    """Return the workers of this boot by what makes their process itself."""
    workers = ((each, each.process) for pool in pools for each in pool.workers)
    return {
        (process.pid, process.start): worker
        for worker, process in workers
        if process is not None and process.boot in {"", boot_id()}
    }


def families(usages: Iterable[Usage]) -> list[Family]:
    """Lay out what the workers use."""
    rows = [(labels(pool=each.worker.pool, worker=each.worker.name), each) for each in usages]
    return [
        counter(
            "medic_worker_cpu_seconds_total",
            "CPU time that the worker and its children have used.",
            *((pairs, usage.cpu_seconds) for pairs, usage in rows),
        ),
        gauge(
            "medic_worker_resident_memory_bytes",
            "Resident memory of the worker and its children; what they share counts for each.",
            *((pairs, usage.resident_bytes) for pairs, usage in rows),
        ),
        gauge(
            "medic_worker_tree_processes",
            "Processes of the worker: itself and its children.",
            *((pairs, usage.processes) for pairs, usage in rows),
        ),
    ]
