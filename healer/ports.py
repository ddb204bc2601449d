"""What the healer needs from outside; ``medic.store`` and ``medic.app`` give it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from medic.core.alerts import Alert
from medic.core.changes import Change, History, Key, Tally, Waiting
from medic.core.targets import Target
from medic.core.workers import Pool, Worker


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether what an alert complains of is still so; ``holds`` None means that it cannot be said."""

    holds: bool | None
    reason: str


class Pattern(Protocol):
    """A regular expression, of which only this is asked."""

    def fullmatch(self, text: str, /) -> object | None:
        """Return something when it matches the whole of *text*, None when it does not."""


class Journal(Protocol):
    """The durable memory; what it has returned from survives ``kill -9`` and a power cut. Raises StoreError."""

    async def load(self) -> History:
        """Return all that healing must remember."""

    async def waiting(self) -> list[Waiting]:
        """Return the inbox, oldest first."""

    async def apply(self, changes: Sequence[Change], tallies: Mapping[Key, Tally | None]) -> frozenset[int]:
        """Write *changes* in one transaction, with the tallies that they lead to (None: no longer one).

        Returns the attempts that were refused, since an open one stands in their way; all else was written.
        """

    async def receive(self, alerts: Sequence[Alert], now: datetime, limit: int) -> list[Waiting]:
        """Put *alerts* into the inbox, all or none; raises InboxFullError beyond *limit* rows."""


class Pools(Protocol):
    """Who starts and stops workers; returns what it did in words, raises MedicError when it could not."""

    async def restart(self, target: Target) -> str:
        """Restart a pool's workers, one worker, or a queue's server; returns once the new processes are there."""

    async def start(self, target: Target) -> str:
        """Fill an empty slot; a slot that is filled already is left as it is."""


class Conditions(Protocol):
    """Who judges anew what an alert complains of, on samples taken since a given time."""

    def condition(self, alert: Alert, since: datetime, now: datetime) -> Condition:
        """Evaluate the alert's own rule, for this alert's labels."""

    def condition_of(self, expr: str, since: datetime, now: datetime) -> Condition:
        """Evaluate an expression: a result means that it holds."""


class Health(Protocol):
    """Who knows which processes run."""

    def pool(self, name: str) -> Pool | None:
        """Return a pool as it stands, None when there is none of that name."""

    def worker(self, target: Target) -> Worker | None:
        """Return a slot as it stands, None when there is no such slot."""


class Notifier(Protocol):
    """Who reaches a person."""

    async def send(self, title: str, body: str) -> str:
        """Return once it was accepted, saying in a word how; raises MedicError when it was not."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All of them together, as the wiring hands them over."""

    journal: Journal
    pools: Pools
    conditions: Conditions
    health: Health
    notifier: Notifier
