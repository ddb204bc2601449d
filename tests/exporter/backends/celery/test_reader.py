"""The reader beside real workers of Celery, on a real Redis and a real RabbitMQ."""

import pytest

from medic.core.clock import SystemClock, to_ms
from tests.exporter.backends.asking import durations
from tests.exporter.backends.celery.post import Post, ended

BROKERS = [
    pytest.param("redis", marks=pytest.mark.needs("redis")),
    pytest.param("rabbitmq", marks=pytest.mark.needs("rabbitmq")),
]


@pytest.fixture(params=BROKERS)
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def post(server, tmp_path):
    with Post(server, tmp_path) as post:
        yield post


def test_what_real_workers_did_is_counted_timed_and_told_apart(post):
    with post.worker():
        post.ready()
        for _ in range(5):
            post.send("add")
        post.send("fail")
        post.send("again")
        found = post.until(lambda found: (ended(found), found.running) == ((6, 1), 0), "all have ended")
    assert (found.submitted, found.pending, found.workers) == (7, 0, 1)
    assert durations(found) == {"add": 5, "fail": 1, "again": 1}
    (waits,) = found.waits
    assert 0 < waits.count <= 7, "what was sent may be told after what was done"


def test_what_runs_and_what_waits_is_counted(post, tmp_path):
    gate = tmp_path / "gate"
    with post.worker():
        post.ready()
        for _ in range(7):
            post.send("wait_for", str(gate))
        found = post.until(lambda found: (found.running, found.pending) == (2, 3), "two run, two are taken in stock")
        assert ended(found) == (0, 0)
        gate.touch()
        post.until(lambda found: (*ended(found), found.running, found.pending) == (7, 0, 0, 0), "all have ended")


def test_a_task_that_is_revoked_neither_completes_nor_fails(post, tmp_path):
    gate = tmp_path / "gate"
    with post.worker():
        post.ready()
        running = post.send("wait_for", str(gate))
        post.until(lambda found: found.running == 1, "it runs")
        post.app.control.revoke(running.id, terminate=True)
        post.until(lambda found: found.running == 0, "it was ended")
        post.send("add")
        found = post.until(lambda found: ended(found) == (1, 0), "the other has ended")
    assert found.submitted == 2


def test_tasks_of_other_queues_count_for_those_alone(post, server, tmp_path):
    with Post(server, tmp_path) as other, post.worker(queues=f"{post.queue},{other.queue}"):
        post.ready()
        other.ready()
        post.send("add")
        other.send("fail")
        other.send("fail")
        assert post.until(lambda found: ended(found) == (1, 0), "ours ended").submitted == 1
        assert other.until(lambda found: ended(found) == (0, 2), "theirs ended").submitted == 2


def test_of_a_worker_of_two_queues_nothing_is_told_without_what_was_sent(server, tmp_path):
    with Post(server, tmp_path, sent=False) as post, post.worker(queues=f"{post.queue},{post.queue}-2"):
        post.ready()
        assert ended(post.read()) == (0, 0)
        post.send("add")
        found = post.until(lambda found: found.completed is None, "nobody knows whose it was")
    assert (found.failed, found.submitted, found.durations) == (None, None, ())


def test_workers_that_send_no_events_leave_the_counters_absent_and_are_named_once(post, caplog):
    with post.worker(events=False):
        post.ready()
        post.send("add")
        found = post.until(lambda found: found.completed is None, "they work without a word")
        assert (found.failed, found.durations, found.pending, found.workers) == (None, (), 0, 1)
        post.read()
    told = [record.why for record in caplog.records if record.msg == "what ended in a queue is not known"]
    assert told == ["its workers send no task events: start them with -E, or set enable_events: true"]


def test_events_are_switched_on_where_that_is_wanted(server, tmp_path):
    with Post(server, tmp_path, enable_events=True) as post, post.worker(events=False):
        post.ready()
        post.send("add")
        post.until(lambda found: found.completed is None, "they work without a word")

        def told():
            post.send("add")
            return post.figures()

        post.until(lambda _: (found := told()) is not None and found.completed, "events are told")


def test_a_worker_that_ends_is_gone_and_what_others_do_goes_on_counting(post, tmp_path):
    with post.worker(name="w1") as first:
        post.ready()
        post.send("add")
        post.until(lambda found: ended(found) == (1, 0), "the first has ended")
        post.app.control.broadcast("shutdown", destination=[first.host])
        assert first.wait(60) == 0
        post.until(lambda found: found.workers == 0, "nobody is there")
    with post.worker(name="w2"):
        post.ready()
        post.send("fail")
        assert post.until(lambda found: ended(found) == (1, 1), "the second has ended").workers == 1


def test_several_readers_of_one_queue_do_not_take_from_each_other(post, server, tmp_path):
    with Post(server, tmp_path, queue=post.queue) as other, post.worker():
        post.ready()
        other.ready()
        post.send("add")
        assert post.until(lambda found: ended(found) == (1, 0), "one heard it").workers == 1
        assert other.until(lambda found: ended(found) == (1, 0), "so did the other").workers == 1


@pytest.mark.needs("redis")
def test_the_oldest_waiting_task_is_known_by_what_was_sent(redis, tmp_path):
    with Post(redis, tmp_path) as post:
        with post.worker() as worker:
            post.ready()
            post.app.control.broadcast("shutdown", destination=[worker.host])
            worker.wait(60)
        before = to_ms(SystemClock().now())
        post.send("add", priority=0)
        post.send("add", priority=9)
        found = post.until(lambda found: found.submitted == 2, "both were sent")
        assert found.pending == 2
        assert found.oldest_pending_at is not None
        assert before <= found.oldest_pending_at <= to_ms(SystemClock().now())


@pytest.mark.needs("redis")
def test_nothing_is_left_in_redis_by_a_reading(redis, tmp_path):
    with Post(redis, tmp_path) as post, post.worker():
        post.ready()
        post.read()
        client = redis.client()
        left = list(client.keys("medic-*.reply.celery.pidbox"))
        bound = client.smembers("_kombu.binding.reply.celery.pidbox")
        client.close()
    assert left == []
    assert not [member for member in bound if "medic" in member]


@pytest.mark.needs("rabbitmq")
def test_a_queue_that_nobody_declared_is_told(rabbitmq, tmp_path):
    with Post(rabbitmq, tmp_path) as post, pytest.raises(Exception, match="there is no queue 'mail-"):
        post.read()
