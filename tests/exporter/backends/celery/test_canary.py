"""Canaries through real workers of Celery."""

import pytest

from exporter.backends.carriers import carry
from exporter.backends.source import BackendError, Source
from medic.core.clock import SystemClock
from medic.core.queue import CANARY, TaskState
from tests.exporter.backends.celery.post import Post, ended
from tests.harness import until

BROKERS = [
    pytest.param("redis", marks=pytest.mark.needs("redis")),
    pytest.param("rabbitmq", marks=pytest.mark.needs("rabbitmq")),
]
OVER = {TaskState.COMPLETED, TaskState.FAILED}


@pytest.fixture(params=BROKERS)
def server(request):
    return request.getfixturevalue(request.param)


def carrier(post, task, seconds=60.0):
    source = Source("mail", "celery", post.server.url, post.queue, canary=task, canary_timeout=seconds)
    found = carry(source, post.reader, SystemClock())
    assert found is not None
    return found


def end(birds, id_):
    return until(lambda: state if (state := birds.look(id_)) in OVER else None, what="the canary has ended")


def test_a_canary_comes_back_and_is_counted_nowhere(server, tmp_path):
    with Post(server, tmp_path) as post, post.worker():
        post.ready()
        birds = carrier(post, "add")
        id_ = birds.send()
        assert id_.startswith(CANARY)
        assert end(birds, id_) is TaskState.COMPLETED
        post.send("add")
        found = post.until(lambda found: ended(found) == (1, 0), "the other has ended")
    assert (found.submitted, [each.count for each in found.durations], [each.count for each in found.waits]) == (
        1,
        [1],
        [1],
    )


def test_a_canary_that_fails_says_so(server, tmp_path):
    with Post(server, tmp_path) as post, post.worker():
        post.ready()
        birds = carrier(post, "fail")
        assert end(birds, birds.send()) is TaskState.FAILED
        assert ended(post.read()) == (0, 0)


def test_a_canary_through_a_queue_without_workers_stays_where_it_is(server, tmp_path):
    with Post(server, tmp_path) as post:
        with post.worker() as worker:
            post.ready()
            post.app.control.broadcast("shutdown", destination=[worker.host])
            worker.wait(60)
        birds = carrier(post, "add")
        assert birds.look(birds.send()) is TaskState.PENDING


def test_a_canary_that_nobody_took_in_time_is_not_begun(server, tmp_path):
    with Post(server, tmp_path) as post:
        with post.worker() as worker:
            post.ready()
            post.app.control.broadcast("shutdown", destination=[worker.host])
            worker.wait(60)
        birds = carrier(post, "add", 0.001)
        id_ = birds.send()
        with post.worker():
            assert end(birds, id_) is TaskState.FAILED


def test_workers_that_keep_silent_make_a_canary_impossible_to_follow(server, tmp_path):
    with Post(server, tmp_path) as post, post.worker(events=False):
        post.ready()
        birds = carrier(post, "add")
        id_ = birds.send()
        post.until(lambda found: found.completed is None, "they work without a word")
        with pytest.raises(BackendError, match="nobody knows how a canary ended: its workers send no task events"):
            birds.look(id_)


@pytest.mark.needs("redis")
def test_a_result_in_the_same_redis_is_enough(redis, tmp_path):
    with Post(redis, tmp_path) as post:
        birds = carrier(post, "add")
        client = redis.client()
        client.set("celery-task-meta-1", '{"status": "SUCCESS", "result": 3}')
        client.set("celery-task-meta-2", '{"status": "FAILURE"}')
        client.set("celery-task-meta-3", '{"status": "STARTED"}')
        client.set("celery-task-meta-4", "nonsense")
        client.close()
        states = [birds.look(str(number)) for number in (1, 2, 3, 4, 5)]
    assert states == [TaskState.COMPLETED, TaskState.FAILED, *[TaskState.PENDING] * 3]
