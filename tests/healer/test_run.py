"""The healer as it lives: its loop on the real clock, its journal on disk, events instead of waiting."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from healer.settings import REPLACE_WORKERS, Verify
from medic.core.alerts import Source
from medic.core.changes import Closed
from medic.core.clock import SystemClock
from medic.core.errors import InboxFullError
from medic.core.healing import Outcome
from medic.core.targets import worker_target
from tests.fakes import FakePools
from tests.healer.house import alert, house, policy, remedy

WORKER = worker_target("rpa", 1)
SHORT = Verify(within=timedelta(seconds=5), stable=timedelta(milliseconds=20))
QUICK = policy(
    remedy(grace=timedelta(), verify=SHORT), rest=timedelta(), worker_exit=replace(REPLACE_WORKERS, verify=SHORT)
)


class Watched(FakePools):
    """Pools that tell when they are asked."""

    def __init__(self, clock, **counts):
        super().__init__(clock, **counts)
        self.heard = asyncio.Queue()

    async def _ask(self, verb, target):
        self.heard.put_nowait((verb, str(target)))
        await super()._ask(verb, target)


class Told:
    """The real journal, telling when an attempt is closed."""

    def __init__(self, journal):
        self.journal = journal
        self.closed = asyncio.Event()

    def __getattr__(self, name):
        return getattr(self.journal, name)

    async def apply(self, changes, tallies):
        refused = await self.journal.apply(changes, tallies)
        if any(isinstance(change, Closed) for change in changes):
            self.closed.set()
        return refused


@asynccontextmanager
async def alive(state, **counts):
    clock = SystemClock()
    async with house(state, QUICK, clock=clock, pools=Watched(clock, **(counts or {"rpa": 2}))) as it:
        it.journal = it.healer._memory.journal = Told(it.journal)
        running = asyncio.create_task(it.healer.run())
        try:
            async with asyncio.timeout(20):
                yield it
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_dead_worker_is_started_and_its_attempt_closed_without_any_tick(tmp_path):
    async with alive(tmp_path) as it:
        it.healer.exited(it.pools.die(WORKER))
        assert await it.pools.heard.get() == ("start", "worker:rpa/1")
        await it.journal.closed.wait()
        assert (await it.last()).outcome is Outcome.HEALED


async def test_fifty_workers_that_die_at_once_are_all_started_while_one_action_hangs(tmp_path):
    async with alive(tmp_path, rpa=50) as it:
        it.pools.gate = asyncio.Event()
        for slot in range(1, 51):
            it.healer.exited(it.pools.die(worker_target("rpa", slot)))
        asked = {await it.pools.heard.get() for _ in range(50)}
        assert len(asked) == 50
        it.pools.gate.set()


async def test_an_alert_that_was_received_is_acted_upon_without_any_tick(tmp_path):
    async with alive(tmp_path) as it:
        await it.healer.receive([alert(source=Source.ALERTMANAGER)])
        assert await it.pools.heard.get() == ("restart", "pool:rpa")


async def test_orders_are_carried_out_by_the_loop_and_notices_delivered(tmp_path):
    async with alive(tmp_path) as it:
        await it.healer.heal(WORKER, by="ann")
        assert await it.pools.heard.get() == ("restart", "worker:rpa/1")
        await it.healer.tell("title", "body", "key")


async def test_an_inbox_that_is_full_refuses_and_keeps_none_of_them(tmp_path):
    async with house(tmp_path) as it:
        many = [alert(n=str(number)) for number in range(20_001)]
        with pytest.raises(InboxFullError, match="send them again"):
            await it.healer.receive(many)
        assert await it.journal.waiting() == []
