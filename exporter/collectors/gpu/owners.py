"""Whose process it is that uses a GPU: a pool's worker, with all that it started, or nobody's."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from exporter.collectors.gpu.usage import Owner, People
from exporter.collectors.workers import START, STATE
from exporter.files import read_or_none
from medic.core.workers import Pool

PARENT = 1
"""Where it stands behind the command's name: field 4 of proc_pid_stat(5)."""
DEEPEST = 64
"""Generations that are climbed; numbers are given anew, so that a climb can run in a circle."""
HOST = "pid:[4026531836]"
"""The number space of the host itself: PROC_PID_INIT_INO of the kernel's proc_ns.h."""


class Process(NamedTuple):
    """Of a living process what tells where it comes from."""

    parent: int
    start: int


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
    stat = read_or_none(f"{proc}/{pid}/stat")
    if not stat:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[STATE] in {"Z", "X"} else Process(int(fields[PARENT]), int(fields[START]))


def owner_of(pid: int, workers: Workers, proc: Path) -> Owner | None:
    """Climb from a process to the worker that it is or comes from; None when it is nobody's."""
    for number, process in _line(pid, proc):
        if (owner := workers.get((number, process.start))) is not None:
            return owner
    return None


def sees_host(proc: Path) -> bool:
    """Tell whether process numbers here are the host's own; in a container those of others are not to be seen."""
    try:
        return os.readlink(f"{proc}/self/ns/pid") == HOST  # noqa: PTH115 - a Path would take it for a file's name
    except OSError:
        return False


def _line(pid: int, proc: Path) -> Iterator[tuple[int, Process]]:
    for _ in range(DEEPEST):
        process = look_at(pid, proc)
        if process is None:
            return
        yield pid, process
        pid = process.parent


def people_of(pids: Iterable[int], pools: Iterable[Pool], proc: Path) -> People:
    """Look at the processes that use GPUs, and no others."""
    known = list(pools)
    workers = workers_of(known)
    living = {pid for pid in pids if look_at(pid, proc) is not None}
    found = {pid: owner for pid in living if (owner := owner_of(pid, workers, proc)) is not None}
    names = [pool.name for pool in known]
    return People(found, living, names, list(workers.values()), complete=sees_host(proc))
