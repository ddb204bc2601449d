"""The queues' figures: read by collectors in their threads, remembered for pages and reports."""

import asyncio
from collections.abc import Callable, Collection
from datetime import timedelta

from exporter.backends import http
from exporter.collector import Collector
from exporter.collectors import queues
from medic.app.settings.measure import Queue
from medic.core.errors import MedicError
from medic.core.queue import QueueFigures
from medic.core.tasks import in_thread

LONGEST = timedelta(seconds=5)
"""After which a queue is down, however rare the ticks are."""
TIMEOUT = timedelta(seconds=4)
"""Of one step of asking; a little less, so that what is wrong can still be said."""


class Figures:
    """What each queue said last; a queue that does not answer is down, with nothing else known of it."""

    def __init__(self, configured: tuple[Queue, ...]) -> None:
        """Know the queues; nothing is read yet."""
        self._queues = {queue.name: queue for queue in configured}
        self._last: dict[str, QueueFigures] = {}

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
        every = max(interval, timedelta(seconds=1))
        return [
            queues.collector(name, str(queue.backend), self._reader(queue), every=every, timeout=LONGEST)
            for name, queue in self._queues.items()
        ]

    def _reader(self, queue: Queue) -> Callable[[], QueueFigures]:
        def read() -> QueueFigures:
            try:
                found = http.read(queue.stats_url, queue.name, str(queue.backend), timeout=TIMEOUT.total_seconds())
            except (MedicError, OSError):
                self._last[queue.name] = _down(queue)
                raise
            self._last[queue.name] = found
            return found

        return read


def _down(queue: Queue) -> QueueFigures:
    return QueueFigures(queue.name, str(queue.backend), up=False)
