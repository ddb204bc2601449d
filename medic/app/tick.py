"""The tick: measure, store, judge, and tell the healer, all of one instant."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from exporter.runner import Runner
from medic.app.events import Bus
from medic.core.alerts import Alert
from medic.core.clock import from_ms
from medic.core.samples import Family, Snapshot
from medic.core.tasks import guarded, in_thread
from rules.engine import Engine
from rules.series import Series

log = logging.getLogger(__name__)

Observe = Callable[[tuple[Alert, ...], datetime], object]
Record = Callable[[Snapshot], Awaitable[object]]


PATIENCE = 3
"""Intervals without a tick after which the daemon counts as stuck."""
ENDLESS = 86_400.0
"""Seconds; each rule has its own limit, and an evaluation must not be given up while it goes on writing."""


@dataclass(slots=True)
class Ticker:
    """Makes the ticks of one daemon and remembers what the last one found."""

    runner: Runner
    series: Series
    engine: Engine
    observe: Observe
    record: Record
    bus: Bus
    interval: timedelta
    alerts: tuple[Alert, ...] = ()
    failing: frozenset[str] = frozenset()
    families: Sequence[Family] = ()
    """What the last tick measured; it is in memory anyway, as what scrapes share."""
    last: datetime | None = None
    missed: int = 0
    """Beats that were skipped since the start, because a tick before took too long."""
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    judging: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while rules are evaluated; whoever replaces them waits for it."""
    _ticked: float | None = None
    """When the last tick was made, by the loop's clock."""

    @property
    def alive(self) -> bool:
        """Whether the last tick is not older than some intervals; by the clock that nobody sets."""
        if self._ticked is None:
            return False
        return asyncio.get_running_loop().time() - self._ticked <= PATIENCE * self.interval.total_seconds()

    async def tick(self) -> None:
        """Make one tick; "ready" means that the first is committed."""
        snapshot = await self.runner.tick()
        self.series.append(snapshot)
        now = from_ms(snapshot.at)
        self._count_missed()
        self.alerts = await self._judge(now, snapshot.failed)
        self.failing = snapshot.failed
        self.families = snapshot.families
        self.last = now
        self.observe(self.alerts, now)
        self.ready.set()
        self.bus.publish("tick", at=now.isoformat(), alerts=len(self.alerts))
        await guarded(partial(self.record, snapshot), name="history")  # a full disk is no reason to be taken for dead

    async def _judge(self, now: datetime, failed: frozenset[str]) -> tuple[Alert, ...]:
        """Evaluate the rules in a thread: one that takes long holds up the tick, but neither healing nor the web."""
        async with self.judging:
            return await in_thread(lambda: self.engine.evaluate(now, failed), timeout=ENDLESS, name="rules")

    def _count_missed(self) -> None:
        """Count by a clock that nobody sets: the wall's may leap by years and no tick be missing."""
        before, self._ticked = self._ticked, asyncio.get_running_loop().time()
        if before is None:
            return
        beats = round((self._ticked - before) / self.interval.total_seconds())
        if beats > 1:
            self.missed += beats - 1
            log.warning("ticks missed", extra={"missed": beats - 1})
