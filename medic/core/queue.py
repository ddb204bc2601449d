"""What is worked on: tasks of the embedded queue, their leases, and the figures of any queue."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from medic.core.samples import Labels

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What a task's payload and result may be."""

CANARY = "medic-canary-"
"""What the ids of canaries in foreign queues begin with, so that they are known, and left out, wherever they come."""


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


class Latest(NamedTuple):
    """The last task that a bucket has counted."""

    bound: float
    """Of the lowest bucket that holds it; infinity for the longest."""
    task: str
    """Its id."""
    seconds: float
    at: int
    """When it ended, in milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative counts by upper bound, as Prometheus' classic histograms; the last bound is infinity."""

    labels: Labels
    buckets: tuple[tuple[float, int], ...]
    sum: float
    count: int
    latest: tuple[Latest, ...] = ()
    """At most one a bucket; none where single tasks are not known."""


@dataclass(frozen=True, slots=True)
class Window:
    """What ended in a rolling window."""

    name: str
    """``1h`` or ``24h``."""
    completed: int
    failed: int


class Seen(NamedTuple):
    """When a worker last came to a queue: asked for a task, prolonged its lease or told its end."""

    worker: str
    """``pool/slot`` of one that Medic started."""
    at: int
    """Milliseconds since the epoch."""
    late: bool
    """Whether it should have come again by then, when the queue was asked."""


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """What a queue says of itself, whatever its backend; None is unknown and so absent."""

    queue: str
    backend: str
    up: bool
    pending: int | None = None
    """Waiting for a worker."""
    running: int | None = None
    """Handed to a worker and not ended; where workers take tasks in stock, those too."""
    delayed: int | None = None
    """Waiting for a time of their own, or for another task."""
    dead: int | None = None
    """Given up, and kept for a person to look at."""
    workers: int | None = None
    """Who takes tasks from it, as its broker knows them."""
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
    seen: tuple[Seen, ...] = ()
    """Its workers, as far as it knows them by the names that Medic gave them."""


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
