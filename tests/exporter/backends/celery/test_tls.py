"""Events, figures and answers of real workers, over TLS."""

import pytest

from tests.exporter.backends.celery.post import Post, ended
from tests.exporter.backends.tls import front
from tests.exporter.probes.services import issue

pytestmark = pytest.mark.needs("openssl")


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        pytest.param("redis", "rediss://localhost:{}/0", marks=pytest.mark.needs("redis")),
        pytest.param("rabbitmq", "amqps://guest:guest@localhost:{}//", marks=pytest.mark.needs("rabbitmq")),
    ],
)
def test_a_queue_is_measured_over_tls(request, tmp_path, kind, scheme):
    made, server = issue(tmp_path), request.getfixturevalue(kind)
    with (
        front(made, server.port) as secured,
        Post(server, tmp_path, url=scheme.format(secured.port), ca_file=made.authority) as post,
        post.worker(),
    ):
        post.ready()
        post.send("add")
        found = post.until(lambda found: ended(found) == (1, 0), "it has ended")
    assert (found.pending, found.running, found.submitted) == (0, 0, 1)
