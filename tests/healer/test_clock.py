"""A wall clock that is set makes no verification shorter and none longer."""

from datetime import timedelta

import pytest

from healer.stopwatch import Stopwatch
from medic.core.alerts import Source
from medic.core.healing import Outcome
from medic.core.targets import worker_target
from tests.fakes import HandClock
from tests.healer.house import QUICK, alert, fire_until_it_acts, house, policy, remedy

STEPS = pytest.mark.parametrize("hours", [-5, 5])
WORKER = worker_target("rpa", 1)


@STEPS
async def test_what_is_well_must_be_so_for_its_stable_time_whatever_the_clock_says(tmp_path, hours):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        await fire_until_it_acts(it, alert())
        it.conditions.holds["QueueStalled"] = False
        await it.tick(alert(), seconds=1)
        it.clock.set(hours=hours)
        await it.tick(alert(), seconds=29)
        assert await it.outcomes() == [None]
        await it.tick(alert(), seconds=1)
        assert await it.outcomes() == [Outcome.HEALED]


@STEPS
async def test_what_is_wrong_is_given_its_time_and_no_more_whatever_the_clock_says(tmp_path, hours):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        await fire_until_it_acts(it, alert())
        it.conditions.holds["QueueStalled"] = True
        it.clock.set(hours=hours)
        await it.tick(alert(), minutes=4, seconds=59)
        assert await it.outcomes() == [None]
        await it.tick(alert(), seconds=1)
        assert await it.outcomes() == [Outcome.FAILED]


@STEPS
async def test_a_new_worker_must_live_for_its_stable_time_whatever_the_clock_says(tmp_path, hours):
    async with house(tmp_path) as it:
        await it.die(WORKER)
        it.clock.set(hours=hours)
        await it.tick(seconds=59)
        assert await it.outcomes() == [None]
        await it.tick(seconds=1)
        assert await it.outcomes() == [Outcome.HEALED]


@STEPS
async def test_an_alert_from_outside_that_resolves_is_watched_for_its_stable_time(tmp_path, hours):
    outside = alert(source=Source.ALERTMANAGER)
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        await it.healer.receive([outside])
        await it.tick()
        await it.tick(seconds=181)
        it.clock.set(hours=hours)
        await it.tick(minutes=4, seconds=59)
        assert await it.outcomes() == [None]
        await it.tick(seconds=1)
        assert await it.outcomes() == [Outcome.UNKNOWN]


def test_a_stopwatch_counts_from_when_a_state_began_and_anew_with_another_state():
    clock = HandClock()
    watch = Stopwatch(clock)
    began = clock.now() - timedelta(seconds=10)
    assert watch.since(("held", 1), True, began, clock.now()) == began
    clock.set(hours=3)
    clock.pass_by(seconds=5)
    assert clock.now() - watch.since(("held", 1), True, clock.now(), clock.now()) == timedelta(seconds=15)
    assert watch.since(("held", 1), False, clock.now(), clock.now()) == clock.now()
    ahead = clock.now() + timedelta(hours=1)
    assert watch.since(("held", 2), True, ahead, clock.now()) == clock.now()
    watch.keep({1})
    assert watch.since(("held", 2), True, began, clock.now()) == began
