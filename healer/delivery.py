"""Delivering notices: each is tried until it arrives, less and less often."""

import asyncio
from datetime import timedelta
from typing import Never

from healer.memory import Memory
from healer.ports import Notifier
from healer.settings import Delays
from medic.core.changes import Delivered
from medic.core.clock import Clock
from medic.core.errors import MedicError
from medic.core.healing import Notice
from medic.core.tasks import guarded

TIMEOUT = 120.0
RETRIES = Delays(timedelta(seconds=10), timedelta(minutes=10))


class Delivery:
    """Hands the notices of the memory to the notifier, one after the other."""

    def __init__(self, memory: Memory, notifier: Notifier, clock: Clock) -> None:
        """Begin with all that the memory says is not delivered."""
        self._memory = memory
        self._notifier = notifier
        self._clock = clock
        self._next: dict[int, float] = {}
        """When each is tried next, by the monotonic clock."""
        self._answers: dict[int, str] = {}
        """What became of those that were tried and not written down since: nobody is told twice for a full disk."""
        self._wake = asyncio.Event()
        self.outcomes: list[str] = []
        """``delivered`` or ``failed`` for each try; whoever counts takes them out."""

    def hurry(self) -> None:
        """Have a look at once: there may be a new notice."""
        self._wake.set()

    async def run(self) -> Never:
        """Deliver what is due, then wait for the next try or for a new notice."""
        while True:
            self._wake.clear()
            await guarded(self.deliver_due, name="notices")
            try:
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def deliver_due(self) -> None:
        """Try each notice whose time has come, once."""
        now = self._clock.monotonic()
        for notice in [*self._memory.history.notices.values()]:
            if self._next.get(notice.id, now) <= now:
                await self._deliver(notice)

    async def _deliver(self, notice: Notice) -> None:
        if notice.id not in self._answers:
            self._answers[notice.id] = error = await self._send(notice)
            self.outcomes.append("failed" if error else "delivered")
        error = self._answers[notice.id]
        self._next[notice.id] = self._clock.monotonic() + RETRIES.after(notice.tries + 1).total_seconds()
        async with self._memory.lock:
            await self._memory.commit([Delivered(notice.id, self._clock.now(), error)])
        del self._answers[notice.id]
        if not error:
            del self._next[notice.id]

    async def _send(self, notice: Notice) -> str:
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._notifier.send(notice.title, notice.body)
        except MedicError as error:
            return str(error) or "not taken"
        except TimeoutError:
            return f"not taken within {TIMEOUT:g} s"
        return ""

    def _pause(self) -> float | None:
        waiting = [self._next.get(number) for number in self._memory.history.notices]
        moments = [moment for moment in waiting if moment is not None]
        if len(moments) < len(waiting):
            return 1.0
        return max(0.0, min(moments) - self._clock.monotonic()) if moments else None
