"""What works: the identity of a process, the state of a slot, and the exit of a worker."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class ProcessId(NamedTuple):
    """What makes a process itself and not a later one with its number: boot, pid, start time."""

    boot: str
    """The kernel's boot id."""
    pid: int
    start: int
    """Clock ticks since boot, field 22 of /proc/PID/stat."""


class SlotState(StrEnum):
    """What is known of a slot."""

    EMPTY = "empty"
    RUNNING = "running"
    STOPPING = "stopping"


class Life(StrEnum):
    """Whether a worker lives, as all that witness it tell."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"
    """Its process, its heartbeat and its queue disagree."""


class ExitReason(StrEnum):
    """Why a worker ended; only CRASH, OOM and HUNG ask for a replacement."""

    CRASH = "crash"
    OOM = "oom"
    HUNG = "hung"
    OPERATOR = "operator"
    HEALER = "healer"
    DEPLOY = "deploy"

    @property
    def unasked(self) -> bool:
        """Tell whether nobody asked for this end, so that the healer has to see to it."""
        return self in {ExitReason.CRASH, ExitReason.OOM, ExitReason.HUNG}


@dataclass(frozen=True, slots=True)
class Worker:
    """The process in a slot, or the slot alone when it is empty."""

    pool: str
    slot: int
    state: SlotState
    process: ProcessId | None = None
    since: datetime | None = None
    """When the process started."""
    adopted: bool = False
    heard: datetime | None = None
    """When its last heartbeat came; None without heartbeats, and before the first."""
    silence: timedelta | None = None
    """How long it has been silent, or listened for in vain; None without heartbeats."""
    patience: timedelta | None = None
    """How long it may be silent; None without heartbeats."""
    ended: datetime | None = None
    """Of an empty slot: when its last process ended."""
    life: Life | None = None
    """None when nobody has judged it yet."""
    doubt: str = ""
    """Why its life is unknown."""

    @property
    def name(self) -> str:
        """``pool/slot``, as in targets and in the ``worker`` label."""
        return f"{self.pool}/{self.slot}"


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool as it stands: what is expected and what is there."""

    name: str
    expected: int
    workers: tuple[Worker, ...]
    restarts: tuple[tuple[ExitReason, int], ...] = ()
    """How many replacements were started, by the reason that made them necessary."""

    @property
    def running(self) -> int:
        """How many workers live."""
        return sum(worker.state is SlotState.RUNNING for worker in self.workers)

    @property
    def duplicates(self) -> int:
        """How many live beyond what is expected; those that are being stopped are none."""
        return max(0, self.running - self.expected)


@dataclass(frozen=True, slots=True)
class Exit:
    """A worker's process ended."""

    pool: str
    slot: int
    process: ProcessId | None
    reason: ExitReason
    at: datetime
    started_at: datetime | None
    status: str
    """What the kernel said, in words: ``exit 3``, ``SIGKILL``, ``unknown`` of a process that was adopted.

    Of a process that ended seconds after its start, with its last line: ``exit 1: address already in use``.
    """
