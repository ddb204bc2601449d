from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.celery.messages import Event
from exporter.backends.celery.tally import LIVES, MOST, Ending, Tally
from exporter.backends.timing import OTHER
from medic.core.queue import CANARY

HOST, OTHER_HOST = "w1@here", "w2@here"


class Story:
    """Events that come a second apart, as a tally of the queue ``mail`` takes them."""

    def __init__(self, **queues):
        self.tally = Tally("mail")
        self.now = 100.0
        self.processed = {}
        self.serve(**(queues or {"w1": {"mail"}}))

    def serve(self, **queues):
        self.tally.consume({f"{name}@here": frozenset(taken) for name, taken in queues.items()}, self.now)

    def tell(self, type_, task="1", *, host=HOST, **fields):
        self.now += 1
        self.tally.take(Event(type_, host, self.now, task, **fields), self.now)
        return self

    def run(self, task="1", ending="succeeded", *, host=HOST, name="add", sent="", **fields):
        if sent:
            self.tell("task-sent", task, host="client", name=name, queue=sent)
        self.tell("task-received", task, host=host, name=name).tell("task-started", task, host=host)
        return self.tell(f"task-{ending}", task, host=host, **fields)

    def beat(self, processed, host=HOST):
        return self.tell("worker-heartbeat", "", host=host, processed=processed)

    @property
    def ended(self):
        counts = self.tally.counts
        return counts.completed, counts.failed

    @property
    def complete(self):
        return self.tally.is_complete(self.now)

    def durations(self):
        found = self.tally.counts.durations.histograms()
        return {dict(each.labels)["task"]: (each.count, each.sum) for each in found}


def test_what_succeeded_and_what_failed_is_counted_and_timed_by_its_name():
    story = Story().run("1", runtime=0.5).run("2", "failed", name="fail").run("3", runtime=0.25)
    assert story.ended == (2, 1)
    assert story.durations() == {"add": (2, 0.75), "fail": (1, 1.0)}


def test_a_retry_is_no_end_and_what_it_ends_with_counts_once():
    story = Story().run("1", "retried").run("1", "retried").run("1", "failed")
    assert story.ended == (0, 1)
    assert story.durations() == {"add": (1, 1.0)}


def test_what_was_revoked_rejected_or_cancelled_neither_completed_nor_failed():
    story = Story().run("1", "revoked").run("2", "rejected").run("3", "cancelled")
    assert story.ended == (0, 0)


def test_canaries_are_left_out_and_their_ends_are_known():
    story = Story().run(f"{CANARY}1", runtime=9.0, sent="mail").run(f"{CANARY}2", "failed").run(f"{CANARY}3", "revoked")
    assert (story.ended, story.durations(), story.tally.counts.submitted) == ((0, 0), {}, None)
    assert story.tally.canaries == {
        f"{CANARY}1": Ending.COMPLETED,
        f"{CANARY}2": Ending.FAILED,
        f"{CANARY}3": Ending.FAILED,
    }


def test_tasks_of_other_queues_are_left_out():
    story = Story(w1={"bulk"}, w2={"mail", "bulk"})
    story.run("1").run("2", host=OTHER_HOST, sent="bulk").run("3", host=OTHER_HOST, sent="mail")
    assert (story.ended, story.complete) == ((1, 0), True)
    assert story.tally.counts.submitted == 1


def test_what_a_worker_of_several_queues_ended_is_unknown_without_what_was_sent():
    story = Story(w1={"mail", "bulk"}).run("1")
    assert (story.ended, story.complete, story.tally.vague(story.now)) == ((0, 0), False, [HOST])
    story.run("2", sent="mail")
    assert (story.ended, story.complete) == ((1, 0), True)


def test_what_was_sent_may_be_told_last():
    story = Story(w1={"mail", "bulk"}).run("1").run("2").tell("task-started", "3")
    story.tell("task-sent", "1", host="client", queue="mail").tell("task-sent", "2", host="client", queue="bulk")
    story.tell("task-sent", "3", host="client", queue="mail")
    assert (story.ended, story.complete, story.tally.counts.submitted) == ((1, 0), True, 2)
    assert [each.count for each in story.tally.waits()] == [1]


def test_what_ended_at_a_worker_that_was_not_asked_yet_counts_when_it_was():
    story = Story(w9={"mail"}).run("1").run("2", "failed").run("3", host=OTHER_HOST)
    assert story.ended == (0, 0)
    story.serve(w1={"mail"}, w2={"bulk"})
    assert story.ended == (1, 1)
    story.serve(w2={"mail"})
    assert story.ended == (1, 1)


def test_a_worker_that_begins_anew_is_asked_anew():
    story = Story(w1={"bulk"}).tell("worker-online", "").run("1")
    story.serve(w1={"mail"})
    assert story.ended == (1, 0)


def test_waiting_is_timed_from_what_was_sent_to_the_first_start():
    story = Story().run("1", sent="mail").run("2")
    (waits,) = story.tally.waits()
    assert (waits.count, waits.sum) == (1, 2.0)


def test_what_waits_for_its_time_or_for_another_try_says_nothing_of_the_queue():
    story = Story()
    story.tell("task-sent", "1", host="client", queue="mail", delayed=True).run("1")
    story.tell("task-sent", "2", host="client", queue="mail").tell("task-retried", "2").run("2")
    assert story.tally.waits() == ()


def test_sent_once_more_is_submitted_once():
    story = Story().tell("task-sent", "1", host="client", queue="mail")
    story.tell("task-sent", "1", host="client", queue="mail", retries=1)
    assert story.tally.counts.submitted == 1
    assert story.tally.sent_at("1") == 101.0


def test_without_what_was_sent_nobody_knows_how_many_were_submitted():
    assert Story().run("1").tally.counts.submitted is None


def test_a_worker_whose_count_rises_without_events_is_silent():
    story = Story().beat(0).beat(3)
    assert story.complete, "their events may be on their way"
    story.beat(3)
    assert (story.complete, story.tally.silent(story.now)) == (False, [HOST])
    story.beat(3).beat(4)
    assert not story.complete
    story.run("1")
    assert story.complete


def test_a_worker_that_tells_its_tasks_or_has_none_is_not_silent():
    story = Story().beat(0).run("1").beat(1).beat(1).beat(1).tell("task-started", "2").beat(2).beat(2).beat(2)
    assert story.complete


def test_events_that_come_after_the_heartbeat_make_up_for_it():
    story = Story().beat(0).beat(2).run("1").beat(2).beat(2)
    assert story.complete


def test_a_silent_worker_of_another_queue_or_one_that_is_gone_keeps_nothing_from_us():
    story = Story(w1={"bulk"}, w2={"mail"})
    story.beat(0).beat(3).beat(3)
    assert story.complete
    story.beat(0, OTHER_HOST).beat(3, OTHER_HOST).beat(3, OTHER_HOST)
    assert not story.complete
    story.tell("worker-offline", "", host=OTHER_HOST)
    assert story.complete


def test_a_worker_without_a_sign_of_life_is_none():
    story = Story()
    assert story.tally.ours(story.now) == [HOST]
    assert story.tally.ours(story.now + LIVES) == []
    assert story.tally.living(story.now + LIVES) == set()


def test_a_task_that_began_before_us_counts_under_no_name():
    story = Story().tell("task-succeeded", "1", runtime=0.5)
    assert story.durations() == {OTHER: (1, 0.5)}


def test_what_is_remembered_is_bounded():
    story = Story()
    for number in range(MOST + 10):
        story.tell("task-sent", str(number), host="client", queue="mail")
        story.tell("task-succeeded", f"{CANARY}{number}", host=f"{number}@there")
        story.tell("task-succeeded", f"x{number}", host=f"{number}@there")
    tally = story.tally
    assert max(map(len, (tally._tasks, tally._hosts, tally.canaries, tally._undecided))) == MOST
    assert (tally.sent_at("0"), tally.counts.submitted) == (None, MOST + 10)


EVENTS = st.builds(
    Event,
    st.sampled_from(
        [f"task-{what}" for what in ("sent", "received", "started", "succeeded", "failed", "retried", "revoked", "x")]
        + ["worker-online", "worker-heartbeat", "worker-offline", "worker-", "", "task"]
    ),
    st.sampled_from([HOST, OTHER_HOST, ""]),
    st.floats(-1e9, 1e12),
    st.sampled_from(["1", "2", f"{CANARY}1", ""]),
    queue=st.sampled_from(["mail", "bulk", ""]),
    runtime=st.none() | st.floats(-1e9, 1e9),
    processed=st.none() | st.integers(0, 5),
    retries=st.integers(0, 2),
)


@given(st.lists(EVENTS | st.sampled_from([{HOST: frozenset({"mail"})}, {HOST: frozenset({"mail", "bulk"})}])))
def test_whatever_is_told_counters_never_fall(steps):
    tally, seen = Tally("mail"), [(0, 0, 0)]
    for now, step in enumerate(steps):
        if isinstance(step, dict):
            tally.consume(step, float(now))
        else:
            tally.take(step, float(now))
        seen.append((tally.counts.submitted or 0, tally.counts.completed, tally.counts.failed))
    assert all(before <= after for one, other in pairwise(seen) for before, after in zip(one, other, strict=True))
