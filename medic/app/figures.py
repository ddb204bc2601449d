"""The queues' figures: read by collectors in their threads, remembered for pages and reports."""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from exporter.backends.carriers import Carrier, carry
from exporter.backends.recount import REMEMBERED, Ended, Reading, count, recall
from exporter.backends.registry import build
from exporter.backends.source import Gates, Source, Waiting
from exporter.collector import Collector
from exporter.collectors import queues
from medic.app.settings.queues import Backend, Queue
from medic.core.clock import MILLISECOND, Clock, to_ms
from medic.core.errors import MedicError
from medic.core.queue import QueueFigures
from medic.core.rollups import Rollup
from medic.core.tasks import in_thread
from medic.store.history import HistoryStore
from medic.store.huey import count_tasks
from rhythm.rollup import PERIOD
from workers.queue.figures import count_windows, weigh

SLACK = timedelta(seconds=1)
"""Beyond the time that a reading may take: after it a queue is down, and in it what is wrong can still be said."""


class Figures:
    """What each queue said last; a queue that does not answer is down, with nothing else known of it."""

    def __init__(self, configured: tuple[Queue, ...], clock: Clock) -> None:
        """Know the queues; nothing is read yet."""
        self._queues = {queue.name: queue for queue in configured}
        self._clock = clock
        gates = Gates(clock, _count_huey)
        self._readers = {queue.name: build(source(queue), gates) for queue in configured}
        self._turns = {queue.name: threading.Lock() for queue in configured}
        self._last: dict[str, QueueFigures] = {}
        self._ended: dict[str, Ended] = {}
        self._canaries: dict[str, tuple[bool, float]] = {}

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
        asked = [
            in_thread(self._reader(queue), timeout=(queue.timeout + SLACK).total_seconds(), name="queue")
            for name, queue in self._queues.items()
            if name in names
        ]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        return all(isinstance(answer, QueueFigures) for answer in answers)

    def collectors(self, interval: timedelta) -> list[Collector]:
        """Build a collector for each queue; each is read as often as the host, on a clock of its own."""
        every = cadence(interval)
        return [
            queues.collector(
                name,
                str(queue.backend),
                self._reader(queue, counts=True),
                every=every,
                timeout=queue.timeout + SLACK,
            )
            for name, queue in self._queues.items()
        ]

    def carriers(self) -> list[tuple[str, Carrier, float]]:
        """Return what carries canaries through queues of others: the queue, its carrier, and the seconds it gets."""
        found = [(source(queue), self._readers[name]) for name, queue in self._queues.items()]
        made = [(each, carry(each, reader, self._clock)) for each, reader in found]
        return [(each.name, carrier, each.canary_timeout) for each, carrier in made if carrier is not None]

    def take_canary(self, queue: str, duration: float, *, success: bool) -> None:
        """Remember how the last canary through a queue fared, to be told with its figures."""
        self._canaries[queue] = (success, duration)

    def close(self) -> None:
        """Let go of what readers hold; a reading that is under way is not waited for."""
        for reader in self._readers.values():
            reader.close()

    def _reader(self, queue: Queue, *, counts: bool = False) -> Callable[[], QueueFigures]:
        """Make what asks a queue; only its collector *counts* what it is told."""

        def read() -> QueueFigures:
            with self._turn(queue):
                found = None
                try:
                    found = self._complete(self._readers[queue.name].read(), counts=counts)
                finally:
                    self._last[queue.name] = _down(queue) if found is None else found
                return found

        return read

    @contextmanager
    def _turn(self, queue: Queue) -> Iterator[None]:
        """Let one thread at a time ask a queue."""
        turn = self._turns[queue.name]
        if not turn.acquire(timeout=queue.timeout.total_seconds()):
            raise MedicError(f"the queue {queue.name} is being asked, and has not answered yet")
        try:
            yield
        finally:
            turn.release()

    def _complete(self, found: QueueFigures, *, counts: bool) -> QueueFigures:
        """Add what a queue does not tell: its canary, and the windows out of its counters since we know them."""
        if found.canary_success is None and found.queue in self._canaries:
            success, duration = self._canaries[found.queue]
            found = replace(found, canary_success=success, canary_duration=duration)
        if found.windows or found.completed is None or found.failed is None:
            return found
        now = to_ms(self._clock.now())
        ended = self._ended.get(found.queue, Ended())
        if counts:
            ended = self._ended[found.queue] = count(ended, Reading(now, found.completed, found.failed))
        return replace(found, windows=count_windows(ended.slices, now), weighted_ratio=weigh(ended.slices, now))


def source(queue: Queue) -> Source:
    """Return what the backend of a queue needs to know of it."""
    return Source(
        name=queue.name,
        backend=str(queue.backend),
        url=queue.stats_url,
        queue=queue.broker_name,
        timeout=queue.timeout.total_seconds(),
        fields=tuple(queue.fields.items()),
        headers=tuple((name, value.get_secret_value()) for name, value in queue.headers.items()),
        token=queue.token.get_secret_value() if queue.token else "",
        metrics=queue.metrics or "",
        ca_file=queue.ca_file,
        enable_events=queue.enable_events,
        canary=queue.canary.task if queue.canary else "",
        canary_timeout=queue.canary.timeout.total_seconds() if queue.canary else 0.0,
    )


def cadence(interval: timedelta) -> timedelta:
    """Return how often a queue is read where a tick comes every *interval*."""
    return max(interval, timedelta(seconds=1))


def _of(rollups: tuple[Rollup, ...], queue: str) -> list[Rollup]:
    return [each for each in rollups if dict(each.labels).get("queue") == queue]


def _down(queue: Queue) -> QueueFigures:
    return QueueFigures(queue.name, str(queue.backend), up=False)


def _count_huey(path: Path, queue: str, timeout: float) -> Waiting:
    return Waiting(*count_tasks(path, queue, timeout))
