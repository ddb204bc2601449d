"""One queue at work: obeys the rules of leases, wakes workers that wait, and sweeps up what ran out."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from secrets import token_hex

from medic.core.clock import MILLISECOND, Clock, to_ms
from medic.core.errors import MedicError, RefusedError
from medic.core.queue import Json, QueueFigures, Task, TaskState
from workers.queue import rules
from workers.queue.attendance import Attendance
from workers.queue.figures import figure
from workers.queue.ports import TaskStore
from workers.queue.spec import QueueSpec
from workers.queue.wire import LONGEST_WAIT, LeaseRequest, Submission

PRUNE_EVERY = 30.0
LEAP = 1.0
"""Seconds by which wall and monotonic clock may part between two looks before leases are renewed."""


class UnknownTaskError(MedicError):
    """There is no task of that id, or not any more."""


class Broker:
    """The shell around the rules; all its methods may be called concurrently in one loop."""

    def __init__(self, spec: QueueSpec, store: TaskStore, clock: Clock) -> None:
        """Serve *spec* out of *store*; call ``open`` before anything else."""
        self.spec = spec
        self._store = store
        self._clock = clock
        self._bell = asyncio.Event()
        self._closed = False
        self._pruned = clock.monotonic()
        self._offset = self._measure_offset()
        self._attendance = Attendance()

    async def open(self) -> None:
        """Give every worker that still holds a task a whole lease to find its way back to a restarted server."""
        await self._store.renew(self.spec.name, self._now() + self.spec.lease // MILLISECOND)

    def close(self) -> None:
        """Send home whoever waits for a task."""
        self._closed = True
        self._ring()

    async def submit(self, submissions: Sequence[Submission]) -> list[str]:
        """Keep tasks and return their ids; when it returns they are safe."""
        now = self._now()
        tasks = [
            Task(
                id=submission.id or token_hex(16),
                queue=self.spec.name,
                type=submission.type,
                payload=submission.payload,
                state=TaskState.PENDING,
                submitted_at=now,
                canary=submission.canary,
            )
            for submission in submissions
        ]
        await self._store.add(tasks)
        self._ring()
        return [task.id for task in tasks]

    async def get(self, task: str) -> Task:
        """Return a task; raises UnknownTaskError."""
        return self._known(task, await self._store.get(self.spec.name, task))

    async def lease(self, request: LeaseRequest, gone: Callable[[], bool] = lambda: False) -> Task | None:
        """Lease the task that has waited longest, waiting for one as long as *request* says; None when none came.

        *gone* tells that the worker has hung up: nothing is leased to it then.
        """
        self._attend(request.worker)
        if request.restarted:
            await self._bury(request.worker)
        deadline = self._clock.monotonic() + request.wait
        while not gone() and not self._closed:
            bell = self._bell
            task = await self._take(request)
            if task is not None:
                return await self._hand_over(task, gone)
            if not await _rings(bell, deadline - self._clock.monotonic()):
                return None
        return None

    async def extend(self, task: str, worker: str) -> Task:
        """Prolong a lease; raises RefusedError when it is not the worker's or has run out, or UnknownTaskError."""
        self._attend(worker)
        return await self._change(task, partial(rules.extend, worker=worker, now=self._now(), length=self.spec.lease))

    async def complete(self, task: str, worker: str, result: Json) -> Task:
        """End a task well; raises as ``extend`` does."""
        self._attend(worker)
        return await self._change(task, partial(rules.complete, worker=worker, now=self._now(), result=result))

    async def fail(self, task: str, worker: str, error: str) -> Task:
        """End a task badly; raises as ``extend`` does."""
        self._attend(worker)
        return await self._change(task, partial(rules.fail, worker=worker, now=self._now(), error=error))

    async def release(self, task: str, worker: str) -> Task:
        """Take back a task that its worker gives up; raises as ``extend`` does."""
        released = await self._change(task, partial(rules.release, worker=worker, now=self._now()))
        self._ring()
        return released

    async def figures(self) -> QueueFigures:
        """Return what the queue says of itself now."""
        tally, now = await self._store.tally(self.spec.name), self._now()
        return figure(self.spec.name, tally, now, self._attendance.seen(now))

    async def tend(self) -> None:
        """Take back what ran out, fail canaries that nobody took, forget old tasks; to be called twice a second."""
        if self._leapt():
            await self.open()
        now = self._now()
        lapse = partial(rules.lapse, now=now, max_deliveries=self.spec.max_deliveries)
        if await self._store.lapse(self.spec.name, now, lapse):
            self._ring()
        patience = self.spec.canary_patience
        overdue = partial(rules.overdue, now=now, patience=patience)
        await self._store.overdue(self.spec.name, now - patience // MILLISECOND, overdue)
        if self._clock.monotonic() - self._pruned >= PRUNE_EVERY:
            await self._prune(now)

    def _attend(self, worker: str) -> None:
        """Note that a worker came: it comes again when it has waited, or before its lease runs out."""
        longest = max(self.spec.lease, timedelta(seconds=LONGEST_WAIT))
        self._attendance.note(worker, self._now(), longest // MILLISECOND)

    async def _prune(self, now: int) -> None:
        while await self._store.prune(self.spec.name, now - self.spec.keep_for // MILLISECOND, self.spec.keep):
            pass
        self._pruned = self._clock.monotonic()

    async def _take(self, request: LeaseRequest) -> Task | None:
        rule = partial(rules.lease, worker=request.worker, now=self._now(), length=self.spec.lease)
        return await self._store.take(self.spec.name, request.types, rule)

    async def _hand_over(self, task: Task, gone: Callable[[], bool]) -> Task | None:
        if not gone():
            return task
        with contextlib.suppress(RefusedError):  # it has ended or run out meanwhile: then nothing is left to give back
            await self.release(task.id, task.worker)
        return None

    async def _bury(self, worker: str) -> None:
        rule = partial(rules.lapse, now=self._now(), max_deliveries=self.spec.max_deliveries)
        if await self._store.lapse_of(self.spec.name, worker, rule):
            self._ring()

    async def _change(self, task: str, rule: Callable[[Task], Task]) -> Task:
        return self._known(task, await self._store.change(self.spec.name, task, rule))

    def _known(self, task: str, found: Task | None) -> Task:
        if found is None:
            raise UnknownTaskError(
                f"queue {self.spec.name} has no task {task[:120]!r}: it was never submitted here, or it ended and is "
                f"forgotten (kept are {self.spec.keep} for {self.spec.keep_for.days} days)"
            )
        return found

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()

    def _now(self) -> int:
        return to_ms(self._clock.now())

    def _measure_offset(self) -> float:
        return self._now() / 1000 - self._clock.monotonic()

    def _leapt(self) -> bool:
        """Tell whether the wall clock was set, or the host slept: leases measured by it mean nothing then."""
        before, self._offset = self._offset, self._measure_offset()
        return abs(self._offset - before) > LEAP


async def _rings(bell: asyncio.Event, timeout: float) -> bool:
    if timeout <= 0:
        return False
    try:
        async with asyncio.timeout(timeout):
            return await bell.wait()
    except TimeoutError:
        return False
