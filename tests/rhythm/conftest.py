import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import pytest

from medic.core.clock import SystemClock
from medic.core.errors import StoreError
from medic.core.runs import RunState
from medic.store.database import open_database
from medic.store.ledger import LedgerStore
from rhythm.ports import Context
from rhythm.runner import Runner
from rhythm.scheduler import Scheduler


class ShiftedClock:
    """The real clock, shifted: time goes by as it does, from whatever moment a test wants."""

    def __init__(self, start: datetime | None = None):
        self._real = SystemClock()
        self._shift = timedelta() if start is None else start - self._real.now()

    def now(self):
        return self._real.now() + self._shift

    def monotonic(self):
        return self._real.monotonic()

    def set(self, to):
        self._shift = to - self._real.now()


class WatchedLedger(LedgerStore):
    """The real ledger, which also tells a test what happened, and whose disk can be full for so many claims."""

    def __init__(self, database):
        super().__init__(database)
        self._changed = asyncio.Event()
        self.claimed, self.ended = [], []
        self.full = 0
        self.full_at_start = 0

    async def register(self, rhythms, now):
        if self.full_at_start:
            self.full_at_start -= 1
            raise StoreError("the disk is full")
        return await super().register(rhythms, now)

    async def claim(self, run):
        if self.full:
            self.full -= 1
            self._changed.set()
            raise StoreError("the disk is full")
        claimed = await super().claim(run)
        self.claimed.append(claimed)
        self._changed.set()
        return claimed

    async def finish(self, run):
        await super().finish(run)
        self.tell([run])

    async def close(self, runs):
        await super().close(runs)
        self.tell(runs)

    def tell(self, runs):
        self.ended += runs
        self._changed.set()

    async def until(self, wanted):
        async with asyncio.timeout(10):
            while not wanted():
                self._changed.clear()
                await self._changed.wait()

    async def ending(self, job, state=RunState.DONE):
        await self.until(lambda: any(run.job == job and run.state is state for run in self.ended))
        return next(run for run in self.ended if run.job == job and run.state is state)


@pytest.fixture
async def ledger(tmp_path):
    async with open_database(tmp_path / "journal.db", schema="journal", sync="FULL") as database:
        yield WatchedLedger(database)


@pytest.fixture
def clock():
    return ShiftedClock()


@pytest.fixture
def scheduling(tmp_path, ledger, clock):
    """Make and run a scheduler over the real ledger; more jobs than the built-in ones by keyword."""

    @asynccontextmanager
    async def scheduling(*jobs, **builtins):
        runner = Runner(tmp_path, builtins, Context(clock))
        scheduler = Scheduler(jobs, ledger=ledger, runner=runner, clock=clock)
        task = asyncio.create_task(scheduler.run(), name="scheduler")
        try:
            yield scheduler
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return scheduling
