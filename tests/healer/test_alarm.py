"""The alarm: it goes off when it is rung, when its time is up, and never much later than a minute."""

import asyncio
from datetime import timedelta

from healer.alarm import LONGEST, Alarm
from tests.fakes import HandClock

SOON = timedelta(milliseconds=20)


def make():
    clock = HandClock()
    return Alarm(clock), clock.now()


async def slept(alarm):
    """Return how many seconds one sleep takes."""
    time = asyncio.get_running_loop().time
    began = time()
    async with asyncio.timeout(20):
        await alarm.sleep()
    return time() - began


async def test_it_goes_off_when_its_time_is_up_and_not_before():
    alarm, now = make()
    alarm.set(now + SOON)
    assert await slept(alarm) >= SOON.total_seconds()


async def test_a_time_that_is_over_is_now():
    alarm, now = make()
    alarm.set(now - timedelta(days=1))
    assert await slept(alarm) < LONGEST.total_seconds() / 10


async def test_it_goes_off_when_it_is_rung_whatever_its_time():
    alarm, now = make()
    for at in (None, now + timedelta(days=365)):
        alarm.set(at)
        sleeper = asyncio.ensure_future(slept(alarm))
        await asyncio.sleep(0)
        alarm.ring()
        assert await sleeper < LONGEST.total_seconds() / 10
        alarm.hush()


async def test_a_ring_before_the_sleep_is_not_lost_until_it_is_hushed():
    alarm, now = make()
    alarm.ring()
    await slept(alarm)
    alarm.hush()
    alarm.set(now + SOON)
    assert await slept(alarm) >= SOON.total_seconds()
