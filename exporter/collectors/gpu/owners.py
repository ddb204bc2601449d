"""Whose process it is that uses a GPU: a pool's worker, with all that it started, or nobody's."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from exporter.collectors.gpu.usage import Owner, People
from exporter.table import Process, read
from medic.core.workers import Pool

DEEPEST = 64
"""Generations that are climbed; numbers are given anew, so that a climb can run in a circle."""
HOST = "pid:[4026531836]"
"""The number space of the host itself: PROC_PID_INIT_INO of the kernel's proc_ns.h."""


Workers = Mapping[tuple[int, int], Owner]
"""Workers by process number and start time."""


def workers_of(pools: Iterable[Pool]) -> Workers:
    """Return the workers that have a process just now."""
    return {
        (worker.process.pid, worker.process.start): Owner(pool.name, worker.name)
        for pool in pools
        for worker in pool.workers
        if worker.process is not None
    }


def look_at(pid: int, proc: Path) -> Process | None:
    """Look at a process; None when there is none, or only its zombie, which holds no memory any more."""
    process = read(proc, pid)
    return None if process is None or process.ended else process


def owner_of(pid: int, workers: Workers, proc: Path) -> Owner | None:
    """Climb from a process to the worker that it is or comes from; None when it is nobody's."""
    owners = (workers.get(process.key) for process in _line(pid, proc))
    return next((owner for owner in owners if owner is not None), None)


def sees_host(proc: Path) -> bool:
    """Tell whether process numbers here are the host's own; in a container those of others are not to be seen."""
    try:
        return os.readlink(f"{proc}/self/ns/pid") == HOST  # noqa: PTH115 - a Path would take it for a file's name
    except OSError:
        return False


def _line(pid: int, proc: Path) -> Iterator[Process]:
    for _ in range(DEEPEST):
        process = look_at(pid, proc)
        if process is None:
            return
        yield process
        pid = process.parent


def people_of(pids: Iterable[int], pools: Iterable[Pool], proc: Path) -> People:
    """Look at the processes that use GPUs, and no others."""
    known = list(pools)
    workers = workers_of(known)
    living = {pid for pid in pids if look_at(pid, proc) is not None}
    found = {pid: owner for pid in living if (owner := owner_of(pid, workers, proc)) is not None}
    names = [pool.name for pool in known]
    return People(found, living, names, list(workers.values()), complete=sees_host(proc))
