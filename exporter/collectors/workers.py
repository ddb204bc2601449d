"""Pools and their workers: who is up, who should be, how often they were replaced, and what they use."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from exporter.collector import Collector
from exporter.files import read_or_none
from medic.core.processes import CLOCK_TICKS, boot_id
from medic.core.samples import Family, Labels, counter, gauge, labels
from medic.core.workers import ExitReason, Pool, ProcessId, SlotState, Worker

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
STATE, USER, SYSTEM, START, RESIDENT = 0, 11, 12, 19, 21
"""Where they stand behind the command's name: fields 3, 14, 15, 22 and 24 of proc_pid_stat(5)."""


class Usage(NamedTuple):
    """What a process has used."""

    cpu_seconds: float
    resident_bytes: int


def collector(pools: Callable[[], Sequence[Pool]], proc: Path = Path("/proc"), *, expose: bool = True) -> Collector:
    """Build the collector ``workers``, which asks *pools* on the loop's own thread."""

    def collect() -> list[Family]:
        known = pools()
        return families(known, usages(known, proc))

    return Collector("workers", "workers", collect, inline=True, expose=expose)


def usages(pools: Iterable[Pool], proc: Path) -> dict[ProcessId, Usage]:
    """Look at the known processes alone; one that has ended, or whose number another has now, is left out."""
    processes = [worker.process for pool in pools for worker in pool.workers if worker.process is not None]
    found = ((process, read_or_none(f"{proc}/{process.pid}/stat")) for process in processes)
    read = ((process, usage_of(process, stat)) for process, stat in found if stat is not None)
    return {process: usage for process, usage in read if usage is not None and process.boot in {"", boot_id()}}


def usage_of(process: ProcessId, stat: str) -> Usage | None:
    """Read a stat line; None when it is a zombie's, or of another process that has the same number now."""
    fields = stat.rpartition(")")[2].split()
    if fields[STATE] in {"Z", "X"} or int(fields[START]) != process.start:
        return None
    return Usage((int(fields[USER]) + int(fields[SYSTEM])) / CLOCK_TICKS, int(fields[RESIDENT]) * PAGE)


def families(pools: Sequence[Pool], used: Mapping[ProcessId, Usage]) -> list[Family]:
    """Lay out pools and workers; restarts are there as 0 for each reason from the start."""
    workers = [(labels(pool=each.pool, worker=each.name), each) for pool in pools for each in pool.workers]
    return [*_of_pools(pools), *_of_workers(workers), *_of_usages(workers, used)]


def _of_pools(pools: Sequence[Pool]) -> list[Family]:
    return [
        gauge(
            "medic_worker_processes",
            "Processes that hold the slots of the pool, those that are being stopped included.",
            *((labels(pool=pool.name), sum(each.process is not None for each in pool.workers)) for pool in pools),
        ),
        gauge(
            "medic_worker_processes_expected",
            "Workers that the pool should have.",
            *((labels(pool=pool.name), pool.expected) for pool in pools),
        ),
        counter(
            "medic_worker_restarts_total",
            "Workers that were started in place of another, by the reason why that one ended.",
            *(row for pool in pools for row in _restarts(pool)),
        ),
    ]


def _restarts(pool: Pool) -> list[tuple[Labels, float]]:
    counts = dict(pool.restarts)
    return [(labels(pool=pool.name, reason=reason), counts.get(reason, 0)) for reason in ExitReason]


def _of_workers(workers: Sequence[tuple[Labels, Worker]]) -> list[Family]:
    return [
        gauge(
            "medic_worker_up",
            "Whether the slot's worker runs.",
            *((pairs, int(worker.state is SlotState.RUNNING)) for pairs, worker in workers),
        ),
        gauge(
            "medic_worker_start_time_seconds",
            "When the worker's process started, in unixtime.",
            *((pairs, worker.since.timestamp()) for pairs, worker in workers if worker.since is not None),
        ),
    ]


def _of_usages(workers: Sequence[tuple[Labels, Worker]], used: Mapping[ProcessId, Usage]) -> list[Family]:
    rows = [(pairs, used[each.process]) for pairs, each in workers if each.process is not None and each.process in used]
    return [
        counter(
            "medic_worker_cpu_seconds_total",
            "CPU time that the worker's process has used.",
            *((pairs, usage.cpu_seconds) for pairs, usage in rows),
        ),
        gauge(
            "medic_worker_resident_memory_bytes",
            "Resident memory of the worker's process.",
            *((pairs, usage.resident_bytes) for pairs, usage in rows),
        ),
    ]
