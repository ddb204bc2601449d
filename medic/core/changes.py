"""What healing changes: each change as a value, which the journal writes and the healer folds into its memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from medic.core.alerts import Alert, Source
from medic.core.healing import Attempt, Ending, Episode, Notice, Outcome, Pause
from medic.core.targets import Target
from medic.core.workers import Exit


@dataclass(frozen=True, slots=True)
class Opened:
    """An episode began."""

    episode: Episode


@dataclass(frozen=True, slots=True)
class Joined:
    """An alert joined an open episode, or one of its alerts changed (an inactive one is resolved)."""

    episode: int
    alert: Alert
    at: datetime


@dataclass(frozen=True, slots=True)
class Approved:
    """A person allowed an episode's action."""

    episode: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reserved:
    """An attempt is about to act; the journal refuses it when an open one stands in its way."""

    attempt: Attempt
    dead: bool = False
    """It replaces what is dead: of the attempts on what covers it only one that still acts stands in its way."""


@dataclass(frozen=True, slots=True)
class Acted:
    """An attempt's action returned; ``succeeded`` is None when Medic died during it."""

    attempt: int
    at: datetime
    succeeded: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Closed:
    """Verification found an attempt's outcome."""

    attempt: int
    at: datetime
    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class Ended:
    """An episode ended, for a reason."""

    episode: int
    at: datetime
    ending: Ending
    why: str


@dataclass(frozen=True, slots=True)
class SeenResolved:
    """An alert whose episode had ended before was seen resolved, so that it may open another."""

    fingerprint: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Exited:
    """A worker ended without having been asked to."""

    exit: Exit


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows of the inbox were looked at and need not be kept."""

    rows: tuple[int, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Paused:
    """A person forbade healing for a while; it replaces an earlier pause of the same target."""

    pause: Pause


@dataclass(frozen=True, slots=True)
class Resumed:
    """A person ended the pause of a target, or of all."""

    target: Target | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stopped:
    """A person stopped a target: it is to stay down."""

    target: Target
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Released:
    """A person started again what a person had stopped."""

    target: Target
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reset:
    """A person had the failures of a target, and of what it covers, forgotten."""

    target: Target
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A person must hear something; of the same key only the first is kept."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Delivered:
    """A notice was tried; an empty error means that it arrived."""

    notice: int
    at: datetime
    error: str = ""


Change = (
    Opened
    | Joined
    | Approved
    | Reserved
    | Acted
    | Closed
    | Ended
    | SeenResolved
    | Exited
    | Taken
    | Paused
    | Resumed
    | Stopped
    | Released
    | Reset
    | Told
    | Delivered
)

Key = tuple[str, Target]
"""Remedy and target: what attempts are counted by."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The attempts in a row that did not heal."""

    failures: int = 0
    probes: int = 0
    """Failed probes of an open breaker, outside of the count."""
    last_at: datetime | None = None
    """When the last of them was closed."""
    ended_at: datetime | None = None
    """When the last episode ended; None while one is open. A healthy hour from here forgets the failures."""


@dataclass(frozen=True, slots=True)
class Spent:
    """An alert whose episode ended: it opens another only after it was seen resolved."""

    ended_at: datetime
    source: Source
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """All that healing must remember, as the journal holds it."""

    episodes: Mapping[int, Episode] = field(default_factory=dict)
    """The open ones, oldest first."""
    attempts: Mapping[int, Attempt] = field(default_factory=dict)
    """The open ones."""
    tallies: Mapping[Key, Tally] = field(default_factory=dict)
    healed_at: Mapping[Target, datetime] = field(default_factory=dict)
    """When each target was last healed."""
    spent: Mapping[str, Spent] = field(default_factory=dict)
    """By fingerprint."""
    exits: Mapping[Target, tuple[Exit, ...]] = field(default_factory=dict)
    """The last ones of each worker, oldest first."""
    pauses: tuple[Pause, ...] = ()
    stopped: frozenset[Target] = frozenset()
    notices: Mapping[int, Notice] = field(default_factory=dict)
    """Those not delivered."""
    told: frozenset[str] = frozenset()
    """The keys of all notices."""
    next_episode: int = 1
    next_attempt: int = 1
    next_notice: int = 1


class Waiting(NamedTuple):
    """An alert in the inbox: on disk, and not looked at yet."""

    row: int
    alert: Alert


EXITS_KEPT = 20
"""Per worker: more than the ten in an hour that open its breaker."""

SPENT_KEPT = timedelta(days=1)
"""After an alert was seen resolved: for so long a late copy from before that is told from a new alert."""
