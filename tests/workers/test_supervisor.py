"""The supervisor with real processes: exact N, whoever asks for what."""

import asyncio
from datetime import timedelta

import pytest

from medic.core.clock import SystemClock
from medic.core.errors import MedicError, RefusedError
from medic.core.processes import identify
from medic.core.targets import parse_target, pool_target, worker_target
from medic.core.workers import ExitReason, SlotState
from tests.workers.scene import kill, living, living_count, pid_of, pids_of, restarts, shell, spec, supervised
from workers.plan import Do
from workers.supervisor import Supervisor

RPA, ONE, TWO = pool_target("rpa"), worker_target("rpa", 1), worker_target("rpa", 2)
HEALER, OPERATOR = ExitReason.HEALER, ExitReason.OPERATOR


async def test_ensure_starts_what_is_missing_and_keeps_what_is_there(state, exits):
    async with supervised(state, spec(count=2), on_exit=exits) as supervisor:
        kept = pid_of(supervisor, ONE)
        kill(pid_of(supervisor, TWO))
        await exits.next()
        assert [change.do for change in (await supervisor.ensure()).changes] == [Do.KEEP, Do.START]
        assert living_count(state) == 2
        assert pid_of(supervisor, ONE) == kept


async def test_a_dry_run_says_what_ensure_would_do_and_does_nothing(state):
    async with Supervisor([spec(count=2)], state, SystemClock(), print) as supervisor:
        planned = await supervisor.ensure(dry_run=True)
        assert [(change.worker, change.do, change.why) for change in planned.changes] == [
            ("rpa/1", Do.START, "missing"),
            ("rpa/2", Do.START, "missing"),
        ]
        assert living_count(state) == 0
        assert await supervisor.ensure() == planned
        assert living_count(state) == 2
        await supervisor.end()


async def test_bursts_of_callers_never_leave_one_too_many_or_too_few(state, exits):
    async with supervised(state, spec(count=3), on_exit=exits) as supervisor:
        for _ in range(5):
            for number in (1, 2):
                kill(pid_of(supervisor, worker_target("rpa", number)))
                await exits.until(ExitReason.CRASH)
            orders = [supervisor.ensure("rpa") for _ in range(40)]
            orders += [supervisor.start(ONE, HEALER), supervisor.restart(TWO, OPERATOR), supervisor.ensure()]
            await asyncio.gather(*orders)
            await supervisor.ensure()
            assert {name: len(found) for name, found in living(state).items()} == {"rpa.1": 1, "rpa.2": 1, "rpa.3": 1}


async def test_an_exit_nobody_asked_for_is_told_and_left_to_the_healer(state, exits):
    async with supervised(state, spec(count=2), on_exit=exits) as supervisor:
        victim = supervisor.worker(ONE)
        kill(victim.process.pid)
        told = await exits.next()
        assert (told.pool, told.slot, told.process, told.started_at) == ("rpa", 1, victim.process, victim.since)
        assert (told.reason, told.status) == (ExitReason.CRASH, "SIGKILL")
        assert supervisor.worker(ONE).state is SlotState.EMPTY
        done = await supervisor.start(ONE, HEALER)
        assert [change.worker for change in done.started] == ["rpa/1"]
        assert restarts(supervisor) == {"crash": 1}


@pytest.mark.parametrize(("script", "status"), [("exit 0", "exit 0"), ("exit 3", "exit 3"), ("kill -11 $$", "SIGSEGV")])
async def test_every_end_that_nobody_asked_for_is_a_crash(state, exits, script, status):
    async with supervised(state, spec(command=shell(script)), on_exit=exits):
        told = await exits.next()
        assert (told.reason, told.status) == (ExitReason.CRASH, status)


async def test_a_slot_that_the_healer_has_is_left_alone_by_ensure(state, exits):
    async with supervised(state, spec(count=2), on_exit=exits, held=lambda: frozenset({ONE})) as supervisor:
        assert living_count(state) == 1
        ensured = await supervisor.ensure()
        assert [(change.worker, change.why) for change in ensured.held] == [("rpa/1", "the healer is replacing it")]
        await supervisor.start(ONE, HEALER)
        assert [change.worker for change in (await supervisor.ensure()).kept] == ["rpa/1", "rpa/2"]


async def test_a_restart_replaces_the_process_and_is_counted(state, exits):
    async with supervised(state, spec(count=2), on_exit=exits) as supervisor:
        before = pids_of(supervisor)
        done = await supervisor.restart(RPA, HEALER)
        assert [change.worker for change in done.restarted] == ["rpa/1", "rpa/2"]
        assert not before & pids_of(supervisor)
        assert living_count(state) == 2
        assert {each.reason for each in exits.all} == {HEALER}
        assert restarts(supervisor) == {"healer": 2}


async def test_a_restart_waits_for_the_end_of_the_old_one(state, bell):
    script = shell('trap "sleep 0.1; exit" TERM; echo $$ > $BELL; while :; do sleep 0.01; done')
    async with supervised(state, spec(command=script, env=bell.env)) as supervisor:
        old = await bell.pid()
        await supervisor.restart(ONE, OPERATOR)
        assert identify(old) is None
        assert await bell.pid() == pid_of(supervisor, ONE)


async def test_many_restarts_at_once_are_one(state, bell):
    script = shell('trap "sleep 0.1; exit" TERM; echo $$ > $BELL; while :; do sleep 0.01; done')
    async with supervised(state, spec(command=script, env=bell.env)) as supervisor:
        await bell.heard()
        await asyncio.gather(*(supervisor.restart(RPA, HEALER) for _ in range(20)))
        assert await bell.pid() == pid_of(supervisor, ONE)
        assert living_count(state) == 1
        assert restarts(supervisor) == {"healer": 1}


async def test_a_worker_that_ignores_term_is_killed_after_its_time(state, bell, exits):
    stubborn = shell('trap "" TERM; echo $$ > $BELL; exec sleep 600')
    pool = spec(command=stubborn, env=bell.env, stop_timeout=timedelta(seconds=0.05))
    async with supervised(state, pool, on_exit=exits) as supervisor:
        await bell.heard()
        await supervisor.stop(ONE)
        told = await exits.next()
        assert (told.reason, told.status) == (OPERATOR, "SIGKILL")
        assert living_count(state) == 0


async def test_the_children_of_a_dead_worker_die_with_it(state, bell, exits):
    parent = shell("sleep 600 & echo $! > $BELL; wait")
    async with supervised(state, spec(command=parent, env=bell.env), on_exit=exits) as supervisor:
        child = await bell.pid()
        kill(pid_of(supervisor, ONE))
        await exits.next()
        await supervisor.start(ONE, HEALER)
        assert await bell.pid() != child
        assert identify(child) is None


async def test_a_child_that_ran_away_with_the_lock_does_not_block_the_slot(state, bell, exits):
    parent = shell("setsid sh -c 'echo $$ > $BELL; exec sleep 600' & wait")
    async with supervised(state, spec(command=parent, env=bell.env), on_exit=exits) as supervisor:
        runaway = await bell.pid()
        kill(pid_of(supervisor, ONE))
        await exits.next()
        await supervisor.start(ONE, HEALER)
        assert identify(runaway) is None
        kill(await bell.pid())  # the second one's runaway


@pytest.mark.parametrize("how", ["stopped", "ended", "died"])
async def test_a_child_that_ran_away_does_not_outlive_its_worker(state, bell, exits, how):
    runaway = shell("setsid sh -c 'echo $$ > $BELL; exec sleep 600' & exec sleep 600")
    async with supervised(state, spec(command=runaway, env=bell.env), on_exit=exits) as supervisor:
        child = identify(await bell.pid())
        if how == "stopped":
            await supervisor.stop(RPA)
        elif how == "ended":
            await supervisor.end()
        else:
            kill(pid_of(supervisor, ONE))
            await exits.next()
            await supervisor.stop(RPA)  # an order is read after the exit before it
        assert child is not None
        assert identify(child.pid) is None


async def test_what_an_operator_stopped_stays_stopped_for_everybody_else(state):
    async with supervised(state, spec(count=2)) as supervisor:
        stopped = await supervisor.stop(ONE)
        assert [change.worker for change in stopped.stopped] == ["rpa/1"]
        assert supervisor.stopped() == {ONE}
        assert [change.why for change in (await supervisor.ensure()).held] == ["stopped by an operator"]
        with pytest.raises(RefusedError, match="medic workers start worker:rpa/1"):
            await supervisor.start(ONE, HEALER)
        assert [change.do for change in (await supervisor.restart(RPA, HEALER)).changes] == [Do.HOLD, Do.RESTART]
        assert supervisor.pools()[0].expected == 1
        await supervisor.end()
    async with Supervisor([spec(count=2)], state, SystemClock(), print) as supervisor:
        assert [change.do for change in (await supervisor.ensure()).changes] == [Do.HOLD, Do.START]
        assert [change.do for change in (await supervisor.start(RPA, OPERATOR)).changes] == [Do.START, Do.KEEP]
        assert supervisor.stopped() == frozenset()
        assert supervisor.pools()[0].expected == 2
        await supervisor.end()


async def test_one_worker_of_a_stopped_pool_can_be_started(state):
    async with supervised(state, spec(count=2)) as supervisor:
        await supervisor.stop(RPA)
        assert living_count(state) == 0
        await supervisor.start(TWO, OPERATOR)
        await supervisor.ensure()
        assert {name: len(found) for name, found in living(state).items()} == {"rpa.2": 1}


async def test_a_dry_run_of_a_command_changes_nothing(state):
    async with supervised(state, spec(count=1)) as supervisor:
        before = pids_of(supervisor)
        assert [change.do for change in (await supervisor.stop(RPA, dry_run=True)).changes] == [Do.STOP]
        assert [change.do for change in (await supervisor.restart(RPA, OPERATOR, dry_run=True)).changes] == [Do.RESTART]
        planned = await supervisor.scale("rpa", 2, dry_run=True)
        assert [change.do for change in planned.changes] == [Do.KEEP, Do.START]
        assert [change.do for change in (await supervisor.scale("rpa", 0, dry_run=True)).changes] == [Do.STOP]
        assert pids_of(supervisor) == before
        assert supervisor.stopped() == frozenset()


async def test_scaling_leaves_exactly_as_many_as_asked_for(state):
    async with supervised(state, spec(count=1)) as supervisor:
        for count in (4, 2, 3, 0, 1):
            await supervisor.scale("rpa", count)
            assert living_count(state) == count
            assert supervisor.pools()[0].expected == count
        with pytest.raises(MedicError, match="cannot have -1 workers"):
            await supervisor.scale("rpa", -1)


async def test_scaling_down_and_up_at_once_ends_with_what_was_asked_last(state):
    async with supervised(state, spec(count=3)) as supervisor:
        await asyncio.gather(*(supervisor.scale("rpa", count) for count in (1, 3, 0, 2, 3, 2)))
        assert set(living(state)) == {"rpa.1", "rpa.2"}


async def test_a_command_that_cannot_run_is_an_exit_and_a_failure_in_the_answer(state, exits):
    async with supervised(state, spec("bad", command=("/no/such",)), spec("good"), on_exit=exits) as supervisor:
        ensured = await supervisor.ensure()
        assert [change.worker for change in ensured.failed] == ["bad/1"]
        assert [change.worker for change in ensured.kept] == ["good/1"]
        told = await exits.next()
        assert (told.pool, told.process, told.reason) == ("bad", None, ExitReason.CRASH)
        assert told.status.startswith("cannot run '/no/such'")


async def test_the_healer_gets_its_own_failure_raised_and_not_told_as_an_exit(state, exits):
    bad = frozenset({worker_target("bad", 1)})
    held = lambda: bad if exits.all else frozenset()  # noqa: E731 - as the healer does from the first exit on
    async with supervised(state, spec("bad", command=("/no/such",)), on_exit=exits, held=held) as supervisor:
        await exits.next()
        with pytest.raises(MedicError, match=r"worker bad/1: cannot run '/no/such': No such file"):
            await supervisor.start(worker_target("bad", 1), HEALER)
        assert len(exits.all) == 1


async def test_a_slot_that_stays_empty_after_a_restart_of_its_pool_is_told_so_that_somebody_fills_it(
    state, exits, tmp_path
):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o700)
    async with supervised(state, spec(command=(str(program),)), on_exit=exits) as supervisor:
        program.unlink()
        with pytest.raises(MedicError, match="No such file"):
            await supervisor.restart(RPA, HEALER)
        assert [told.reason for told in exits.all] == [HEALER, ExitReason.CRASH]


@pytest.mark.parametrize(
    ("target", "text"),
    [("pool:x", "no pool 'x'"), ("worker:rpa/2", "has 1 slots"), ("queue:rpa", "has no workers")],
)
async def test_what_is_not_declared_is_refused(state, target, text):
    async with supervised(state, spec()) as supervisor:
        for command in (supervisor.start, supervisor.restart):
            with pytest.raises(MedicError, match=text):
                await command(parse_target(target), OPERATOR)
        with pytest.raises(MedicError, match=text):
            await supervisor.stop(parse_target(target))
        with pytest.raises(MedicError, match="no pool 'y': configured under `workers:` are rpa"):
            await supervisor.ensure("y")
        assert supervisor.worker(parse_target(target)) is None


async def test_the_end_is_the_last_word_also_while_ensure_goes_from_pool_to_pool(state):
    async with Supervisor([spec(count=10), spec("zebra", count=10)], state, SystemClock(), print) as supervisor:
        ensuring = asyncio.create_task(supervisor.ensure())
        await asyncio.sleep(0)  # its order is with the first pool now
        await supervisor.end()
        with pytest.raises(RefusedError, match="Medic is ending"):
            await ensuring
    assert living_count(state) == 0
