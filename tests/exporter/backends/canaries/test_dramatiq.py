"""Canaries through real workers of Dramatiq."""

import contextlib
import uuid

import pytest

from exporter.backends.carriers import carry
from exporter.backends.source import Source
from medic.core.clock import SystemClock
from medic.core.queue import CANARY, TaskState
from tests.exporter.backends.asking import program, reader
from tests.harness import until

OVER = {TaskState.COMPLETED, TaskState.FAILED}


@pytest.fixture
def queue():
    return f"mail-{uuid.uuid4().hex[:8]}"


def carrier(url, queue, actor, seconds=60.0):
    source = Source("mail", "dramatiq", url, queue, canary=actor, canary_timeout=seconds)
    return carry(source, reader("dramatiq", url, queue=queue), SystemClock())


@contextlib.contextmanager
def workers(server, queue, folder):
    env = {"DRAMATIQ_URL": server.url, "DRAMATIQ_QUEUE": queue}
    with program(folder, "-m", "dramatiq", "tests.exporter.backends.dramatiq_app", "-p", "1", "-t", "1", **env):
        yield


@pytest.mark.needs("redis")
@pytest.mark.parametrize(
    ("actor", "end"), [("ping", TaskState.COMPLETED), ("fail", TaskState.FAILED), ("fail_twice", TaskState.FAILED)]
)
def test_a_canary_ends_as_its_actor_does_and_is_counted_nowhere(redis, queue, tmp_path, actor, end):
    asked = reader("dramatiq", redis.url, queue=queue)
    asked.read()
    birds = carrier(redis.url, queue, actor)
    id_ = birds.send()
    assert id_.startswith(CANARY)
    assert birds.look(id_) is TaskState.PENDING
    with workers(redis, queue, tmp_path):
        state = until(lambda: state if (state := birds.look(id_)) in OVER else None, what="the canary has ended")
    assert state is end
    found = asked.read()
    assert (found.pending, found.running, found.delayed, found.dead, found.failed) == (0, 0, 0, 0, 0)


@pytest.mark.needs("redis")
def test_a_canary_that_nobody_took_in_time_is_not_begun(redis, queue, tmp_path):
    birds = carrier(redis.url, queue, "ping", 0.001)
    id_ = birds.send()
    with workers(redis, queue, tmp_path):
        assert until(lambda: state if (state := birds.look(id_)) in OVER else None) is TaskState.FAILED


def test_outside_of_redis_nobody_could_follow_a_canary(queue):
    assert carrier("amqp://127.0.0.1:1", queue, "add") is None
