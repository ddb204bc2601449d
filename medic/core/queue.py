"""What is worked on: tasks of the embedded queue, their leases, and the figures of any queue."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from medic.core.samples import Labels

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What a task's payload and result may be."""


class TaskState(StrEnum):
    """Where a task stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work; times are milliseconds since the epoch."""

    id: str
    queue: str
    type: str
    payload: Json
    state: TaskState
    submitted_at: int
    canary: bool = False
    deliveries: int = 0
    """How many leases it has had."""
    worker: str = ""
    """Who holds, or last held, its lease."""
    lease_until: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    result: Json = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative counts by upper bound, as Prometheus' classic histograms; the last bound is infinity."""

    labels: Labels
    buckets: tuple[tuple[float, int], ...]
    sum: float
    count: int


@dataclass(frozen=True, slots=True)
class Window:
    """What ended in a rolling window."""

    name: str
    """``1h`` or ``24h``."""
    completed: int
    failed: int


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """What a queue says of itself, whatever its backend; None is unknown and so absent."""

    queue: str
    backend: str
    up: bool
    pending: int | None = None
    running: int | None = None
    submitted: int | None = None
    completed: int | None = None
    failed: int | None = None
    oldest_pending_at: int | None = None
    """Milliseconds since the epoch; None when nothing waits."""
    windows: tuple[Window, ...] = ()
    weighted_ratio: float | None = None
    durations: tuple[Histogram, ...] = ()
    """Seconds, a histogram per task type (label ``task``)."""
    waits: tuple[Histogram, ...] = ()
    canary_success: bool | None = None
    canary_duration: float | None = None


class Slice(NamedTuple):
    """What ended in one short stretch of time; rolling windows are sums of these."""

    at: int
    """Milliseconds since the epoch, when the stretch began."""
    completed: int
    failed: int


class CanaryEnd(NamedTuple):
    """How the last canary of a task type ended."""

    task: str
    succeeded: bool
    duration: float
    """Seconds from its submission to its end: what a user of the queue waits."""
    ended_at: int


@dataclass(frozen=True, slots=True)
class QueueTally:
    """What the store of an embedded queue has counted, canaries apart; all of it of one instant."""

    pending: int
    running: int
    submitted: int
    completed: int
    failed: int
    oldest_pending_at: int | None
    slices: tuple[Slice, ...]
    durations: tuple[Histogram, ...]
    waits: tuple[Histogram, ...]
    canaries: tuple[CanaryEnd, ...]
