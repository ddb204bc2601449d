"""Processes and threads by state, and who leaves zombies behind."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from exporter.files import read
from exporter.naming import label
from exporter.sources import names
from exporter.table import Process, Table
from exporter.table import read as read_process
from medic.core.samples import Family, Labels, gauge, labels

NEGLECTFUL = 10
"""Names of parents that are told of; the rest are one."""
OTHER = "other"


class Census(NamedTuple):
    """What one sweep counted."""

    states: dict[str, int]
    """By the kernel's letter: R, S, D, Z (a zombie), T, I, ..."""
    threads_states: dict[str, int]
    processes: int
    threads: int
    zombies: dict[str, int]
    """By the name of the parent that has not reaped them."""


def collect(table: Table) -> list[Family]:
    """Give how many processes and threads are in each state, all of them, and the limits of both."""
    processes, proc = table.look(), table.proc
    return families(count(processes, proc), _limit(proc, "pid_max"), _limit(proc, "threads-max"))


def families(census: Census, most_processes: int, most_threads: int) -> list[Family]:
    """Lay out what was counted."""
    return [
        gauge("node_processes_state", "Number of processes in each state.", *_by("state", census.states)),
        gauge("node_processes_pids", "Number of PIDs", ((), census.processes)),
        gauge("node_processes_threads", "Allocated threads in system", ((), census.threads)),
        gauge(
            "node_processes_threads_state",
            "Number of threads in each state.",
            *_by("thread_state", census.threads_states),
        ),
        gauge("node_processes_max_processes", "Number of max PIDs limit", ((), most_processes)),
        gauge("node_processes_max_threads", "Limit of threads in the system", ((), most_threads)),
        gauge(
            "medic_zombie_processes",
            "Processes that have ended and that their parent has not reaped, by the parent's name.",
            *_by("parent", census.zombies),
        ),
    ]


def count(processes: Sequence[Process], proc: Path) -> Census:
    """Count *processes*; of those with several threads each thread is looked at, as it has a state of its own."""
    states = Counter(each.state for each in processes)
    single = Counter(each.state for each in processes if each.threads <= 1)
    crowds = (each for each in processes if each.threads > 1)
    threads = Counter(state for each in crowds for state in _states(each, proc))
    total = sum(each.threads for each in processes)
    return Census(dict(states), dict(single + threads), len(processes), total, zombies(processes))


def zombies(processes: Sequence[Process]) -> dict[str, int]:
    """Count zombies by their parent's name; of more than ten names those with the fewest are one, ``other``."""
    ended = [each for each in processes if each.ended]
    if not ended:
        return {}
    parents = {each.pid: label(each) for each in processes}
    counts = Counter(parents.get(each.parent, OTHER) for each in ended).most_common()
    told = dict(sorted(counts[:NEGLECTFUL]))
    rest = sum(number for _, number in counts[NEGLECTFUL:])
    return {**told, OTHER: told.get(OTHER, 0) + rest} if rest else told


def _states(process: Process, proc: Path) -> Iterator[str]:
    for task in names(f"{proc}/{process.pid}/task"):
        thread = read_process(proc, process.pid, f"/task/{task}")
        if thread is not None:
            yield thread.state


def _by(name: str, counts: dict[str, int]) -> Iterable[tuple[Labels, float]]:
    return ((labels({name: value}), number) for value, number in sorted(counts.items()))


def _limit(proc: Path, name: str) -> int:
    return int(read(f"{proc}/sys/kernel/{name}"))
