"""Whose memory a GPU holds: by pool, by worker, and what nobody who lives holds."""

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from exporter.collectors.gpu.readings import Processes, Reading

K = TypeVar("K")

USED, RESERVED = "memory.used [MiB]", "memory.reserved [MiB]"
"""Where the driver does not tell what is reserved, it counts that as used."""


class Owner(NamedTuple):
    """A worker that a process belongs to."""

    pool: str
    worker: str
    """``pool/slot``."""


@dataclass(frozen=True, slots=True)
class People:
    """What is known of the processes that use GPUs."""

    owners: Mapping[int, Owner]
    """Of those that are a worker or come from one."""
    living: Collection[int]
    pools: Sequence[str] = ()
    workers: Sequence[Owner] = ()
    """All that have a process, whether they use a GPU or not."""
    complete: bool = True
    """Whether all processes of the host can be seen; else nobody can say what is orphaned."""

    def pool_of(self, pid: int) -> str:
        """Return the pool that a process works for; empty when it is nobody's."""
        return self.owners[pid].pool if pid in self.owners else ""


def most(lists: Iterable[Processes]) -> Processes:
    """Merge lists of the same memory: a process that stands in several is counted once."""
    return _merge(lists, max)


def add(lists: Iterable[Processes]) -> Processes:
    """Merge lists of different memory; what is not known of one is not known of the sum."""
    return _merge(lists, operator.add)


def by_pool(processes: Processes, people: People) -> dict[str, int]:
    """Add up what each pool holds, 0 where it is nothing; ``""`` is nobody's. A sum that is not known is left out."""
    known = [{pool: 0} for pool in people.pools]
    return _told(_merge([*known, *({people.pool_of(pid): processes[pid]} for pid in _living(processes, people))]))


def by_worker(lists: Iterable[Processes], people: People) -> dict[Owner, int]:
    """Add up what each worker holds on all GPUs, 0 where it is nothing. A sum that is not known is left out."""
    held: list[Mapping[Owner, int | None]] = [{worker: 0} for worker in people.workers]
    for processes in lists:
        held += [{people.owners[pid]: processes[pid]} for pid in _living(processes, people) if pid in people.owners]
    return _told(_merge(held))


def orphaned(reading: Reading, people: People) -> float | None:
    """Return the bytes that are used and that no living process holds; None when that is not to be known."""
    values, processes = reading.values, reading.processes
    if processes is None or not people.complete or RESERVED not in values or USED not in values:
        return None
    held = _merge([{"": processes[pid]} for pid in _living(processes, people)] or [{"": 0}])[""]
    return None if held is None else max(0.0, values[USED] - held)


def _living(processes: Processes, people: People) -> list[int]:
    return [pid for pid in processes if pid in people.living]


def _merge(
    lists: Iterable[Mapping[K, int | None]], join: Callable[[int, int], int] = operator.add
) -> dict[K, int | None]:
    merged: dict[K, int | None] = {}
    for each in lists:
        for key, used in each.items():
            before = merged.get(key, 0)
            merged[key] = None if used is None or before is None else join(before, used)
    return merged


def _told(sums: Mapping[K, int | None]) -> dict[K, int]:
    return {key: used for key, used in sums.items() if used is not None}
