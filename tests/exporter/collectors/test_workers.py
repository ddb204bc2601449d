from dataclasses import replace
from datetime import UTC, datetime, timedelta

from exporter.collectors.workers import collector, families
from exporter.runner import Runner
from medic.core.samples import labels
from medic.core.workers import ExitReason, Life, Pool, ProcessId, SlotState, Worker
from tests.exporter.tree import values
from tests.fakes import HandClock

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ONE = ProcessId("boot", 42, 5000)


def pool(*workers, expected=2, restarts=()):
    return Pool("rpa", expected, workers, restarts)


def running(slot, process=ONE):
    return Worker("rpa", slot, SlotState.RUNNING, process, SINCE)


EMPTY = Worker("rpa", 2, SlotState.EMPTY)


def test_up_is_whether_the_slots_worker_runs():
    told = families([pool(running(1), EMPTY, Worker("rpa", 3, SlotState.STOPPING, ONE, SINCE))])
    assert values(told, "medic_worker_up") == {
        labels(pool="rpa", worker="rpa/1"): 1,
        labels(pool="rpa", worker="rpa/2"): 0,
        labels(pool="rpa", worker="rpa/3"): 0,
    }


def test_processes_are_those_that_hold_slots_even_while_they_are_stopped():
    told = families([pool(running(1), EMPTY, Worker("rpa", 3, SlotState.STOPPING, ONE, SINCE), expected=5)])
    assert values(told, "medic_worker_processes") == {labels(pool="rpa"): 2}
    assert values(told, "medic_worker_processes_expected") == {labels(pool="rpa"): 5}


def test_restarts_are_zero_for_every_reason_from_the_start():
    restarts = values(families([pool(restarts=((ExitReason.OOM, 3),))]), "medic_worker_restarts_total")
    assert {dict(each)["reason"]: count for each, count in restarts.items()} == {
        "crash": 0,
        "oom": 3,
        "hung": 0,
        "operator": 0,
        "healer": 0,
        "deploy": 0,
    }


def test_an_empty_slot_has_no_start_and_no_heartbeat():
    heard = SINCE + timedelta(seconds=5)
    told = families([pool(replace(running(1), heard=heard), EMPTY)])
    first = labels(pool="rpa", worker="rpa/1")
    assert values(told, "medic_worker_start_time_seconds") == {first: SINCE.timestamp()}
    assert values(told, "medic_worker_heartbeat_timestamp_seconds") == {first: heard.timestamp()}


def test_a_worker_is_in_one_state_of_three():
    judged = [replace(running(1), life=Life.UP), replace(EMPTY, life=Life.DOWN), replace(running(3), life=Life.UNKNOWN)]
    told = values(families([pool(*judged)]), "medic_worker_state")
    assert {(dict(each)["worker"], dict(each)["state"]) for each, value in told.items() if value} == {
        ("rpa/1", "up"),
        ("rpa/2", "down"),
        ("rpa/3", "unknown"),
    }
    assert len(told) == 9


def test_a_worker_whose_life_is_unknown_is_up_as_far_as_its_process_goes():
    doubted = replace(running(1), life=Life.UNKNOWN)
    assert values(families([pool(doubted)]), "medic_worker_up") == {labels(pool="rpa", worker="rpa/1"): 1}


def test_a_worker_that_nobody_has_judged_is_in_no_state():
    assert not values(families([pool(running(1))]), "medic_worker_state")


def test_duplicates_are_those_beyond_what_is_expected_and_never_less_than_none():
    counts = {}
    for name, workers in {"many": 3, "right": 2, "few": 1}.items():
        of = Pool(name, 2, tuple(replace(running(slot), pool=name) for slot in range(1, workers + 1)))
        counts |= values(families([of]), "medic_worker_duplicates")
    assert {dict(each)["pool"]: count for each, count in counts.items()} == {"many": 1, "right": 0, "few": 0}


def test_no_pools_have_families_without_samples():
    assert not any(family.samples for family in families([]))


async def test_the_collector_tells_of_the_pools_as_they_are_at_each_tick():
    pools = [pool(running(1))]
    runner = Runner([collector(lambda: pools)], HandClock())
    snapshot = await runner.tick()
    assert values(snapshot.families, "medic_worker_processes") == {labels(pool="rpa"): 1}
    pools.clear()
    assert not values((await runner.tick()).families, "medic_worker_processes")
    assert snapshot.failed == frozenset()
