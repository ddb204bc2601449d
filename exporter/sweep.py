"""One run of several collectors: shared by whoever waits for it, owned by nobody."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from functools import partial

from exporter.collector import Collected, Collector, attempt
from exporter.crew import PATIENCE, Batch, Crew, Job
from medic.core.clock import Clock, to_ms


class Sweep:
    """Collectors that were started at one instant; a waiter that is cancelled takes nothing from the others."""

    def __init__(
        self, collectors: Sequence[Collector], *, crew: Crew, clock: Clock, before: Mapping[str, Job[Collected]]
    ) -> None:
        """Start at once; a collector whose run *before* has not returned is not started again, that run is joined."""
        self.at = to_ms(clock.now())
        self.began = clock.monotonic()
        self.jobs = {each.name: _job(each, clock, before.get(each.name)) for each in collectors}
        self._collectors = collectors
        self._clock = clock
        self._woken = asyncio.Event()
        for each in collectors:
            if each.inline:
                self.jobs[each.name].run(clock.monotonic)
        wake = partial(_wake, asyncio.get_running_loop(), self._woken)
        self._batch = Batch(crew, list(self.jobs.values()), time=clock.monotonic, wake=wake)

    async def settle(self) -> None:
        """Wait until each collector has ended or is overdue; any number of tasks may wait."""
        while not self._batch.is_settled():
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._woken.wait()
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
        return Collected(collector.down, 0.0 if started is None else now - started, timed_out=True)


def _job(collector: Collector, clock: Clock, before: Job[Collected] | None) -> Job[Collected]:
    if before is not None and not before.ended:
        return before
    return Job(partial(attempt, collector, clock.monotonic), collector.timeout)


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
        loop.call_soon_threadsafe(event.set)
