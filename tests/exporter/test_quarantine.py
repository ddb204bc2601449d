import asyncio
import contextlib
import threading

import pytest

from exporter.runner import Runner
from medic.core.clock import SystemClock
from medic.core.samples import gauge, labels
from tests.exporter.sources import LIMIT, Counting, cheap, dear, fail, scrape, success
from tests.exporter.tree import value, values
from tests.fakes import HandClock


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def gate():
    event = threading.Event()
    yield event
    event.set()


async def test_one_that_hangs_is_timed_out_quarantined_and_released(clock, gate):
    source = Counting("slow")

    def hang():
        clock.pass_by(seconds=5)  # from here on the clock stands: to wait a second time would be for ever
        gate.wait(LIMIT)
        return source()

    runner = Runner([cheap("hung", hang, timeout=5.0), cheap("good")], clock)
    first = await runner.tick()
    assert first.failed == {"hung"}
    assert value(first.families, "count") == 1
    assert values(first.families, "medic_scrape_collector_timeout")[labels(collector="hung")] == 1

    for expected in (2, 3, 4):
        again = await runner.tick()
        assert again.failed == {"hung"}
        assert value(again.families, "count") == expected
    assert source.times == 0

    gate.set()
    async with asyncio.timeout(LIMIT):
        while (await runner.tick()).failed:
            pass  # each tick waits for the collector that works
    assert source.times >= 1


async def test_a_collector_is_never_run_twice_at_once(gate):
    inside, most = [], []

    def collect():
        inside.append(1)
        most.append(len(inside))
        gate.wait(0.02)
        inside.pop()
        return []

    runner = Runner([cheap(collect=collect)], SystemClock())
    await asyncio.gather(*(runner.tick() for _ in range(6)))
    assert set(most) == {1}


async def test_the_loop_goes_on_while_a_collector_blocks(clock):
    loop, went_on = asyncio.get_running_loop(), threading.Event()

    def block():
        loop.call_soon_threadsafe(went_on.set)
        return [gauge("went_on", "Whether the loop did.", ((), went_on.wait(LIMIT)))]

    assert value((await Runner([cheap(collect=block)], clock).tick()).families, "went_on") is True


async def test_a_scrape_ends_in_its_time_with_what_is_there(gate):
    slow = cheap("slow", lambda: gate.wait(LIMIT) and [], timeout=3 * LIMIT)
    runner = Runner([slow, cheap("good")], SystemClock())
    page = await runner.scrape(timeout=0.3)  # else it would wait for the slow one, and show that it succeeded
    assert value(page, "count") == 1
    assert success(page) == {"good": 1, "slow": 0}


@pytest.mark.parametrize("hangs", [True, False])
async def test_what_is_true_of_a_failing_collector_is_shown_until_it_works(gate, hangs):
    def collect():
        if not gate.is_set() and not hangs:
            fail()
        gate.wait(LIMIT)
        return [gauge("thing_up", "Up.", ((), 1))]

    down = [gauge("thing_up", "Up.", ((), 0))]
    runner = Runner([dear("thing", collect, timeout=0.05, down=down), cheap()], SystemClock())
    await runner.refresh("thing")
    snapshot = await runner.tick()
    assert snapshot.failed == {"thing"}
    assert value(snapshot.families, "thing_up") == 0
    gate.set()
    async with asyncio.timeout(LIMIT):
        while value((await runner.tick()).families, "thing_up") == 0:
            await runner.refresh("thing")


async def test_run_survives_a_collector_that_hangs(gate):
    others = Counting("others")
    reached = threading.Event()

    def collect():
        if others.times >= 3:
            reached.set()
        return others()

    runner = Runner(
        [dear("hung", lambda: gate.wait(LIMIT) and [], every=0.02, timeout=0.02), dear("others", collect, every=0.02)],
        SystemClock(),
    )
    task = asyncio.ensure_future(runner.run())
    assert await asyncio.get_running_loop().run_in_executor(None, reached.wait, LIMIT)
    assert (await runner.tick()).failed == {"hung"}
    task.cancel()


async def test_scrapes_at_one_time_are_one_flight(clock, gate):
    source = Counting()
    runner = Runner([cheap(collect=lambda: gate.wait(LIMIT) and source())], clock)
    waiting = [asyncio.ensure_future(scrape(runner)) for _ in range(5)]
    await asyncio.sleep(0)
    clock.pass_by(seconds=3)  # older than what is shared, but not yet landed
    waiting.append(asyncio.ensure_future(scrape(runner)))
    await asyncio.sleep(0)
    gate.set()
    pages = await asyncio.gather(*waiting)
    assert [value(page, "count") for page in pages] == [1] * 6


async def test_a_waiter_that_is_cancelled_takes_nothing_from_the_others(clock, gate):
    runner = Runner([cheap(collect=lambda: [gauge("late", "Late.", ((), gate.wait(LIMIT)))])], clock)
    first, second = asyncio.ensure_future(scrape(runner)), asyncio.ensure_future(scrape(runner))
    await asyncio.sleep(0)
    first.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    gate.set()
    assert value(await second, "late") is True
