import asyncio
import logging
import threading

import pytest

from exporter.collector import Collector
from exporter.runner import Runner, UnknownCollectorError
from medic.core.clock import SystemClock, to_ms
from medic.core.errors import MedicError
from medic.core.samples import gauge, labels
from tests.exporter.sources import LIMIT, Counting, cheap, dear, fail, in_turn, scrape, success
from tests.exporter.tree import by_name, value, values
from tests.fakes import HandClock


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def gate():
    event = threading.Event()
    yield event
    event.set()


async def test_a_tick_holds_what_the_cheap_give_at_its_time(clock):
    snapshot = await Runner([cheap()], clock).tick()
    assert snapshot.at == to_ms(clock.now())
    assert value(snapshot.families, "count") == 1
    assert [sample.at for sample in by_name(snapshot.families)["count"].samples] == [None]
    assert snapshot.failed == frozenset()


async def test_two_ticks_never_share_what_was_collected(clock):
    runner = Runner([cheap()], clock)
    assert [value((await runner.tick()).families, "count") for _ in range(3)] == [1, 2, 3]


async def test_scrapes_and_the_tick_share_a_sweep_for_a_second(clock):
    runner = Runner([cheap()], clock)
    assert value(await scrape(runner), "count") == 1
    clock.pass_by(seconds=0.9)
    assert value(await scrape(runner), "count") == 1
    assert value((await runner.tick()).families, "count") == 1
    assert value((await runner.tick()).families, "count") == 2
    assert value(await scrape(runner), "count") == 2
    clock.pass_by(seconds=1)
    assert value(await scrape(runner), "count") == 3


async def test_a_tick_has_the_time_of_the_sweep_that_it_shares(clock):
    runner = Runner([cheap()], clock)
    await scrape(runner)
    began = clock.now()
    clock.pass_by(seconds=0.5)
    assert (await runner.tick()).at == to_ms(began)


async def test_a_scrape_of_some_runs_nothing_else(clock):
    asked, other, inside = Counting("asked"), Counting("other"), Counting("inside")
    runner = Runner([cheap("asked", asked), cheap("other", other), cheap("inside", inside, inline=True)], clock)
    await scrape(runner, collect=["asked"])
    assert (asked.times, other.times, inside.times) == (1, 0, 0)


async def test_each_collector_is_shared_for_a_second_of_its_own(clock):
    asked, other = Counting("asked"), Counting("other")
    runner = Runner([cheap("asked", asked), cheap("other", other)], clock)
    await scrape(runner, collect=["asked"])
    clock.pass_by(seconds=0.6)
    await scrape(runner)
    assert (asked.times, other.times) == (1, 1)
    clock.pass_by(seconds=0.6)
    await scrape(runner)
    assert (asked.times, other.times) == (2, 1)


async def test_a_tick_measures_all_at_one_time_though_a_scrape_has_some_of_it(clock):
    asked, other = Counting("asked"), Counting("other")
    runner = Runner([cheap("asked", asked), cheap("other", other)], clock)
    await scrape(runner, collect=["asked"])
    clock.pass_by(seconds=0.6)
    assert (await runner.tick()).at == to_ms(clock.now())
    assert (asked.times, other.times) == (2, 1)


async def test_of_a_shared_run_the_time_is_told_at_which_it_was_made(clock):
    runner = Runner([cheap()], clock)
    began = to_ms(clock.now())
    await runner.tick()
    clock.pass_by(seconds=0.5)
    page = await scrape(runner)
    assert values(page, "medic_collector_last_success_timestamp_seconds") == {labels(collector="a"): began / 1000}


async def test_what_is_too_much_is_left_out_counted_at_each_tick_and_marked(clock):
    many = gauge("many", "Many.", *((labels(n=str(number)), 1) for number in range(9)))
    few = gauge("few", "Few.", ((), 1))
    runner = Runner([cheap("large", lambda: [many, few]), cheap("own", vital=True), cheap("x", list)], clock, most=8)
    for _ in range(2):
        snapshot = await runner.tick()
    assert snapshot.failed == {"large"}
    assert {"few", "count"} <= by_name(snapshot.families).keys()
    assert "many" not in by_name(snapshot.families)
    page = await scrape(runner)
    assert values(page, "medic_scrape_series_dropped_total") == {
        labels(collector="large"): 18,
        labels(collector="own"): 0,
        labels(collector="x"): 0,
    }
    assert "many" not in by_name(page)


async def test_what_a_cheap_collector_gave_is_gone_once_it_fails(clock):
    runner = Runner([cheap(collect=in_turn(Counting(), fail))], clock)
    assert "count" in by_name((await runner.tick()).families)
    assert "count" not in by_name((await runner.tick()).families)


async def test_one_that_raises_harms_nothing_else_and_is_named(clock, caplog):
    runner = Runner([cheap("bad", fail), cheap("good")], clock)
    with caplog.at_level(logging.INFO, logger="exporter.runner"):
        snapshot = await runner.tick()
        await runner.tick()
    assert snapshot.failed == {"bad"}
    assert value(snapshot.families, "count") == 1
    assert success(await scrape(runner)) == {"bad": 0, "good": 1}
    assert [(each.message, each.collector) for each in caplog.records] == [("collector fails", "bad")]
    assert "broken on purpose" in caplog.text


async def test_the_log_says_when_a_collector_works_again(clock, caplog):
    runner = Runner([cheap(collect=in_turn(fail, list))], clock)
    with caplog.at_level(logging.INFO, logger="exporter.runner"):
        await runner.tick()
        await runner.tick()
    assert [each.message for each in caplog.records] == ["collector fails", "collector works again"]


async def test_output_that_cannot_stand_on_a_page_fails_its_collector_alone(clock):
    twice = gauge("twice", "Twice.", ((), 1), ((), 2))
    runner = Runner([cheap("double", lambda: [twice]), cheap("good")], clock)
    page = await scrape(runner)
    assert success(page) == {"double": 0, "good": 1}
    assert "twice" not in by_name(page)


async def test_of_two_collectors_that_contradict_each_other_the_later_fails(clock):
    runner = Runner([cheap("one"), cheap("two")], clock)
    snapshot = await runner.tick()
    assert snapshot.failed == {"two"}
    assert value(snapshot.families, "count") == 1


async def test_what_others_wrote_never_takes_the_place_of_the_hosts_own(clock):
    forged = cheap("forged", lambda: [gauge("load", "L.", ((), 99)), gauge("backup", "B.", ((), 1))], foreign=True)
    runner = Runner([forged, cheap("host", Counting("load"))], clock)
    snapshot = await runner.tick()
    assert (value(snapshot.families, "load"), value(snapshot.families, "backup")) == (1, 1)
    assert snapshot.failed == {"forged"}
    assert runner.collectors_of("load") == {"host"}  # rules on it are not frozen because the forger fails


async def test_no_collector_can_say_what_the_runner_says_of_collectors(clock):
    forged = gauge("medic_scrape_collector_success", "S.", (labels(collector="forger"), 1), (labels(collector="x"), 1))
    runner = Runner([cheap("forger", lambda: [forged])], clock)
    for families in (await scrape(runner), (await runner.tick()).families):
        assert success(families) == {"forger": 0}
        assert [family.name for family in families].count(forged.name) == 1


async def test_expensive_samples_keep_their_own_time_and_stay_until_the_next_run(clock):
    runner = Runner([cheap(), dear()], clock)
    before = await runner.tick()
    assert "dear" not in by_name(before.families)
    await runner.refresh("dear")
    ran = to_ms(clock.now())
    for _ in range(2):
        clock.pass_by(seconds=15)
        snapshot = await runner.tick()
        assert [(each.value, each.at) for each in by_name(snapshot.families)["dear"].samples] == [(1, ran)]
        assert value(await scrape(runner), "dear") == 1
    assert [each.at for each in by_name(await scrape(runner))["dear"].samples] == [None]
    assert values(snapshot.families, "medic_collector_last_success_timestamp_seconds") == {
        labels(collector="a"): snapshot.at / 1000,
        labels(collector="dear"): ran / 1000,
    }


async def test_a_scrape_does_not_run_the_expensive(clock):
    source = Counting()
    runner = Runner([dear(collect=source)], clock)
    await scrape(runner)
    await runner.tick()
    assert source.times == 0


async def test_what_an_expensive_collector_gave_is_gone_once_it_fails(clock):
    runner = Runner([dear(collect=in_turn(Counting("dear"), fail))], clock)
    await runner.refresh("dear")
    assert "dear" in by_name((await runner.tick()).families)
    await runner.refresh("dear")
    snapshot = await runner.tick()
    assert "dear" not in by_name(snapshot.families)
    assert snapshot.failed == {"dear"}


async def test_run_keeps_the_expensive_on_clocks_of_their_own():
    often, seldom = Counting("often"), Counting("seldom")
    enough = threading.Event()

    def collect():
        if often.times >= 4:
            enough.set()
        return often()

    runner = Runner([dear("often", collect, every=0.02), dear("seldom", seldom, every=600.0), cheap()], SystemClock())
    task = asyncio.ensure_future(runner.run())
    await asyncio.get_running_loop().run_in_executor(None, enough.wait, LIMIT)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert often.times >= 4
    assert seldom.times == 1


async def test_an_inline_collector_runs_on_the_loops_thread_and_the_others_do_not(clock):
    inside, outside = Counting("inside"), Counting("outside")
    runner = Runner([cheap("in", inside, inline=True), cheap("out", outside)], clock)
    await runner.tick()
    assert inside.threads == {threading.current_thread()}
    assert threading.current_thread() not in outside.threads


async def test_an_inline_collector_that_raises_harms_nothing_else(clock):
    snapshot = await Runner([cheap("in", fail, inline=True), cheap("good")], clock).tick()
    assert snapshot.failed == {"in"}
    assert value(snapshot.families, "count") == 1


async def test_what_is_not_exposed_is_for_the_rules_alone(clock):
    runner = Runner([cheap("hidden", expose=False)], clock)
    assert "count" in by_name((await runner.tick()).families)
    page = await scrape(runner)
    assert "count" not in by_name(page)
    assert success(page) == {"hidden": 1}


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, {"a", "b", "c"}),
        ({"collect": ["a"]}, {"a"}),
        ({"collect": ["one"]}, {"a", "b"}),
        ({"collect": ["a", "two"]}, {"a", "c"}),
        ({"exclude": ["one"]}, {"c"}),
        ({"collect": ["one"], "exclude": ["b"]}, {"a"}),
    ],
)
async def test_a_scrape_may_choose_collectors_and_groups(clock, asked, shown):
    groups = {"a": "one", "b": "one", "c": "two"}
    runner = Runner([Collector(name, group, Counting(name)) for name, group in groups.items()], clock)
    page = await scrape(runner, **asked)
    assert {name for name in by_name(page) if len(name) == 1} == shown
    assert success(page).keys() == shown


async def test_to_ask_for_an_unknown_collector_is_an_error_that_names_the_known(clock):
    runner = Runner([cheap()], clock)
    with pytest.raises(UnknownCollectorError, match=r"'cup'.*a, test"):
        await scrape(runner, collect=["cup"])
    with pytest.raises(UnknownCollectorError):
        await scrape(runner, exclude=["cup"])


async def test_a_page_is_sorted_whatever_the_order_of_collectors(clock):
    collectors = [cheap(name, Counting(name)) for name in "cab"]
    pages = [await scrape(Runner(order, clock)) for order in (collectors, collectors[::-1])]
    names = [[family.name for family in page] for page in pages]
    assert names[0] == names[1] == sorted(names[0])


def test_two_collectors_of_one_name_are_refused(clock):
    with pytest.raises(MedicError, match="two collectors are named 'a'"):
        Runner([cheap("a"), cheap("a")], clock)


async def test_it_is_known_which_collectors_export_a_metric(clock):
    up = [gauge("medic_queue_up", "Up.", (labels(queue="a"), 1))]
    other = [gauge("medic_queue_up", "Up.", (labels(queue="b"), 1)), gauge("wait_seconds", "A histogram's name.")]
    runner = Runner([cheap("queue:a", lambda: up), cheap("queue:b", lambda: other)], clock)
    await runner.tick()
    assert runner.collectors_of("medic_queue_up") == {"queue:a", "queue:b"}
    assert runner.collectors_of("wait_seconds_bucket") == {"queue:b"}
    assert runner.collectors_of("nobody_knows_count") == frozenset()


async def test_threads_do_not_grow_with_the_number_of_sweeps(clock):
    runner = Runner([cheap(name, Counting(name)) for name in "abcdef"], clock)
    before = threading.active_count()
    for _ in range(50):
        await runner.tick()
    assert threading.active_count() <= before + 2
