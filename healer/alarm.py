"""When the healer deliberates next: when something arrives, or when the earliest gate's time is up."""

import asyncio
from datetime import datetime, timedelta

from medic.core.clock import Clock

LONGEST = timedelta(seconds=60)
"""Between two deliberations, whatever the gates say."""
_MARGIN = 0.001
"""Seconds that are slept longer than asked for: a timer that is early by a little must not spin."""


class Alarm:
    """Wakes one sleeper."""

    def __init__(self, clock: Clock) -> None:
        """Begin unset: without a time it goes off after a minute."""
        self._clock = clock
        self._rung = asyncio.Event()
        self._at: datetime | None = None

    def ring(self) -> None:
        """Go off now; when nobody sleeps yet, the next sleep is none."""
        self._rung.set()

    def hush(self) -> None:
        """Forget that it rang: whoever calls this looks at all that has arrived by now."""
        self._rung.clear()

    def set(self, at: datetime | None) -> None:
        """Go off at a time, but for None only when it is rung, or after a minute."""
        self._at = at

    async def sleep(self) -> None:
        """Return when it goes off."""
        now = self._clock.now()
        until = min(self._at or now + LONGEST, now + LONGEST)
        try:
            async with asyncio.timeout(max(0.0, (until - now).total_seconds()) + _MARGIN):
                await self._rung.wait()
        except TimeoutError:
            return
