"""A broker that goes and comes back: the events are heard again, and counters never fall."""

import pytest

from exporter.backends.source import BackendError
from tests.brokers import RabbitMQ, Redis
from tests.exporter.backends.celery.post import Post, ended
from tests.harness import until

BROKERS = [
    pytest.param(Redis, marks=pytest.mark.needs("redis"), id="redis"),
    pytest.param(RabbitMQ, marks=[pytest.mark.needs("rabbitmq"), pytest.mark.stress], id="rabbitmq"),
]


@pytest.mark.parametrize("kind", BROKERS)
def test_after_a_restart_of_the_broker_counting_goes_on(kind, tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    with kind(folder) as server, Post(server, tmp_path) as post, post.worker():
        post.ready()
        post.send("add")
        post.until(lambda found: ended(found) == (1, 0), "the first has ended")
        server.kill()
        with pytest.raises(BackendError, match="does not answer"):
            post.read()
        until(lambda: not post.reader.is_hearing, what="the events are lost")
        server.start()
        post.ready()
        post.send("fail")
        assert post.until(lambda found: ended(found) == (1, 1), "the second has ended").submitted == 2
