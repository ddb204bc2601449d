import asyncio
from datetime import timedelta
from functools import partial

import pytest

from medic.core.errors import RefusedError
from medic.store.queue import open_queue
from tests.fakes import HandClock
from workers.queue.broker import Broker, UnknownTaskError
from workers.queue.spec import QueueSpec
from workers.queue.wire import LeaseRequest, Submission

SPEC = QueueSpec("default")
ASK = LeaseRequest("rpa/1")
ORDER = Submission("order", {"n": 1})


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
async def store(tmp_path):
    async with open_queue(tmp_path / "queue.db") as opened:
        yield opened


@pytest.fixture
async def broker(store, clock):
    opened = Broker(SPEC, store, clock)
    await opened.open()
    return opened


async def test_a_task_is_submitted_leased_and_completed(broker, clock):
    (id_,) = await broker.submit([ORDER])
    clock.pass_by(seconds=2)
    task = await broker.lease(ASK)
    assert (task.id, task.type, task.payload, task.worker) == (id_, "order", {"n": 1}, "rpa/1")
    clock.pass_by(seconds=3)
    await broker.complete(id_, "rpa/1", [1])
    done = await broker.get(id_)
    assert (done.state, done.result, done.ended_at - done.submitted_at) == ("completed", [1], 5000)
    figures = await broker.figures()
    assert (figures.completed, figures.failed, figures.weighted_ratio) == (1, 0, 1.0)
    assert (figures.waits[0].sum, figures.durations[0].sum) == (2.0, 3.0)


async def test_an_unknown_task_is_refused_with_what_is_kept(broker):
    with pytest.raises(UnknownTaskError, match="kept are 10000 for 7 days"):
        await broker.get("nothing")
    with pytest.raises(UnknownTaskError):
        await broker.complete("nothing", "rpa/1", None)


async def test_a_lease_that_runs_out_gives_the_task_to_another_worker(broker, clock):
    (id_,) = await broker.submit([ORDER])
    await broker.lease(ASK)
    clock.pass_by(seconds=60)
    await broker.tend()
    task = await broker.lease(LeaseRequest("rpa/2"))
    assert (task.id, task.worker, task.deliveries) == (id_, "rpa/2", 2)
    with pytest.raises(RefusedError, match="leased to rpa/2"):
        await broker.complete(id_, "rpa/1", None)


async def test_an_extended_lease_lives_on(broker, clock):
    (id_,) = await broker.submit([ORDER])
    await broker.lease(ASK)
    for _ in range(5):
        clock.pass_by(seconds=40)
        await broker.extend(id_, "rpa/1")
        await broker.tend()
    assert (await broker.get(id_)).state == "running"


async def test_the_third_death_fails_the_task_and_counts_as_a_failure(broker, clock):
    (id_,) = await broker.submit([ORDER])
    for number in range(3):
        assert (await broker.lease(LeaseRequest(f"rpa/{number}"))).id == id_
        clock.pass_by(seconds=61)
        await broker.tend()
    assert await broker.lease(ASK) is None
    task = await broker.get(id_)
    assert (task.state, task.deliveries) == ("failed", 3)
    assert (await broker.figures()).failed == 1


async def test_a_worker_that_has_restarted_loses_what_its_dead_process_held(broker):
    (id_,) = await broker.submit([ORDER])
    await broker.lease(ASK)
    assert await broker.lease(ASK) is None
    task = await broker.lease(LeaseRequest("rpa/1", restarted=True))
    assert (task.id, task.deliveries) == (id_, 2)


async def test_a_task_given_back_goes_to_another_worker_at_once_and_is_no_death(broker):
    (id_,) = await broker.submit([ORDER])
    await broker.lease(ASK)
    waiting = asyncio.ensure_future(broker.lease(LeaseRequest("rpa/2", wait=10)))
    await broker.release(id_, "rpa/1")
    task = await waiting
    assert (task.id, task.deliveries) == (id_, 1)


async def test_a_worker_that_waits_is_woken_by_a_submission(broker):
    waiting = asyncio.ensure_future(broker.lease(LeaseRequest("rpa/1", wait=10)))
    await broker.figures()
    assert not waiting.done()
    (id_,) = await broker.submit([ORDER])
    async with asyncio.timeout(5):
        assert (await waiting).id == id_


async def test_a_worker_that_waits_in_vain_is_told_so(store):
    class Hasty(HandClock):
        def monotonic(self):
            self._monotonic += 0.05
            return self._monotonic

    assert await Broker(SPEC, store, Hasty()).lease(LeaseRequest("rpa/1", wait=0.1)) is None


async def test_a_queue_that_closes_sends_waiting_workers_home(broker):
    waiting = asyncio.ensure_future(broker.lease(LeaseRequest("rpa/1", wait=30)))
    await broker.figures()
    broker.close()
    async with asyncio.timeout(5):
        assert await waiting is None


async def test_nothing_is_leased_to_a_worker_that_has_hung_up(broker):
    (id_,) = await broker.submit([ORDER])
    assert await broker.lease(ASK, lambda: True) is None
    answers = iter([False, True])
    assert await broker.lease(ASK, lambda: next(answers)) is None
    task = await broker.get(id_)
    assert (task.state, task.deliveries) == ("pending", 0)


async def test_a_restarted_server_gives_every_worker_a_whole_lease(broker, store, clock):
    (id_,) = await broker.submit([ORDER])
    await broker.lease(ASK)
    clock.pass_by(hours=2)
    restarted = Broker(SPEC, store, clock)
    await restarted.open()
    await restarted.tend()
    await restarted.complete(id_, "rpa/1", "late but mine")
    assert (await restarted.get(id_)).state == "completed"


@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(days=-1)], ids=["forward", "back"])
async def test_a_wall_clock_that_is_set_costs_no_worker_its_lease(broker, clock, step):
    (id_,) = await broker.submit([ORDER])
    await broker.lease(ASK)
    clock.set(seconds=step.total_seconds())
    await broker.tend()
    assert (await broker.get(id_)).state == "running"
    clock.pass_by(seconds=61)
    await broker.tend()
    assert (await broker.get(id_)).state == "pending"


async def test_a_canary_that_nobody_takes_fails_and_shows(broker, clock):
    await broker.submit([Submission("health_check", canary=True)])
    assert (await broker.figures()).canary_success is None
    clock.pass_by(seconds=60)
    await broker.tend()
    figures = await broker.figures()
    assert (figures.canary_success, figures.canary_duration) == (False, 60.0)
    assert (figures.failed, figures.pending, figures.weighted_ratio) == (0, 0, None)


async def test_old_tasks_are_forgotten_and_stay_counted(store, clock):
    broker = Broker(QueueSpec("default", keep=1), store, clock)
    ids = await broker.submit([ORDER, ORDER])
    for id_ in ids:
        await broker.lease(ASK)
        await broker.complete(id_, "rpa/1", None)
        clock.pass_by(seconds=31)
    await broker.tend()
    with pytest.raises(UnknownTaskError):
        await broker.get(ids[0])
    assert (await broker.get(ids[1])).state == "completed"
    assert (await broker.figures()).completed == 2


async def test_two_queues_of_one_store_do_not_mix(store, clock):
    first, second = Broker(QueueSpec("a"), store, clock), Broker(QueueSpec("b"), store, clock)
    (id_,) = await first.submit([ORDER])
    assert await second.lease(ASK) is None
    with pytest.raises(UnknownTaskError):
        await second.get(id_)
    assert (await second.figures()).submitted == 0


async def test_workers_that_wait_together_each_get_one_task(broker):
    waiting = [asyncio.ensure_future(broker.lease(LeaseRequest(f"rpa/{n}", wait=20))) for n in range(10)]
    await broker.figures()
    ids = await broker.submit([ORDER] * 10)
    async with asyncio.timeout(10):
        tasks = await asyncio.gather(*waiting)
    assert sorted(task.id for task in tasks) == sorted(ids)
    assert len({task.worker for task in tasks}) == 10


async def test_errors_of_a_rule_reach_the_caller_alone(broker):
    (id_,) = await broker.submit([ORDER])
    bad = partial(broker.complete, id_, "rpa/9", None)
    results = await asyncio.gather(bad(), broker.lease(ASK), return_exceptions=True)
    assert isinstance(results[0], RefusedError)
    assert results[1].id == id_
