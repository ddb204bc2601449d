"""Processes by state, from one sweep over /proc/PID/stat."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from exporter.files import read, read_or_none
from medic.core.samples import Family, gauge, labels

STATE, THREADS = 0, 17
"""Where they stand behind the command's name: fields 3 and 20 of proc_pid_stat(5)."""


class Census(NamedTuple):
    """What one sweep counted."""

    states: dict[str, int]
    """By the kernel's letter: R, S, D, Z (a zombie), T, I, ..."""
    processes: int
    threads: int


def collect(proc: Path) -> list[Family]:
    """Give how many processes are in each state, all of them, their threads, and the limits of both."""
    census = count(_stats(proc))
    limits = (
        ("node_processes_max_processes", "Number of max PIDs limit", f"{proc}/sys/kernel/pid_max"),
        ("node_processes_max_threads", "Limit of threads in the system", f"{proc}/sys/kernel/threads-max"),
    )
    return [
        gauge(
            "node_processes_state",
            "Number of processes in each state.",
            *((labels(state=state), number) for state, number in sorted(census.states.items())),
        ),
        gauge("node_processes_pids", "Number of PIDs", ((), census.processes)),
        gauge("node_processes_threads", "Allocated threads in system", ((), census.threads)),
        *(gauge(name, help_, ((), int(read(path)))) for name, help_, path in limits),
    ]


def count(stats: Iterator[str]) -> Census:
    """Count the processes whose stat lines these are; a command's name may hold spaces and parentheses."""
    states: Counter[str] = Counter()
    threads = 0
    for stat in stats:
        fields = stat.rpartition(")")[2].split()
        states[fields[STATE]] += 1
        threads += int(fields[THREADS])
    return Census(dict(states), states.total(), threads)


def _stats(proc: Path) -> Iterator[str]:
    with os.scandir(proc) as found:
        for entry in found:
            if entry.name.isdigit():
                stat = read_or_none(f"{proc}/{entry.name}/stat")
                if stat is not None:  # else it has ended meanwhile
                    yield stat
