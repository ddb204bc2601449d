"""What the healer relies on of pools: the fake of its tests and the real supervisor pass the same."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from medic.app.adapters import Hands, Pulse
from medic.core.clock import SystemClock
from medic.core.errors import MedicError
from medic.core.targets import pool_target, worker_target
from medic.core.workers import ExitReason, SlotState
from tests.fakes import FakePools
from workers.spec import PoolSpec
from workers.supervisor import Supervisor

FIRST = worker_target("rpa", 1)


class Real:
    """The supervisor as the wiring offers it to the healer, with workers that sleep."""

    def __init__(self, supervisor, exits):
        self.hands, self.pulse, self.exits = Hands(supervisor), Pulse(supervisor), exits
        self.start, self.restart = self.hands.start, self.hands.restart
        self.pool, self.worker = self.pulse.pool, self.pulse.worker

    async def die(self, target):
        os.kill(self.worker(target).process.pid, signal.SIGKILL)
        return await self.exits.get()


class Faked:
    """The fake with the same few words."""

    def __init__(self):
        self.fake = FakePools(SystemClock(), rpa=2)
        self.start, self.restart = self.fake.start, self.fake.restart
        self.pool, self.worker = self.fake.pool, self.fake.worker

    async def die(self, target):
        return self.fake.die(target)


@asynccontextmanager
async def supervised(state):
    exits = asyncio.Queue()
    specs = [PoolSpec("rpa", ("sleep", "600"), 2, stop_timeout=timedelta(seconds=5))]
    held = frozenset({FIRST})
    async with Supervisor(specs, state, SystemClock(), exits.put_nowait, held=lambda: held) as supervisor:
        await supervisor.start(pool_target("rpa"), ExitReason.OPERATOR)
        try:
            yield Real(supervisor, exits)
        finally:
            await supervisor.end()


@pytest.fixture(params=["fake", "real"])
async def pools(request, tmp_path):
    async with asyncio.timeout(30):
        if request.param == "fake":
            yield Faked()
        else:
            async with supervised(tmp_path) as real:
                yield real


def processes(pools):
    return [worker.process for worker in pools.pool("rpa").workers]


async def test_a_pool_is_whole_and_each_slot_has_a_process_and_its_start(pools):
    pool = pools.pool("rpa")
    assert (pool.expected, pool.running) == (2, 2)
    assert pools.worker(FIRST).state is SlotState.RUNNING
    assert pools.worker(FIRST).since <= SystemClock().now()
    assert pools.pool("other") is None
    assert pools.worker(worker_target("rpa", 3)) is None
    assert pools.worker(worker_target("other", 1)) is None


async def test_a_death_empties_its_slot_before_it_is_heard_of_and_a_start_fills_it_with_another_process(pools):
    before = pools.worker(FIRST)
    died = await pools.die(FIRST)
    assert (died.pool, died.slot, died.process, died.started_at) == ("rpa", 1, before.process, before.since)
    assert (died.reason, died.status) == (ExitReason.CRASH, "SIGKILL")
    assert pools.worker(FIRST).state is SlotState.EMPTY
    assert await pools.start(FIRST)
    assert pools.worker(FIRST).state is SlotState.RUNNING
    assert pools.worker(FIRST).process != before.process
    assert pools.pool("rpa").running == 2


async def test_starting_a_filled_slot_leaves_its_process(pools):
    before = processes(pools)
    await pools.start(FIRST)
    assert processes(pools) == before


async def test_a_restart_of_a_pool_or_of_one_worker_gives_new_processes_to_it_alone(pools):
    first, second = processes(pools)
    await pools.restart(FIRST)
    assert processes(pools)[0] != first
    assert processes(pools)[1] == second
    await pools.restart(pool_target("rpa"))
    assert processes(pools)[1] != second
    assert pools.pool("rpa").running == 2


async def test_what_is_not_there_is_refused(pools):
    with pytest.raises(MedicError):
        await pools.restart(pool_target("other"))
    with pytest.raises(MedicError):
        await pools.start(worker_target("other", 1))
