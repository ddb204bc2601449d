"""A whole Medic beside a real Celery: its figures, its canary, and its end while the broker is gone."""

import pytest

from tests import brokers
from tests.exporter.backends.celery.post import Post
from tests.harness import Medic, until

pytestmark = pytest.mark.needs("redis")


redis = brokers.redis


@pytest.fixture
def post(redis, tmp_path):
    with Post(redis, tmp_path) as post:
        yield post


def medic(post, folder, task):
    queue = {
        "name": "mail",
        "backend": "celery",
        "url": post.server.url,
        "queue": post.queue,
        "canary": {"task": task, "timeout": "20s"},
    }
    jobs = [{"name": name, "enabled": False} for name in ("health-check", "report")]
    return Medic(folder / "medic", {"listen": "127.0.0.1:0", "interval": "1s", "queues": [queue], "jobs": jobs})


def test_a_queue_of_celery_and_its_canary_are_told(post, tmp_path):
    with post.worker(), medic(post, tmp_path, "add") as daemon:
        post.ready()
        daemon.start()
        until(lambda: daemon.metric('medic_canary_success{queue="mail"}') == 1, what="the canary came back")
        assert daemon.metric('medic_canary_duration_seconds{queue="mail"}') > 0
        until(
            lambda: daemon.metric('medic_queue_tasks_completed_total{queue="mail"}') == 0, what="canaries do not count"
        )
        post.send("add")
        post.send("fail")
        until(lambda: daemon.metric('medic_queue_success_ratio{queue="mail",window="1h"}') == 0.5, what="the ratio")
        assert daemon.metric('medic_queue_up{backend="celery",queue="mail"}') == 1
        assert daemon.metric('medic_queue_workers{queue="mail"}') == 1
        (queue,) = daemon.json("/api/v1/queues")["queues"]
        assert (queue["backend"], queue["completed"], queue["failed"], queue["canary_success"]) == (
            "celery",
            1,
            1,
            True,
        )
        assert daemon.end() == 0


def test_a_canary_that_fails_fails_the_job_and_shows(post, tmp_path):
    with post.worker(), medic(post, tmp_path, "fail") as daemon:
        post.ready()
        daemon.start()
        until(lambda: daemon.metric('medic_canary_success{queue="mail"}') == 0, what="the canary failed")
        told = daemon.command("jobs", "history", "canary", "--json")
        assert "queue mail: canary failed" in told.stdout
        assert daemon.end() == 0
