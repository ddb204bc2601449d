import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice

import pytest

from medic.core.runs import JobRecord, Run, RunState, Trigger
from rhythm.due import moved, upcoming
from rhythm.plan import left_behind
from rhythm.ports import Result
from rhythm.spec import At, Every, JobSpec

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOURLY = JobSpec("etl", Every(HOUR), "etl")
NIGHTLY = JobSpec("etl", At(time(2, 30), "Europe/Berlin"), "etl")
TICK = JobSpec("tick", Every(timedelta(milliseconds=100)), "tick")
INSTANT = timedelta(milliseconds=20)
"""So long before a due time the clock is set, so that it comes at once."""


async def well(_context):
    return Result(ok=True, summary="")


def behind(spec, now, **known):
    return left_behind([spec], {spec.name: JobRecord(spec.name, **{"since": NOON, **known})}, now) != ()


@pytest.mark.parametrize(("spec", "limit"), [(HOURLY, HOUR), (NIGHTLY, DAY)], ids=["every", "at"])
def test_a_rhythm_is_left_behind_when_it_is_known_more_than_an_interval_ahead(spec, limit):
    second = timedelta(seconds=1)
    assert not behind(spec, NOON - limit)
    assert behind(spec, NOON - limit - second)
    assert not behind(spec, NOON, answered=NOON + limit)
    assert behind(spec, NOON, answered=NOON + limit + second)


def test_a_job_that_runs_or_is_disabled_is_not_looked_at():
    running = Run(1, "etl", NOON, Trigger.EVERY, RunState.RUNNING, started_at=NOON)
    assert not behind(HOURLY, NOON - DAY, running=running)
    assert not behind(replace(HOURLY, enabled=False), NOON - DAY)
    assert left_behind([HOURLY], {}, NOON) == ()


def test_a_reset_moves_the_grid_of_an_interval_a_little_and_that_of_a_time_of_day_not_at_all():
    record = JobRecord("etl", NOON, resets=2)
    assert list(islice(upcoming(moved(HOURLY.trigger, record), NOON), 2)) == [
        NOON + timedelta(milliseconds=2),
        NOON + HOUR + timedelta(milliseconds=2),
    ]
    assert moved(NIGHTLY.trigger, record) == NIGHTLY.trigger


async def test_an_hourly_job_goes_on_at_once_after_the_clock_was_set_back(scheduling, ledger, clock):
    clock.set(NOON - INSTANT)
    async with scheduling(HOURLY, TICK, etl=well, tick=well) as scheduler:
        await done(ledger, "etl", 1)
        clock.set(NOON + HOUR - INSTANT)
        await done(ledger, "etl", 2)
        clock.set(NOON - 3 * HOUR)
        await until_reset(scheduler, ledger)
        for count in (3, 4, 5, 6):  # over the very hours that were run already
            clock.set(NOON + (count - 5) * HOUR - INSTANT)
            await done(ledger, "etl", count)
    dues = [run.due for run in await ledger.history("etl", 99)]
    assert len(set(dues)) == len(dues)


async def test_a_nightly_job_outlives_a_visit_to_the_far_future_and_runs_no_night_twice(scheduling, ledger, clock):
    night = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)  # the next one has no 02:30
    clock.set(night - INSTANT)
    async with scheduling(NIGHTLY, TICK, etl=well, tick=well) as scheduler:
        await done(ledger, "etl", 1)
        clock.set(night + 400 * DAY)
        await done(ledger, "etl", 2)
        clock.set(night + HOUR)
        await until_reset(scheduler, ledger)
        clock.set(night + DAY - INSTANT)
        await done(ledger, "etl", 3)
        clock.set(night + HOUR)  # less than a day before it: nothing to mend
        await done(ledger, "tick", 1 + len(ends(ledger, "tick")))
        clock.set(night + DAY + HOUR)
        await done(ledger, "tick", 1 + len(ends(ledger, "tick")))
    assert len(ends(ledger, "etl")) == 3


async def test_a_failure_in_a_future_that_never_was_holds_nobody(scheduling, ledger, clock):
    results = [False]

    async def check(_context):
        return Result(ok=not results or results.pop(), summary="broken")

    parent, child = replace(HOURLY, name="check", run="check"), replace(HOURLY, after=("check",))
    clock.set(NOON + 999 * DAY - INSTANT)
    async with scheduling(parent, child, TICK, check=check, etl=well, tick=well) as scheduler:
        await ledger.ending("etl", RunState.SKIPPED)
        clock.set(NOON - HOUR / 2)
        await until_reset(scheduler, ledger)
        clock.set(NOON - INSTANT)
        await done(ledger, "etl", 1)


async def test_a_restart_after_the_clock_was_set_back_goes_on_too(scheduling, ledger, clock):
    clock.set(NOON - INSTANT)
    async with scheduling(HOURLY, etl=well):
        await done(ledger, "etl", 1)
    for count in (2, 3):
        clock.set(NOON - count * DAY)
        async with scheduling(HOURLY, TICK, etl=well, tick=well) as scheduler:
            await until_reset(scheduler, ledger, count - 1)
            clock.set(NOON - count * DAY + HOUR - INSTANT)
            await done(ledger, "etl", count)


async def until_reset(scheduler, ledger, count=1):
    """Let the ticking job, which is reset too, wake the scheduler until the rhythm has gone on."""
    async with asyncio.timeout(10):
        while scheduler.jobs()[0].record is None or scheduler.jobs()[0].record.resets < count:
            await done(ledger, "tick", 1 + len(ends(ledger, "tick")))


def ends(ledger, job):
    return [run for run in ledger.ended if run.job == job and run.state is RunState.DONE]


async def done(ledger, job, count):
    await ledger.until(lambda: len(ends(ledger, job)) >= count)
