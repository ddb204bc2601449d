import threading
import time

import pytest

from exporter.crew import PATIENCE, Batch, Crew, Inquiry, Job
from tests.fakes import HandClock

LIMIT = 10.0


def settle(batch, ended):
    """Wait as the users of a batch do."""
    deadline = time.monotonic() + LIMIT
    while not batch.is_settled():
        assert time.monotonic() < deadline
        ended.wait(PATIENCE)
        ended.clear()
        batch.spread()


def run(crew, *jobs):
    ended = threading.Event()
    batch = Batch(crew, jobs, time=time.monotonic, wake=ended.set)
    settle(batch, ended)
    return batch


@pytest.fixture
def gate():
    """Hold up whoever waits for it, and let all go at the end."""
    event = threading.Event()
    yield event
    event.set()


def names():
    return [thread.name for thread in threading.enumerate()]


def test_jobs_run_in_order_in_one_thread_which_is_reused():
    crew, seen = Crew("reused"), []

    def look(number):
        return lambda: seen.append((number, threading.get_ident()))

    for _ in range(5):
        run(crew, *(Job(look(number), LIMIT) for number in range(3)))
    assert [number for number, _ in seen] == [0, 1, 2] * 5
    assert len({thread for _, thread in seen}) <= 2  # one batch may begin before the thread of the last is idle again
    assert names().count("reused") <= 2


def test_threads_are_daemons_that_nobody_waits_for(gate):
    crew = Crew("daemons")
    crew.start(gate.wait)
    assert [thread.daemon for thread in threading.enumerate() if thread.name == "daemons"] == [True]


def test_a_hung_job_is_overdue_and_holds_up_no_other(gate):
    hung, done = Job(gate.wait, 0.1), Job(lambda: "done", LIMIT)
    run(Crew("hung"), hung, done)
    assert hung.is_overdue(time.monotonic())
    assert not hung.ended
    assert done.result == "done"


def test_several_that_hang_hang_at_one_time_so_that_they_cost_one_deadline_not_their_sum():
    together = threading.Barrier(5)
    jobs = [Job(lambda: together.wait(LIMIT), 2 * LIMIT) for _ in range(5)]
    run(Crew("several"), *jobs)
    assert sorted(job.result for job in jobs) == [0, 1, 2, 3, 4]


def test_a_job_runs_once_however_many_batches_hold_it(gate):
    count, crew = [], Crew("once")
    job = Job(lambda: count.append(1), LIMIT)
    first = Batch(crew, [Job(gate.wait, LIMIT), job], time=time.monotonic, wake=lambda: None)
    run(crew, job)
    gate.set()
    ended = threading.Event()
    settle(first, ended)
    assert count == [1]


def test_a_job_that_another_batch_started_is_waited_for(gate):
    crew = Crew("joined")
    job = Job(lambda: gate.wait(LIMIT), LIMIT)
    Batch(crew, [job], time=time.monotonic, wake=lambda: None)
    threading.Timer(0.1, gate.set).start()
    run(crew, job)
    assert job.result is True


def test_work_that_comes_back_late_frees_its_thread(gate):
    crew, back = Crew("late"), threading.Event()
    hung = Job(lambda: gate.wait(LIMIT) and back.set(), 0.05)
    run(crew, hung)
    gate.set()
    assert back.wait(LIMIT)
    run(crew, Job(lambda: None, LIMIT))
    assert names().count("late") <= 2


def test_what_has_not_answered_is_none_and_is_not_asked_again_and_its_late_answer_is_the_next(gate):
    clock, asked = HandClock(), []

    def hang():
        asked.append("hung")
        clock.pass_by(seconds=LIMIT)  # from here on the clock stands: to wait again would be for ever
        gate.wait(LIMIT)
        return "late"

    inquiry = Inquiry("inquiry", time=clock.monotonic, deadline=LIMIT)
    questions = {"hung": hang, "well": lambda: "answered"}
    assert [inquiry.ask(questions) for _ in range(3)] == [{"hung": None, "well": "answered"}] * 3
    assert asked == ["hung"]
    gate.set()
    while (answers := inquiry.ask(questions))["hung"] is None:
        pass
    assert answers == {"hung": "late", "well": "answered"}
    assert asked == ["hung"]


def test_what_is_not_asked_any_more_is_forgotten(gate):
    clock = HandClock()

    def hang():
        clock.pass_by(seconds=LIMIT)
        return gate.wait(LIMIT)

    inquiry = Inquiry("inquiry", time=clock.monotonic, deadline=LIMIT)
    assert inquiry.ask({"a": hang}) == {"a": None}
    assert inquiry.ask({}) == {}
    assert inquiry.ask({"a": lambda: "new"}) == {"a": "new"}
