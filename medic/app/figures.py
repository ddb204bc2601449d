"""The queues' figures: read by collectors in their threads, remembered for pages and reports."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta

from exporter.backends import http
from exporter.backends.recount import REMEMBERED, Ended, Reading, count, recall
from exporter.collector import Collector
from exporter.collectors import queues
from medic.app.settings.queues import Backend, Queue
from medic.core.clock import MILLISECOND, Clock, to_ms
from medic.core.errors import MedicError
from medic.core.queue import QueueFigures
from medic.core.rollups import Rollup
from medic.core.tasks import in_thread
from medic.store.history import HistoryStore
from rhythm.rollup import PERIOD
from workers.queue.figures import count_windows, weigh

LONGEST = timedelta(seconds=5)
"""After which a queue is down, however rare the ticks are."""
TIMEOUT = timedelta(seconds=4)
"""Of one step of asking; a little less, so that what is wrong can still be said."""


class Figures:
    """What each queue said last; a queue that does not answer is down, with nothing else known of it."""

    def __init__(self, configured: tuple[Queue, ...], clock: Clock) -> None:
        """Know the queues; nothing is read yet."""
        self._queues = {queue.name: queue for queue in configured}
        self._clock = clock
        self._last: dict[str, QueueFigures] = {}
        self._ended: dict[str, Ended] = {}

    async def remember(self, history: HistoryStore) -> None:
        """Go on counting where the last Medic ended, for queues that tell of no windows; before the first reading."""
        foreign = [name for name, queue in self._queues.items() if queue.backend is not Backend.EMBEDDED]
        if not foreign:
            return
        now = self._clock.now()
        span = (now - REMEMBERED * MILLISECOND, now + MILLISECOND)
        completed = await history.range("medic_queue_tasks_completed_total", *span)
        failed = await history.range("medic_queue_tasks_failed_total", *span)
        for name in foreign:
            self._ended[name] = recall(_of(completed, name), _of(failed, name), period=PERIOD, now=to_ms(now))

    def all(self) -> tuple[QueueFigures, ...]:
        """Return what is known of each queue, in the order of the configuration."""
        return tuple(self._last.get(name, _down(queue)) for name, queue in self._queues.items())

    async def answering(self, names: Collection[str]) -> bool:
        """Ask the queues of these *names* at once, and tell whether all of them answer."""
        readers = [self._reader(queue) for name, queue in self._queues.items() if name in names]
        asked = [in_thread(read, timeout=LONGEST.total_seconds(), name="queue") for read in readers]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        return all(isinstance(answer, QueueFigures) for answer in answers)

    def collectors(self, interval: timedelta) -> list[Collector]:
        """Build a collector for each queue; each is read as often as the host, on a clock of its own."""
        every = cadence(interval)
        return [
            queues.collector(name, str(queue.backend), self._reader(queue, counts=True), every=every, timeout=LONGEST)
            for name, queue in self._queues.items()
        ]

    def _reader(self, queue: Queue, *, counts: bool = False) -> Callable[[], QueueFigures]:
        """Make what asks a queue; only its collector, which never asks twice at once, *counts* what it is told."""

        def read() -> QueueFigures:
            try:
                found = http.read(queue.stats_url, queue.name, str(queue.backend), timeout=TIMEOUT.total_seconds())
            except (MedicError, OSError):
                self._last[queue.name] = _down(queue)
                raise
            found = self._last[queue.name] = self._complete(found, counts=counts)
            return found

        return read

    def _complete(self, found: QueueFigures, *, counts: bool) -> QueueFigures:
        """Add the windows that a queue does not tell of, out of its counters since we know them."""
        if found.windows or found.completed is None or found.failed is None:
            return found
        now = to_ms(self._clock.now())
        ended = self._ended.get(found.queue, Ended())
        if counts:
            ended = self._ended[found.queue] = count(ended, Reading(now, found.completed, found.failed))
        return replace(found, windows=count_windows(ended.slices, now), weighted_ratio=weigh(ended.slices, now))


def cadence(interval: timedelta) -> timedelta:
    """Return how often a queue is read where a tick comes every *interval*."""
    return max(interval, timedelta(seconds=1))


def _of(rollups: tuple[Rollup, ...], queue: str) -> list[Rollup]:
    return [each for each in rollups if dict(each.labels).get("queue") == queue]


def _down(queue: Queue) -> QueueFigures:
    return QueueFigures(queue.name, str(queue.backend), up=False)
