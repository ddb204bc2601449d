import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from medic.core.runs import Run, RunState, Trigger
from medic.store.database import open_database
from medic.store.ledger import LedgerStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RHYTHM = [("etl", "every 10m")]


@pytest.fixture
async def ledger(tmp_path):
    async with open_database(tmp_path / "journal.db", schema="journal", sync="FULL") as database:
        yield LedgerStore(database)


def wanted(minute=0, job="etl", trigger=Trigger.EVERY, **more):
    due = NOON + minute * MINUTE
    return Run(0, job, due, trigger, RunState.RUNNING, started_at=due + timedelta(milliseconds=5), **more)


def ending(run, state=RunState.DONE, **more):
    return replace(run, state=state, ended_at=run.due + MINUTE, **more)


def unrun(minute, state=RunState.MISSED, job="etl"):
    due = NOON + minute * MINUTE
    return Run(0, job, due, Trigger.EVERY, state, ended_at=due + MINUTE, reason="why")


async def test_a_run_comes_back_as_it_went_in(ledger):
    await ledger.register(RHYTHM, NOON)
    claimed = await ledger.claim(wanted(output="log/runs/etl/1.log"))
    assert claimed == replace(wanted(output="log/runs/etl/1.log"), id=claimed.id)
    done = ending(claimed, RunState.FAILED, reason="exit 3")
    await ledger.finish(done)
    assert await ledger.history("etl", 5) == (done,)


async def test_a_due_time_is_claimed_once_whoever_asks(ledger):
    await ledger.register(RHYTHM, NOON)
    claims = await asyncio.gather(*(ledger.claim(wanted(10, trigger=t)) for t in [Trigger.EVERY, Trigger.PERSON] * 10))
    assert sum(claim is not None for claim in claims) == 1


@pytest.mark.parametrize("state", [RunState.SKIPPED, RunState.MISSED])
async def test_a_due_time_that_ended_unrun_cannot_be_claimed(ledger, state):
    await ledger.register(RHYTHM, NOON)
    await ledger.close([unrun(10, state)])
    assert await ledger.claim(wanted(10)) is None
    assert (await ledger.history("etl", 5))[0].state is state


async def test_a_claim_that_is_refused_answers_the_due_time_all_the_same(ledger):
    await ledger.register(RHYTHM, NOON)
    await ledger.claim(wanted(10, trigger=Trigger.START))
    assert (await ledger.record("etl")).answered is None
    assert await ledger.claim(wanted(10)) is None
    assert (await ledger.record("etl")).answered == NOON + 10 * MINUTE


async def test_the_same_instant_of_two_jobs_is_two_due_times(ledger):
    await ledger.register([*RHYTHM, ("mail", "every 10m")], NOON)
    assert await ledger.claim(wanted()) is not None
    assert await ledger.claim(wanted(job="mail")) is not None


async def test_an_end_is_counted_once(ledger):
    await ledger.register(RHYTHM, NOON)
    claimed = await ledger.claim(wanted())
    await ledger.finish(ending(claimed))
    await ledger.finish(ending(claimed, RunState.FAILED))
    await ledger.close([unrun(0)])
    found = await ledger.record("etl")
    assert found.outcomes == ((RunState.DONE, 1),)
    assert found.last.state is RunState.DONE


async def test_what_ran_when_medic_died_is_interrupted_and_nothing_else_is(tmp_path):
    async with open_database(tmp_path / "journal.db", schema="journal", sync="FULL") as database:
        ledger = LedgerStore(database)
        await ledger.register(RHYTHM, NOON)
        await ledger.finish(ending(await ledger.claim(wanted(0))))
        await ledger.claim(wanted(10))
    async with open_database(tmp_path / "journal.db", schema="journal", sync="FULL") as database:
        ledger = LedgerStore(database)
        (found,) = await ledger.interrupt(NOON + 15 * MINUTE)
        assert (found.due, found.state) == (NOON + 10 * MINUTE, RunState.INTERRUPTED)
        assert found.ended_at == NOON + 15 * MINUTE
        assert await ledger.interrupt(NOON + 16 * MINUTE) == ()
        states = [run.state for run in await ledger.history("etl", 5)]
    assert states == [RunState.INTERRUPTED, RunState.DONE]


async def test_a_restart_finds_what_was_known(ledger):
    await ledger.register(RHYTHM, NOON)
    await ledger.finish(ending(await ledger.claim(wanted(10))))
    (found,) = await ledger.register(RHYTHM, NOON + 20 * MINUTE)
    assert (found.since, found.answered) == (NOON, NOON + 10 * MINUTE)
    assert found.last_success == NOON + 11 * MINUTE


@pytest.mark.parametrize("between", [[("etl", "at 03:00")], [("other", "every 10m")]], ids=["changed", "removed"])
async def test_a_rhythm_that_changed_or_came_back_counts_from_then_on(ledger, between):
    await ledger.register(RHYTHM, NOON)
    await ledger.finish(ending(await ledger.claim(wanted(10))))
    await ledger.register(between, NOON + 20 * MINUTE)
    (found,) = await ledger.register(RHYTHM, NOON + 30 * MINUTE)
    assert (found.since, found.answered) == (NOON + 30 * MINUTE, None)
    assert found.last_success == NOON + 11 * MINUTE


async def test_records_come_in_the_order_of_the_jobs(ledger):
    found = await ledger.register([("b", "x"), ("a", "x"), ("c", "x")], NOON)
    assert [record.job for record in found] == ["b", "a", "c"]


async def test_history_is_the_newest_first_and_no_longer_than_asked(ledger):
    await ledger.register(RHYTHM, NOON)
    await ledger.close([unrun(minute) for minute in range(5)])
    assert [run.due for run in await ledger.history("etl", 2)] == [NOON + 4 * MINUTE, NOON + 3 * MINUTE]


async def test_between_begins_with_its_start_and_stops_before_its_end(ledger):
    await ledger.register([*RHYTHM, ("mail", "x")], NOON)
    await ledger.close([unrun(minute) for minute in range(5)] + [unrun(2, job="mail")])
    found = await ledger.between(NOON + MINUTE, NOON + 3 * MINUTE)
    assert [(run.job, (run.due - NOON) // MINUTE) for run in found] == [("etl", 1), ("etl", 2), ("mail", 2)]


async def test_forgetting_keeps_the_latest_what_is_running_and_the_counts(ledger):
    await ledger.register([*RHYTHM, ("mail", "x")], NOON)
    await ledger.finish(ending(await ledger.claim(wanted(0))))
    await ledger.finish(ending(await ledger.claim(wanted(1))))
    await ledger.close([unrun(2), unrun(3), unrun(4)])
    await ledger.claim(wanted(2, job="mail"))
    await ledger.close([unrun(3, job="mail")])
    assert await ledger.prune(NOON + 60 * MINUTE) == 3
    assert [(run.due - NOON) // MINUTE for run in await ledger.history("etl", 9)] == [4, 1]
    assert [run.state for run in await ledger.history("mail", 9)] == [RunState.MISSED, RunState.RUNNING]
    assert dict((await ledger.record("etl")).outcomes) == {RunState.DONE: 2, RunState.MISSED: 3}
    assert (await ledger.record("etl")).answered == NOON + 4 * MINUTE


async def test_forgetting_leaves_what_is_young(ledger):
    await ledger.register(RHYTHM, NOON)
    await ledger.close([unrun(minute) for minute in range(5)])
    assert await ledger.prune(NOON + 2 * MINUTE) == 2
    assert len(await ledger.history("etl", 9)) == 3


async def test_a_reset_lets_the_rhythm_go_on_and_keeps_what_was_really_run(ledger):
    await ledger.register(RHYTHM, NOON)
    await ledger.finish(ending(await ledger.claim(wanted(10))))
    await ledger.close([unrun(20)])
    ahead = ending(await ledger.claim(wanted(30)), RunState.DONE)
    await ledger.finish(ahead)
    now = NOON + 15 * MINUTE
    (record,) = await ledger.reset(["etl"], now)
    assert (record.since, record.answered, record.resets, record.last_success) == (now, None, 1, now)
    assert record.last.due == record.ran.due == NOON + 10 * MINUTE
    assert [run.due for run in await ledger.history("etl", 9)] == [ahead.due, NOON + 10 * MINUTE]
    assert await ledger.claim(wanted(20)) is not None
    assert await ledger.claim(wanted(30)) is None


async def test_what_ran_ahead_of_its_time_does_not_let_the_latest_be_forgotten(ledger):
    await ledger.register(RHYTHM, NOON)
    for minute in (10, 999):
        await ledger.finish(ending(await ledger.claim(wanted(minute))))
    await ledger.reset(["etl"], NOON + 15 * MINUTE)
    assert await ledger.prune(NOON + timedelta(days=9)) == 1
    assert (await ledger.record("etl")).last.due == NOON + 10 * MINUTE
