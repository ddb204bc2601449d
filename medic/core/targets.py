"""What can be healed: targets, written ``kind:name``, or ``host``."""

import re
from dataclasses import dataclass
from enum import StrEnum

from medic.core.errors import MisuseError


class TargetKind(StrEnum):
    """The kinds of things that an attempt may touch."""

    HOST = "host"
    POOL = "pool"
    WORKER = "worker"
    QUEUE = "queue"
    UNIT = "unit"
    CONTAINER = "container"
    PROBE = "probe"
    JOB = "job"
    GPU = "gpu"


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """One thing that can be healed; ``str()`` gives it back as people write it."""

    kind: TargetKind
    name: str = ""

    def __str__(self) -> str:
        """Write it as ``kind:name``, or ``host``."""
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)

    def covers(self, other: "Target") -> bool:
        """Tell whether an attempt on this is also an attempt on *other*: a pool covers its workers."""
        if self == other:
            return True
        return self.kind is TargetKind.POOL and other.kind is TargetKind.WORKER and other.pool == self.name

    @property
    def pool(self) -> str:
        """The pool's name of a pool or a worker, else empty."""
        if self.kind is TargetKind.WORKER:
            return self.name.rpartition("/")[0]
        return self.name if self.kind is TargetKind.POOL else ""

    @property
    def slot(self) -> int:
        """The slot's number of a worker, else 0."""
        return int(self.name.rpartition("/")[2]) if self.kind is TargetKind.WORKER else 0


HOST = Target(TargetKind.HOST)
_SLOT = re.compile(r"[1-9][0-9]{0,8}")


class TargetError(MisuseError):
    """A text is not the name of a target."""


def parse_target(text: str) -> Target:
    """Read ``kind:name`` or ``host``; raises TargetError that names the kinds and shows an example."""
    kind, colon, name = text.strip().partition(":")
    if text.strip() == "host":
        return HOST
    if kind not in set(TargetKind) - {TargetKind.HOST} or not colon or not name:
        kinds = ", ".join(sorted(set(TargetKind) - {TargetKind.HOST}))
        raise TargetError(f"{text!r} is not a target: write host, or KIND:NAME with a kind of {kinds} (pool:rpa)")
    if kind == TargetKind.WORKER and not _is_worker(name):
        raise TargetError(f"{text!r} is not a worker: write worker:POOL/SLOT (worker:rpa/1)")
    return Target(TargetKind(kind), name)


def worker_target(pool: str, slot: int) -> Target:
    """Name the worker in a pool's slot."""
    return Target(TargetKind.WORKER, f"{pool}/{slot}")


def pool_target(pool: str) -> Target:
    """Name a pool."""
    return Target(TargetKind.POOL, pool)


def _is_worker(name: str) -> bool:
    """Tell whether it ends in a slot's number in its one spelling: ``rpa/01`` would be a second name of ``rpa/1``."""
    pool, _, slot = name.rpartition("/")
    return bool(pool) and _SLOT.fullmatch(slot) is not None
