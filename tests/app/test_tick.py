import asyncio
import threading
from datetime import datetime, timedelta

from medic.app.events import Bus
from medic.app.tick import Ticker
from medic.core.clock import to_ms
from medic.core.errors import StoreError
from medic.core.samples import Snapshot
from rules.series import Series
from tests.fakes import HandClock

SHORT = timedelta(microseconds=1)
"""So short that of two ticks the second is always late."""


class Measured:
    """A runner whose wall clock a test sets."""

    def __init__(self):
        self.clock = HandClock()

    async def tick(self):
        return Snapshot(to_ms(self.clock.now()), ())


class Judge:
    """A rule engine without rules."""

    def evaluate(self, _now, _failed):
        return ()


class SlowJudge:
    """A rule engine that takes as long as the loop lets it."""

    def __init__(self):
        self.begun, self.released = threading.Event(), threading.Event()

    def evaluate(self, _now, _failed):
        self.begun.set()
        assert self.released.wait(30), "the loop stood still"
        return ()


def ticker(runner, record, interval=timedelta(hours=1), judge=None) -> Ticker:
    return Ticker(runner, Series(history=2), judge or Judge(), lambda _alerts, _now: None, record, Bus(), interval)


async def remember(_snapshot):
    pass


async def test_a_history_that_cannot_be_written_fails_no_tick():
    async def refuse(_snapshot):
        raise StoreError("the disk is full")

    ticks = ticker(Measured(), refuse)
    await ticks.tick()
    assert ticks.ready.is_set()
    assert isinstance(ticks.last, datetime)


async def test_ticks_that_come_too_late_are_counted_and_a_clock_that_is_set_is_none_of_them():
    ticks = ticker(Measured(), remember, SHORT)
    await ticks.tick()
    await ticks.tick()
    assert ticks.missed > 0
    runner = Measured()
    ticks = ticker(runner, remember)
    for hours in (0, 24 * 365, -5):
        runner.clock.set(hours=hours)
        await ticks.tick()
    assert ticks.missed == 0


async def test_a_daemon_is_alive_until_three_intervals_have_gone_by_without_a_tick():
    ticks, hasty = ticker(Measured(), remember), ticker(Measured(), remember, SHORT)
    assert not ticks.alive
    await ticks.tick()
    await hasty.tick()
    assert (ticks.alive, hasty.alive) == (True, False)


async def test_rules_that_take_long_hold_up_the_tick_and_whoever_replaces_them_but_not_the_loop():
    judge = SlowJudge()
    ticks = ticker(Measured(), remember, judge=judge)
    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(ticks.tick())
        await asyncio.to_thread(judge.begun.wait, 30)
        assert (ticks.judging.locked(), ticking.done()) == (True, False)
        judge.released.set()
    assert not ticks.judging.locked()
    assert ticks.ready.is_set()
