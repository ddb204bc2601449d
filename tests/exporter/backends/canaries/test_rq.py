"""Canaries through real workers of RQ."""

import contextlib
import uuid

import pytest

from exporter.backends.carriers import carry
from exporter.backends.source import BackendError, Source
from medic.core.clock import SystemClock
from medic.core.queue import CANARY, TaskState
from tests.exporter.backends.asking import program, reader

pytestmark = pytest.mark.needs("redis")


@pytest.fixture
def queue():
    return f"mail-{uuid.uuid4().hex[:8]}"


def carrier(server, queue, function, seconds=60.0):
    source = Source("mail", "rq", server.url, queue, canary=function, canary_timeout=seconds)
    return carry(source, reader("rq", server.url, queue=queue), SystemClock())


def work(server, queue, folder):
    arguments = ("-m", "rq.cli", "worker", queue, "--url", server.url, "--burst")
    with program(folder, *arguments) as process:
        assert process.wait(60) == 0, (folder / "program.out").read_text()


@pytest.mark.parametrize(
    ("function", "end"),
    [
        ("os.getpid", TaskState.COMPLETED),
        ("tests.exporter.backends.jobs.fail", TaskState.FAILED),
        ("no.such", TaskState.FAILED),
    ],
)
def test_a_canary_ends_as_its_function_does_and_is_counted_nowhere(redis, queue, tmp_path, function, end):
    asked = reader("rq", redis.url, queue=queue)
    asked.read()
    birds = carrier(redis, queue, function)
    id_ = birds.send()
    assert id_.startswith(CANARY)
    assert birds.look(id_) is TaskState.PENDING
    work(redis, queue, tmp_path)
    assert birds.look(id_) is end
    found = asked.read()
    assert (found.completed, found.failed, found.durations, found.pending) == (0, 0, (), 0)


def test_a_canary_that_nobody_takes_runs_out_and_harms_no_worker(redis, queue, tmp_path):
    birds = carrier(redis, queue, "os.getpid")
    id_ = birds.send()
    with contextlib.closing(redis.client()) as client:
        assert 0 < client.ttl(f"rq:job:{id_}") <= 60
        client.delete(f"rq:job:{id_}")
    work(redis, queue, tmp_path)
    assert birds.look(id_) is TaskState.PENDING
    assert reader("rq", redis.url, queue=queue).read().pending == 0


def test_what_ended_is_kept_for_a_while_alone(redis, queue, tmp_path):
    birds = carrier(redis, queue, "os.getpid", 5.0)
    id_ = birds.send()
    work(redis, queue, tmp_path)
    with contextlib.closing(redis.client()) as client:
        assert 0 < client.ttl(f"rq:job:{id_}") <= 65


def test_a_queue_whose_key_is_something_else_says_so(redis, queue):
    with contextlib.closing(redis.client()) as client:
        client.set(f"rq:queue:{queue}", "no list")
    with pytest.raises(BackendError, match="WRONGTYPE"):
        carrier(redis, queue, "os.getpid").send()
