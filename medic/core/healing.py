"""What is healed and how it went: episodes, attempts, pauses and notices, as the journal keeps them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medic.core.alerts import Alert
from medic.core.targets import Target


class Mode(StrEnum):
    """How far healing may go, of all and of each remedy; the stricter of the two counts."""

    OFF = "off"
    DRY_RUN = "dry-run"
    APPROVE = "approve"
    AUTO = "auto"


class Ending(StrEnum):
    """How an episode ended; each ends in exactly one of these."""

    HEALED = "healed"
    RESOLVED = "resolved"
    GIVEN_UP = "given-up"
    SUPERSEDED = "superseded"


class Outcome(StrEnum):
    """What verification said of an attempt."""

    HEALED = "healed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Episode:
    """One trouble of one target under one remedy, from the first alert to its end."""

    id: int
    remedy: str
    target: Target
    alerts: tuple[Alert, ...]
    """All that joined, the first one first."""
    opened_at: datetime
    active_at: datetime
    """When the earliest of its alerts became active; grace counts from here."""
    approved_by: str = ""
    ended_at: datetime | None = None
    ending: Ending | None = None

    @property
    def fingerprints(self) -> frozenset[str]:
        """The fingerprints of all its alerts."""
        return frozenset(alert.fingerprint for alert in self.alerts)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One action on one target: reserved before it runs, closed by verification."""

    id: int
    episode: int
    remedy: str
    target: Target
    action: str
    number: int
    """1, 2, 3 in its row of attempts without a heal; a probe of an open breaker keeps the last number."""
    probe: bool
    reason: str
    reserved_at: datetime
    acted_at: datetime | None = None
    """When the action had returned; None while it runs, or when Medic died during it."""
    succeeded: bool | None = None
    """What the action itself said; only verification decides the outcome."""
    outcome: Outcome | None = None
    closed_at: datetime | None = None
    detail: str = ""

    @property
    def open(self) -> bool:
        """Tell whether its outcome is still to be found out."""
        return self.outcome is None


@dataclass(frozen=True, slots=True)
class Pause:
    """A person's order to leave a target, or all (``target`` None), alone until a given time."""

    target: Target | None
    until: datetime | None
    why: str
    by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person must hear; kept until it is delivered."""

    id: int
    at: datetime
    title: str
    body: str
    key: str
    """Says what it is about, so that the same is told once: an episode, a breaker, a common cause."""
    delivered_at: datetime | None = None
    tries: int = 0
    error: str = ""
