"""Where alerts from outside come in: news is put on disk first, what is only said again costs no write."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from healer.book import Book
from healer.doorstep import Doorstep
from healer.ports import Journal
from healer.posted import Posting
from medic.core.alerts import Alert, AlertState
from medic.core.changes import History
from medic.core.clock import Clock
from medic.core.errors import InboxFullError, StoreError

INBOX: Final = 20_000
"""So many alerts may wait at most, and so many posted ones may fire."""


class Reception:
    """Takes alerts in and lays them on the doorstep."""

    def __init__(self, journal: Journal, door: Doorstep, clock: Clock) -> None:
        """Write to *journal* what must not be lost."""
        self._journal = journal
        self._door = door
        self._clock = clock
        self._book = Book()
        self._posting = asyncio.Lock()
        """What one post says is held against all that was posted before it, and that must be taken down by then."""

    async def begin(self, history: History) -> None:
        """Take up what waits in the journal, and what was firing when Medic ended."""
        self._door.waiting += await self._journal.waiting()
        self._book.remember(history, [each.alert for each in self._door.waiting], self._clock.monotonic())

    async def receive(self, alerts: Sequence[Alert]) -> None:
        """Take alerts; they are on disk when this returns. Raises InboxFullError, having kept none."""
        self._door.waiting += await self._journal.receive(alerts, self._clock.now(), INBOX)

    async def post(self, postings: Sequence[Posting]) -> bool:
        """Take posted alerts, and tell whether there was news, which is on disk when this returns.

        What was said before needs no disk: its sender says it again within a minute. Raises InboxFullError, having
        kept none.
        """
        async with self._posting:
            news, old = self._book.sort(postings)
            self._check_room(news)
            if news:
                await self.receive([posting.alert for posting in news])
            self._book.keep([*old, *news], self._clock.now(), self._clock.monotonic())
            self._door.again.update({posting.alert.fingerprint: posting.alert for posting in old})
            return bool(news)

    async def expire(self) -> None:
        """Take alerts that were not posted again in time as over; while the disk is full they wait for that."""
        async with self._posting:
            now = self._clock.now()
            over = dict(self._book.overdue(now, self._clock.monotonic()))
            if over:
                await self._tell_over(over, now)

    def postings(self) -> list[Posting]:
        """Return the posted alerts that fire."""
        return self._book.postings()

    async def _tell_over(self, over: Mapping[str, Alert | None], now: datetime) -> None:
        told = [alert for alert in over.values() if alert is not None]
        try:
            await self.receive(told) if told else None
        except (StoreError, InboxFullError):
            return  # the journal tells of its own troubles
        self._door.lost |= {mine for mine, alert in over.items() if alert is None}
        self._book.strike(over, now)

    def _check_room(self, news: Sequence[Posting]) -> None:
        """Refuse alerts that begin to fire where too many do; that some are over is always welcome."""
        rising = sum(posting.alert.state is not AlertState.INACTIVE for posting in news)
        if rising and len(self._book) + rising > INBOX:
            raise InboxFullError(f"{len(self._book)} posted alerts fire, and {INBOX} may; resolve some of them")
