import contextlib
import json
import uuid
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.dramatiq import made_at
from exporter.backends.source import BackendError
from medic.core.clock import SystemClock, to_ms
from tests.exporter.backends.asking import program, reader
from tests.harness import until


def test_only_json_with_a_time_says_when_it_was_made():
    assert made_at(json.dumps({"message_timestamp": 1_700_000_000_123}).encode()) == 1_700_000_000_123
    for message in (
        b"",
        b"\x80\x04pickled",
        b"[]",
        b"{}",
        b'{"message_timestamp": true}',
        b'{"message_timestamp": -1}',
    ):
        assert made_at(message) is None


@given(st.binary())
def test_any_message_is_looked_at_without_harm(message):
    made_at(message)


class Application:
    """Sends messages as an application does; the workers are another process."""

    def __init__(self, url, folder):
        import dramatiq
        from dramatiq.brokers.rabbitmq import RabbitmqBroker
        from dramatiq.brokers.redis import RedisBroker

        self.name, self.url, self.folder = f"mail-{uuid.uuid4().hex[:8]}", url, folder
        self.broker = (RedisBroker if url.startswith("redis") else RabbitmqBroker)(url=url, middleware=[])
        self.broker.declare_queue(self.name)
        self.message = dramatiq.Message

    def send(self, actor, *arguments, delay=None):
        message = self.message(queue_name=self.name, actor_name=actor, args=arguments, kwargs={}, options={})
        self.broker.enqueue(message, delay=delay)

    def workers(self, **more):
        env = {"DRAMATIQ_URL": self.url, "DRAMATIQ_QUEUE": self.name, **more}
        arguments = ("-m", "dramatiq", "tests.exporter.backends.dramatiq_app", "--processes", "1", "--threads", "1")
        return program(self.folder, *arguments, "--skip-logging", **env)


@contextlib.contextmanager
def application(url, folder):
    made = Application(url, folder)
    try:
        yield made
    finally:
        made.broker.close()


@pytest.mark.needs("redis")
def test_what_waits_in_redis_is_counted_and_the_oldest_known(redis, tmp_path):
    before = to_ms(SystemClock().now())
    with application(redis.url, tmp_path) as app:
        asked = reader("dramatiq", redis.url, queue=app.name)
        assert (asked.read().pending, asked.read().oldest_pending_at) == (0, None)
        for number in range(3):
            app.send("add", 1, number)
        app.send("add", 1, 2, delay=3_600_000)
        found = asked.read()
    assert (found.pending, found.delayed, found.dead, found.running) == (3, 1, 0, 0)
    assert before <= found.oldest_pending_at <= to_ms(SystemClock().now())
    assert (found.completed, found.failed) == (None, 0)


@pytest.mark.needs("redis")
def test_what_real_workers_hold_and_give_up_is_known(redis, tmp_path):
    gate = tmp_path / "gate"
    with application(redis.url, tmp_path) as app:
        asked = reader("dramatiq", redis.url, queue=app.name)
        asked.read()
        app.send("wait_for", str(gate))
        with app.workers():
            until(lambda: asked.read().running == 1, what="a message is held")
            gate.touch()
            app.send("fail")
            app.send("fail_twice")
            found = until(lambda: (seen := asked.read()).failed == 2 and seen, what="two have died")
            assert found.dead == 2
        app.broker.client.delete(f"dramatiq:{app.name}.XQ")
        assert (asked.read().failed, asked.read().dead) == (2, 0)


@pytest.mark.needs("rabbitmq")
@pytest.mark.parametrize("over", ["amqp", "management"])
def test_what_waits_in_rabbitmq_is_counted_either_way(rabbitmq, tmp_path, over):
    url = f"amqp://guest:guest@127.0.0.1:{rabbitmq.port}/{quote('/', safe='')}"
    with application(url, tmp_path) as app:
        asked = reader("dramatiq", url if over == "amqp" else rabbitmq.api, queue=app.name)
        for number in range(3):
            app.send("add", 1, number)
        app.send("add", 1, 2, delay=3_600_000)
        found = until(lambda: (seen := asked.read()).pending == 3 and seen.workers is not None and seen, what="3 wait")
        assert (found.workers, found.dead) == (0, 0)
        if over == "management":
            until(lambda: asked.read().delayed == 1, what="1 is delayed")
        app.send("fail")
        with app.workers():
            found = until(lambda: (seen := asked.read()).dead == 1 and seen.pending == 0 and seen, what="1 has died")
    assert (found.completed, found.failed) == (None, None)


@pytest.mark.needs("rabbitmq")
def test_a_queue_that_nobody_declared_is_told_over_both(rabbitmq):
    for url in (f"amqp://guest:guest@127.0.0.1:{rabbitmq.port}", rabbitmq.api):
        with pytest.raises(BackendError, match="there is no queue 'none'"):
            reader("dramatiq", url, queue="none").read()


@pytest.mark.needs("rabbitmq")
@pytest.mark.parametrize(
    ("change", "said"),
    [(("guest:guest", "guest:hunter2"), "ACCESS_REFUSED"), (("/%2F", "/none"), "refuses: .*vhost none")],
)
def test_a_broker_that_refuses_says_why_and_no_password(rabbitmq, change, said):
    url = f"amqp://guest:guest@127.0.0.1:{rabbitmq.port}/%2F".replace(*change)
    with pytest.raises(BackendError, match=said) as caught:
        reader("dramatiq", url, queue="none").read()
    assert "hunter2" not in str(caught.value)
    assert "guest" not in str(caught.value).partition(" refuses")[0]
