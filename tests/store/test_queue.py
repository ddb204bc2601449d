import asyncio
import math
from dataclasses import replace
from functools import partial

import pytest

from medic.core.errors import RefusedError, StoreError
from medic.core.locks import try_lock
from medic.core.queue import CanaryEnd, Slice, Task, TaskState
from medic.store.queue import open_queue
from medic.store.tallies import BOUNDS, MOST_TYPES, OTHER, SLICE

NOW = 1_800_000_000_000


def task(id_, **fields):
    usual = {"queue": "default", "type": "order", "payload": {"n": 1}, "state": TaskState.PENDING, "submitted_at": NOW}
    return Task(id_, **usual | fields)


def leased(before, *, worker="w/1", now=NOW, until=NOW + 60_000):
    return replace(
        before,
        state=TaskState.RUNNING,
        worker=worker,
        deliveries=before.deliveries + 1,
        started_at=now,
        lease_until=until,
    )


def ended(before, *, now=NOW + 1000, state=TaskState.COMPLETED):
    return replace(before, state=state, lease_until=None, ended_at=now, result={"ok": True})


def refused(_before):
    raise RefusedError("no")


async def finish(store, id_, *, now=NOW + 1000, state=TaskState.COMPLETED, **fields):
    await store.add([task(id_, **fields)])
    await store.change("default", id_, leased)
    return await store.change("default", id_, partial(ended, now=now, state=state))


@pytest.fixture
async def store(tmp_path):
    async with open_queue(tmp_path / "queue.db") as opened:
        yield opened


async def test_a_task_comes_back_as_it_was_kept(store):
    kept = task("a", payload=[None, {"ä": 1.5}, "\ud800"], canary=True)
    await store.add([kept])
    assert await store.get("default", "a") == kept
    assert await store.get("default", "b") is None
    assert await store.get("other", "a") is None


async def test_tasks_are_taken_in_the_order_of_their_submission_canaries_among_them(store):
    await store.add([task("a"), task("b", canary=True), task("c", type="other")])
    await store.add([task("d", queue="second"), task("e")])
    taken = [await store.take("default", (), leased) for _ in range(5)]
    assert [each.id for each in taken[:4]] == ["a", "b", "c", "e"]
    assert taken[4] is None


async def test_only_the_types_asked_for_are_taken_the_oldest_first(store):
    await store.add([task("a"), task("b", type="y"), task("c", type="x")])
    taken = [await store.take("default", ("x", "y"), leased) for _ in range(3)]
    assert [each and each.id for each in taken] == ["b", "c", None]


async def test_the_same_submission_twice_is_one_task(store):
    await store.add([task("a")])
    await store.add([task("a", submitted_at=NOW + 5), task("b")])
    tally = await store.tally("default")
    assert (tally.submitted, tally.pending) == (2, 2)
    assert (await store.get("default", "a")).submitted_at == NOW


async def test_an_id_that_stands_for_another_task_is_refused_and_nothing_of_its_list_is_kept(store):
    await store.add([task("a")])
    with pytest.raises(RefusedError, match="stands for another task"):
        await store.add([task("b"), task("a", payload={"n": 2})])
    assert await store.get("default", "b") is None
    assert (await store.tally("default")).submitted == 1


async def test_a_rule_that_refuses_changes_nothing(store):
    await store.add([task("a")])
    with pytest.raises(RefusedError):
        await store.change("default", "a", refused)
    assert await store.get("default", "a") == task("a")
    assert await store.change("default", "unknown", refused) is None


async def test_leases_that_have_run_out_are_found_at_the_millisecond(store):
    await store.add([task("a"), task("b")])
    for _ in range(2):
        await store.take("default", (), leased)
    back = partial(replace, state=TaskState.PENDING, lease_until=None)
    assert await store.lapse("default", NOW + 59_999, back) == []
    assert {each.id for each in await store.lapse("default", NOW + 60_000, back)} == {"a", "b"}
    assert await store.lapse("default", NOW + 60_000, back) == []


async def test_what_one_worker_holds_is_found_by_its_name(store):
    await store.add([task("a"), task("b")])
    await store.take("default", (), leased)
    await store.take("default", (), partial(leased, worker="w/2"))
    found = await store.lapse_of("default", "w/2", partial(replace, state=TaskState.PENDING, lease_until=None))
    assert [each.id for each in found] == ["b"]


async def test_renewing_gives_every_lease_the_same_end(store):
    await store.add([task("a"), task("b")])
    await store.take("default", (), leased)
    await store.renew("default", NOW + 99)
    assert (await store.get("default", "a")).lease_until == NOW + 99
    assert (await store.get("default", "b")).lease_until is None


async def test_canaries_that_wait_for_too_long_are_found_and_other_tasks_are_not(store):
    await store.add([task("a"), task("b", canary=True), task("c", canary=True, submitted_at=NOW + 1)])
    found = await store.overdue("default", NOW, partial(ended, state=TaskState.FAILED))
    assert [each.id for each in found] == ["b"]


async def test_canaries_are_counted_apart(store):
    await finish(store, "a", canary=True)
    await finish(store, "b", canary=True, type="probe", state=TaskState.FAILED, now=NOW + 2500)
    await store.add([task("c", canary=True)])
    tally = await store.tally("default")
    assert (tally.pending, tally.running, tally.submitted, tally.completed, tally.failed) == (0, 0, 0, 0, 0)
    assert (tally.slices, tally.durations, tally.waits, tally.oldest_pending_at) == ((), (), (), None)
    assert tally.canaries == (
        CanaryEnd("order", True, 1.0, NOW + 1000),
        CanaryEnd("probe", False, 2.5, NOW + 2500),
    )


async def test_totals_slices_and_histograms_count_what_ended(store):
    await finish(store, "a", now=NOW + 30)
    await finish(store, "b", now=NOW + 7_200_000, state=TaskState.FAILED)
    await store.add([task("c", submitted_at=NOW + 3)])
    tally = await store.tally("default")
    assert (tally.pending, tally.submitted, tally.completed, tally.failed) == (1, 3, 1, 1)
    assert tally.oldest_pending_at == NOW + 3
    assert tally.slices == (Slice(NOW - NOW % SLICE, 1, 0), Slice(NOW + 7_200_000 - (NOW + 7_200_000) % SLICE, 0, 1))
    (duration,) = tally.durations
    assert duration.labels == (("task", "order"),)
    assert (duration.count, duration.sum) == (2, pytest.approx(7200.03))
    assert dict(duration.buckets)[0.05] == 1
    assert [bound for bound, _ in duration.buckets][:-1] == list(BOUNDS)
    assert [count for _, count in duration.buckets][-2:] == [1, 2]
    (wait,) = tally.waits
    assert (wait.labels, wait.count) == ((), 2)


async def test_the_last_task_of_each_bucket_is_told_and_no_canary(store):
    await finish(store, "first", now=NOW + 30)
    await finish(store, "second", now=NOW + 30)
    await finish(store, "slow", now=NOW + 7_200_000)
    (duration,) = (await store.tally("default")).durations
    assert {last.bound: last.task for last in duration.latest} == {0.05: "second", math.inf: "slow"}
    assert [last.seconds for last in duration.latest if last.task == "slow"] == [pytest.approx(7200)]
    assert (await store.tally("default")).waits[0].latest == ()


async def test_a_second_delivery_does_not_count_as_waiting_again(store):
    await store.add([task("a")])
    for _ in range(2):
        await store.take("default", (), leased)
        await store.change("default", "a", partial(replace, state=TaskState.PENDING, lease_until=None))
    assert (await store.tally("default")).waits[0].count == 1


async def test_a_clock_that_was_set_back_makes_no_negative_duration(store):
    await finish(store, "a", now=NOW - 5000)
    assert (await store.tally("default")).durations[0].sum == 0.0


async def test_more_task_types_than_a_label_may_have_are_counted_as_other(store):
    for number in range(MOST_TYPES + 5):
        await finish(store, f"t{number}", type=f"type-{number}")
    await finish(store, "again", type="type-0")
    durations = {dict(each.labels)["task"]: each.count for each in (await store.tally("default")).durations}
    assert len(durations) == MOST_TYPES + 1
    assert durations[OTHER] == 5
    assert durations["type-0"] == 2


async def test_what_was_counted_outlives_the_tasks_and_the_process(tmp_path):
    async with open_queue(tmp_path / "queue.db") as store:
        for number in range(5):
            await finish(store, f"t{number}", now=NOW + number)
        assert await store.prune("default", NOW + 2, 2) == 3
        assert await store.prune("default", NOW + 2, 2) == 0
        before = await store.tally("default")
    async with open_queue(tmp_path / "queue.db") as store:
        assert await store.tally("default") == before
        assert (before.submitted, before.completed) == (5, 5)
        assert await store.get("default", "t2") is None
        assert (await store.get("default", "t3")).result == {"ok": True}


async def test_pruning_spares_tasks_that_have_not_ended(store):
    await store.add([task("a"), task("b")])
    await store.take("default", (), leased)
    assert await store.prune("default", NOW * 2, 0) == 0


async def test_slices_older_than_a_day_are_forgotten(store):
    await finish(store, "a", now=NOW)
    await finish(store, "b", now=NOW + 26 * 3_600_000)
    assert [each.at for each in (await store.tally("default")).slices] == [(NOW + 26 * 3_600_000) // SLICE * SLICE]


async def test_many_takers_at_once_get_each_task_once(store):
    await store.add([task(f"t{number}") for number in range(50)])
    taken = await asyncio.gather(*(store.take("default", (), leased) for _ in range(60)))
    ids = [each.id for each in taken if each is not None]
    assert sorted(ids) == sorted(f"t{number}" for number in range(50))


async def test_a_file_that_another_process_has_open_is_refused(tmp_path):
    lock = try_lock(tmp_path / "queue.db.lock")
    lock.write("queue server of somebody")
    with pytest.raises(StoreError, match="queue server of somebody"):
        async with open_queue(tmp_path / "queue.db", patience=0.0):
            pass
    lock.close()


async def test_lookups_use_an_index(tmp_path):
    async with open_queue(tmp_path / "queue.db") as store:
        plans = await store._database.read(explain)
    assert plans
    assert not [plan for plan in plans if "SCAN" in plan]


def explain(connection):
    queries = [
        "SELECT * FROM tasks WHERE queue = 'q' AND state = 'pending' AND canary = 0 ORDER BY seq LIMIT 1",
        "SELECT * FROM tasks WHERE queue = 'q' AND state = 'pending' AND type = 'x' ORDER BY seq LIMIT 1",
        "SELECT * FROM tasks WHERE queue = 'q' AND state = 'running' AND lease_until <= 5 ORDER BY lease_until",
        "SELECT * FROM tasks WHERE queue = 'q' AND id = 'x'",
        "SELECT seq FROM tasks WHERE queue = 'q' AND ended_at IS NOT NULL ORDER BY ended_at, seq LIMIT 5",
        "SELECT count(*) FROM tasks WHERE queue = 'q' AND state = 'pending' AND canary = 0",
        "SELECT count(*) FROM tasks WHERE queue = 'q' AND state = 'running' AND canary = 0",
    ]
    rows = [row for query in queries for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    return [row["detail"] for row in rows]
