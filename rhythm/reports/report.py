"""A report as it is handed to a template: every figure is ready, a template only lays it out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medic.core.probes import ProbeFigures


class Tone(StrEnum):
    """How a line is to be taken; templates colour by it."""

    GOOD = "good"
    BAD = "bad"
    PLAIN = "plain"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One part of the system check."""

    name: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue at the end of the period; None is unknown, never 0."""

    name: str
    backend: str
    tone: Tone
    pending: int | None
    running: int | None
    completed: int | None
    """In the longest window that the queue keeps."""
    failed: int | None
    window: str
    """The name of that window; empty when the queue keeps none."""
    success: float | None
    """completed / (completed + failed) of that window, None when nothing ended."""


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One pool at the end of the period."""

    name: str
    running: int
    expected: int
    restarts: int
    tone: Tone


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert that was active in the period."""

    name: str
    labels: str
    state: str
    since: datetime
    resolved_at: datetime | None
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a moment of the period."""

    at: datetime
    what: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job over the period."""

    name: str
    done: int
    failed: int
    skipped: int
    missed: int
    interrupted: int
    mean: float | None
    """Seconds that its runs took, None when none was made."""
    last: str
    """How its latest due time ended, with the reason."""
    tone: Tone


@dataclass(frozen=True, slots=True)
class Report:
    """What happened in a period, the sentence that matters first."""

    host: str
    start: datetime
    end: datetime
    timezone: str
    made_at: datetime
    summary: str
    tone: Tone
    attention: tuple[str, ...]
    """What to look at, the most urgent first."""
    checks: tuple[CheckLine, ...]
    queues: tuple[QueueLine, ...]
    pools: tuple[PoolLine, ...]
    alerts: tuple[AlertLine, ...]
    timeline: tuple[Event, ...]
    """Of alerts and heals, in the order of time."""
    jobs: tuple[JobLine, ...]
    probes: tuple[ProbeFigures, ...] = ()
    """At the end of the period, over its last hour."""

    @property
    def empty(self) -> bool:
        """Tell whether nothing at all is known of the period."""
        return not (self.checks or self.queues or self.pools or self.alerts or self.timeline or self.jobs)
