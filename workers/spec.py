"""What a pool should be: its command, how many workers, and how they are stopped."""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from medic.core.errors import MedicError
from medic.core.targets import Target, TargetKind


class End(StrEnum):
    """What becomes of a pool's workers when the daemon ends."""

    STOP = "stop"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class PoolSpec:
    """One pool as it is configured."""

    name: str
    command: tuple[str, ...]
    """The argument list that is executed, resolved by ``resolve``; never a shell line."""
    count: int = 1
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables on top of the daemon's own."""
    cwd: Path | None = None
    heartbeat: timedelta | None = None
    """A worker silent for longer is hung; None judges it by its process alone."""
    stop_timeout: timedelta = timedelta(seconds=10)
    """How long a worker may take to end after TERM before it is killed."""
    after: tuple[str, ...] = ()
    """Pools that are started before this one and stopped after it."""
    on_exit: End = End.STOP

    @property
    def digest(self) -> str:
        """Sixteen hex digits that change with what a worker runs, so that one of an older configuration is known."""
        parts = (self.command, sorted(self.env.items()), str(self.cwd), self.heartbeat)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def resolve(argv: Sequence[str]) -> tuple[str, ...]:
    """Make *argv* executable: ``medic`` as its first word means this installation, whatever the PATH holds.

    Raises MedicError for an empty list.
    """
    if not argv:
        raise MedicError("the command is empty: write a list such as [medic, worker, --queue, default]")
    if argv[0] == "medic":
        return (sys.executable, "-P", "-m", "medic", *argv[1:])
    return tuple(argv)


def by_name(specs: Sequence[PoolSpec]) -> dict[str, PoolSpec]:
    """Index *specs*; raises MedicError for two of one name, and for pools that wait for each other in a circle."""
    twice = {spec.name for spec in specs if sum(spec.name == other.name for other in specs) > 1}
    if twice:
        raise MedicError(f"workers: the pool {min(twice)!r} is there twice: give each entry a name of its own")
    tiers(specs)
    return {spec.name: spec for spec in specs}


def find_pool(specs: Mapping[str, PoolSpec], name: str) -> PoolSpec:
    """Return a pool's spec; raises MedicError that names those that there are."""
    if name not in specs:
        known = ", ".join(sorted(specs)) or "none"
        raise MedicError(f"there is no pool {name!r}: configured under `workers:` are {known}")
    return specs[name]


def check_target(specs: Mapping[str, PoolSpec], target: Target) -> None:
    """Raise MedicError unless *target* is a pool, or a worker in one of a pool's slots."""
    if target.kind not in {TargetKind.POOL, TargetKind.WORKER}:
        raise MedicError(f"{target} has no workers: write pool:NAME or worker:POOL/SLOT")
    count = find_pool(specs, target.pool).count
    if target.slot > count:
        raise MedicError(f"there is no {target}: pool {target.pool} has {count} slots, numbered from 1")


def tiers(specs: Sequence[PoolSpec]) -> tuple[tuple[str, ...], ...]:
    """Group pools so that each comes in a later group than all it is ``after``; names that are no pool are passed over.

    Raises MedicError that names the pools of a cycle.
    """
    names = {spec.name for spec in specs}
    sorter = TopologicalSorter({spec.name: names.intersection(spec.after) for spec in specs})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise MedicError(f"workers: the pools wait for each other ({circle}): take one `after` out") from error
    groups = []
    while sorter.is_active():
        groups.append(ready := tuple(sorted(sorter.get_ready())))
        sorter.done(*ready)
    return tuple(groups)
