"""One run of several collectors: shared by whoever waits for it, owned by nobody."""

import asyncio
import contextlib
import math
from collections.abc import Callable, Sequence
from functools import partial

from exporter.admission import Admission
from exporter.collector import Collected, Collector, attempt
from exporter.crew import PATIENCE, Batch, Crew, Job
from medic.core.clock import Clock, to_ms


class Flights:
    """The last run of each collector, so that none is ever run twice at once."""

    def __init__(self, time: Callable[[], float]) -> None:
        """Know of no run yet; *time* is a monotonic clock."""
        self._time = time
        self._last: dict[str, Job[Collected]] = {}
        self._doors: dict[str, Admission] = {}

    def since(self, collector: Collector, moment: float) -> Job[Collected] | None:
        """Return its last run when that goes on, or began after *moment* by the monotonic clock."""
        last = self._last.get(collector.name)
        return last if last is not None and (not last.ended or (last.started or 0.0) > moment) else None

    def begin(self, collector: Collector, at: int) -> Job[Collected]:
        """Make its next run, which is to be started by a batch; *at* is now, in milliseconds since the epoch."""
        door = self._doors.setdefault(collector.name, Admission(collector.most))
        job = Job(partial(attempt, collector, door, at, self._time), collector.timeout)
        self._last[collector.name] = job
        return job


class Sweep:
    """Collectors that are wanted at one instant; a waiter that is cancelled takes nothing from the others."""

    def __init__(
        self, collectors: Sequence[Collector], *, crew: Crew, clock: Clock, flights: Flights, shared: float = 0.0
    ) -> None:
        """Start at once those of whose last run nothing can be had.

        A run in *flights* that has not returned is joined, never doubled, and one that began less than *shared*
        seconds ago serves as it is.
        """
        self.at = to_ms(clock.now())
        self.began = clock.monotonic()
        self.jobs: dict[str, Job[Collected]] = {}
        self.is_whole = True
        """Whether it began every one of them, and joined none."""
        for each in collectors:
            joined = flights.since(each, self.began - shared)
            self.is_whole &= joined is None
            self.jobs[each.name] = joined or flights.begin(each, self.at)
        self._collectors = collectors
        self._clock = clock
        self._woken = asyncio.Event()
        for each in collectors:
            if each.inline:
                self.jobs[each.name].run(clock.monotonic)
        wake = partial(_wake, asyncio.get_running_loop(), self._woken)
        self._batch = Batch(crew, list(self.jobs.values()), time=clock.monotonic, wake=wake)

    async def settle(self, within: float = math.inf) -> None:
        """Wait until each collector has ended or is overdue, or for *within* seconds; any number of tasks may wait."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        while not self._batch.is_settled() and (left := until - loop.time()) > 0:
            self._woken.clear()
            alarm = loop.call_later(min(PATIENCE, left), self._woken.set)  # asyncio.timeout would cost ten times this
            try:
                await self._woken.wait()
            finally:
                alarm.cancel()
            self._batch.spread()

    def is_settled(self) -> bool:
        """Tell whether `settle` would return at once."""
        return self._batch.is_settled()

    def results(self) -> dict[str, Collected]:
        """Return what each collector gave so far; one that has not ended counts as timed out."""
        now = self._clock.monotonic()
        return {each.name: self.jobs[each.name].result or self._unfinished(each, now) for each in self._collectors}

    def _unfinished(self, collector: Collector, now: float) -> Collected:
        started = self.jobs[collector.name].started
        waited = 0.0 if started is None else now - started
        return Collected(collector.down, waited, timed_out=True, at=self.at)


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
        loop.call_soon_threadsafe(event.set)
