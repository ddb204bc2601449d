"""The tick: measure, store, judge, and tell the healer, all of one instant."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from exporter.runner import Runner
from medic.app.events import Bus
from medic.core.alerts import Alert
from medic.core.clock import from_ms
from medic.core.samples import Snapshot
from rules.engine import Engine
from rules.series import Series

log = logging.getLogger(__name__)

Observe = Callable[[tuple[Alert, ...], datetime], object]
Record = Callable[[Snapshot], Awaitable[object]]


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
    last: datetime | None = None
    missed: int = 0
    """Beats that were skipped since the start, because a tick before took too long."""
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def tick(self) -> None:
        """Make one tick; "ready" means that the first is committed."""
        snapshot = await self.runner.tick()
        self.series.append(snapshot)
        now = from_ms(snapshot.at)
        self._count_missed(now)
        self.alerts = self.engine.evaluate(now, snapshot.failed)
        self.failing = snapshot.failed
        self.last = now
        self.observe(self.alerts, now)
        self.ready.set()
        self.bus.publish("tick", at=now.isoformat(), alerts=len(self.alerts))
        await self.record(snapshot)

    def _count_missed(self, now: datetime) -> None:
        if self.last is None or now <= self.last:
            return
        beats = round((now - self.last) / self.interval)
        if beats > 1:
            self.missed += beats - 1
            log.warning("ticks missed", extra={"missed": beats - 1})
