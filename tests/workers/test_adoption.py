"""How a supervision begins, is reloaded and ends, and what of it the next one finds."""

import asyncio

import pytest

from medic.core.clock import SystemClock
from medic.core.errors import MedicError, RefusedError
from medic.core.targets import worker_target
from medic.core.workers import ExitReason
from tests.workers.scene import PATIENCE, kill, living, living_count, pid_of, pids_of, shell, spec, supervised
from workers.plan import Do
from workers.spec import End
from workers.supervisor import Supervisor, ensure_once

ONE = worker_target("rpa", 1)
HEALER = ExitReason.HEALER


async def test_leaving_without_an_end_leaves_workers_to_the_next_one(state):
    first = Supervisor([spec(count=2)], state, SystemClock(), print)
    async with first:
        await first.ensure()
        before = pids_of(first)
    async with Supervisor([spec(count=2)], state, SystemClock(), print) as second:
        assert pids_of(second) == before
        assert all(worker.adopted for worker in second.pools()[0].workers)
        assert [change.do for change in (await second.ensure()).changes] == [Do.KEEP, Do.KEEP]
        await second.end()
        assert living_count(state) == 0


async def test_the_exit_of_an_adopted_worker_is_noticed(state, exits):
    async with Supervisor([spec()], state, SystemClock(), print) as first:
        await first.ensure()
    async with Supervisor([spec()], state, SystemClock(), exits) as second:
        kill(pid_of(second, ONE))
        told = await exits.next()
        assert (told.reason, told.status) == (ExitReason.CRASH, "unknown")
        await second.start(ONE, HEALER)
        assert not second.worker(ONE).adopted
        await second.end()


async def test_workers_of_pools_and_slots_that_are_configured_no_more_are_stopped(state):
    async with Supervisor([spec(count=3), spec("old", count=2)], state, SystemClock(), print) as first:
        await first.ensure()
    async with Supervisor([spec(count=1)], state, SystemClock(), print) as second:
        assert {pool.name: len(pool.workers) for pool in second.pools()} == {"old": 2, "rpa": 3}
        ensured = await second.ensure()
        assert sorted(change.worker for change in ensured.stopped) == ["old/1", "old/2", "rpa/2", "rpa/3"]
        assert set(living(state)) == {"rpa.1"}
        assert [pool.name for pool in second.pools()] == ["rpa"]
        await second.end()


async def test_a_reload_brings_new_pools_and_takes_old_ones_away(state):
    async with supervised(state, spec("a", count=2), spec("b")) as supervisor:
        kept = pid_of(supervisor, worker_target("a", 1))
        await supervisor.replace([spec("a", count=1), spec("c", count=2)])
        assert set(living(state)) == {"a.1", "c.1", "c.2"}
        assert pid_of(supervisor, worker_target("a", 1)) == kept
        assert [pool.name for pool in supervisor.pools()] == ["a", "c"]
        await supervisor.replace([spec("b")])
        assert set(living(state)) == {"b.1"}


async def test_a_refused_reload_changes_nothing(state):
    async with supervised(state, spec("a")) as supervisor:
        with pytest.raises(MedicError, match="wait for each other"):
            await supervisor.replace([spec("a", after=("b",)), spec("b", after=("a",))])
        assert [pool.name for pool in supervisor.pools()] == ["a"]
        assert [change.do for change in (await supervisor.ensure()).changes] == [Do.KEEP]


async def test_the_end_stops_all_and_tells_nobody(state, exits):
    async with supervised(state, spec(count=2), on_exit=exits) as supervisor:
        await supervisor.end()
        assert living_count(state) == 0
        with pytest.raises(RefusedError, match="Medic is ending"):
            await supervisor.start(ONE, HEALER)
    assert exits.all == []


async def test_the_end_can_keep_all_or_one_pool(state):
    async with supervised(state, spec("a", on_exit=End.KEEP), spec("b")) as supervisor:
        await supervisor.end()
        assert set(living(state)) == {"a.1"}
    async with supervised(state, spec("a"), spec("b")) as supervisor:
        await supervisor.end(keep=True)
        assert living_count(state) == 2


async def test_pools_end_before_those_they_came_after(state, bell):
    def words(name):
        return shell(f'trap "echo {name} ends > $BELL; exit" TERM; echo {name} > $BELL; while :; do sleep 0.01; done')

    queue, worker = spec("queue", words("queue"), env=bell.env), spec("w", words("w"), env=bell.env, after=("queue",))
    async with supervised(state, worker, queue) as supervisor:
        assert {await bell.heard(), await bell.heard()} == {"queue", "w"}
        await supervisor.end()
        assert [await bell.heard(), await bell.heard()] == ["w ends", "queue ends"]


async def test_ensure_without_a_daemon_leaves_workers_behind_that_a_daemon_adopts(state):
    done = await ensure_once([spec(count=2)], state)
    assert [change.worker for change in done.started] == ["rpa/1", "rpa/2"]
    before = living(state)
    assert [change.do for change in (await ensure_once([spec(count=2)], state)).changes] == [Do.KEEP, Do.KEEP]
    assert living(state) == before
    assert [change.do for change in (await ensure_once([spec(count=3)], state, dry_run=True)).started] == [Do.START]
    assert living(state) == before
    async with Supervisor([spec(count=2)], state, SystemClock(), print) as supervisor:
        assert {frozenset({found}) for found in pids_of(supervisor)} == {frozenset(each) for each in before.values()}
        await supervisor.end()


async def test_an_error_in_the_body_comes_out_as_it_is_and_leaves_workers_running(state):
    async def work():
        async with Supervisor([spec()], state, SystemClock(), print) as supervisor:
            await supervisor.ensure()
            raise MedicError("something else")

    with pytest.raises(MedicError, match="something else"):
        await work()
    assert living_count(state) == 1


async def test_a_cancelled_body_leaves_workers_running(state):
    up = asyncio.Event()

    async def work():
        async with Supervisor([spec()], state, SystemClock(), print) as supervisor:
            await supervisor.ensure()
            up.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(work())
    async with asyncio.timeout(PATIENCE):
        await up.wait()
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()
    assert living_count(state) == 1


async def test_a_stops_file_that_cannot_be_read_is_refused_before_anything_is_touched(state):
    (state / "workers").mkdir(parents=True)
    (state / "workers" / "stopped").write_text("nonsense")
    with pytest.raises(MedicError, match="nonsense"):
        await ensure_once([spec()], state)
    assert living_count(state) == 0
