import asyncio

import pytest

from medic.core.clock import SystemClock
from medic.core.errors import MedicError
from medic.core.queue import Task, TaskState
from rhythm.jobs.canary import TASKS, probe, run
from rhythm.ports import Context, Passage

CLOCK = SystemClock()


def through(queue, name="default", *, tasks=TASKS, patience=20):
    return Passage(name, queue, tasks, patience)


class Queue:
    """Answers as a queue does; a task has ended after it was looked at so many times."""

    def __init__(self, ends=TaskState.COMPLETED, looks=2):
        self.ends, self.looks, self.sent = ends, looks, []

    async def submit(self, type_, payload, *, canary):
        assert canary
        self.sent.append(type_)
        return str(len(self.sent) - 1)

    async def task(self, id_):
        self.looks -= 1
        state = self.ends if self.looks < 0 else TaskState.RUNNING
        return Task(id_, "default", self.sent[int(id_)], {}, state, 0, canary=True, error="it broke")


class Silent(Queue):
    async def task(self, id_):
        await asyncio.Event().wait()


class Refusing(Queue):
    def __init__(self, error):
        super().__init__()
        self.error = error

    async def submit(self, type_, payload, *, canary):
        raise self.error


async def test_a_queue_that_completes_both_kinds_is_well():
    queue = Queue()
    result = await probe(through(queue), CLOCK)
    assert (result.success, result.error, result.duration > 0) == (True, "", True)
    assert queue.sent == ["health_check", "benchmark_test"]


async def test_a_canary_that_fails_says_which_and_why():
    result = await probe(through(Queue(TaskState.FAILED)), CLOCK)
    assert result.error == "health_check failed: it broke; benchmark_test failed: it broke"
    assert not result.success


@pytest.mark.parametrize("queue", [Queue(looks=10**9), Silent()], ids=["never done", "never answers"])
async def test_a_silent_queue_is_given_up_in_time(queue):
    result = await probe(through(queue, patience=0.05), CLOCK)
    assert result.error == "no answer within 0.05 s; are its workers up?"
    assert 0.04 < result.duration < 5


@pytest.mark.parametrize("error", [ConnectionRefusedError("refused"), MedicError("refused")])
async def test_a_queue_that_is_not_there_is_a_result(error):
    assert (await probe(through(Refusing(error)), CLOCK)).error == "refused"


async def test_a_queue_of_others_is_sent_its_own_task():
    queue = Queue()
    assert (await probe(through(queue, tasks=("ping",)), CLOCK)).success
    assert queue.sent == ["ping"]


async def test_all_queues_are_asked_and_each_end_is_told():
    told = []
    queues = (through(Queue(), "good"), through(Refusing(MedicError("refused")), "bad"))
    result = await run(Context(CLOCK, queues=queues, on_canary=told.append))
    assert (result.ok, result.summary) == (False, "queue bad: refused")
    assert [(end.queue, end.success) for end in told] == [("good", True), ("bad", False)]


async def test_no_queue_is_no_failure():
    assert (await run(Context(CLOCK))).ok
