import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.queue import Seen
from medic.store.queue import open_queue
from tests.fakes import HandClock
from workers.queue.attendance import KEPT, MOST, SLACK, Attendance
from workers.queue.broker import Broker
from workers.queue.spec import QueueSpec
from workers.queue.wire import LONGEST_WAIT, LeaseRequest, Submission


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
async def broker(tmp_path, clock):
    async with open_queue(tmp_path / "queue.db") as store:
        opened = Broker(QueueSpec("default"), store, clock)
        await opened.open()
        yield opened


def test_a_worker_is_late_when_it_should_have_come_again():
    attendance = Attendance()
    attendance.note("rpa/1", 1000, 500)
    assert attendance.seen(1500 + SLACK) == (Seen("rpa/1", 1000, late=False),)
    assert attendance.seen(1501 + SLACK) == (Seen("rpa/1", 1000, late=True),)
    attendance.note("rpa/1", 2000, 500)
    assert attendance.seen(2000) == (Seen("rpa/1", 2000, late=False),)


def test_who_has_not_come_for_an_hour_is_forgotten():
    attendance = Attendance()
    attendance.note("old", 0, 10)
    attendance.note("new", 1, 10)
    assert [each.worker for each in attendance.seen(KEPT)] == ["new"]
    assert [each.worker for each in attendance.seen(KEPT - 1)] == ["new"]


@given(st.lists(st.integers(0, 5000), max_size=50))
def test_however_many_names_come_only_so_many_are_remembered_and_the_last_is_among_them(names):
    attendance = Attendance()
    for number in range(MOST):
        attendance.note(f"first/{number}", 0, 10)
    for name in names:
        attendance.note(f"rpa/{name}", 0, 10)
    seen = [each.worker for each in attendance.seen(0)]
    assert len(seen) == MOST
    assert not names or seen[-1] == f"rpa/{names[-1]}"


async def test_a_worker_comes_when_it_asks_prolongs_and_tells_of_an_end(broker, clock):
    for count, step in enumerate(("lease", "extend", "complete", "lease", "fail")):
        clock.pass_by(seconds=5)
        if step == "lease":
            await broker.submit([Submission("order", count)])
            task = await broker.lease(LeaseRequest("rpa/1"))
        elif step == "extend":
            await broker.extend(task.id, "rpa/1")
        else:
            await getattr(broker, step)(task.id, "rpa/1", "x")
        figures = await broker.figures()
        assert figures.seen == (Seen("rpa/1", figures.seen[0].at, late=False),)
        assert figures.workers == 1
    clock.pass_by(seconds=max(LONGEST_WAIT, 60) + SLACK / 1000 + 1)
    late = await broker.figures()
    assert (late.workers, [each.late for each in late.seen]) == (0, [True])


async def test_an_idle_worker_that_finds_nothing_has_come_too(broker):
    assert await broker.lease(LeaseRequest("rpa/1")) is None
    assert [each.worker for each in (await broker.figures()).seen] == ["rpa/1"]
