import pytest

from medic.app.figures import source
from medic.app.settings.queues import Queue
from tests.app.settings.reading import good, section, wrong

CELERY = "queues: [{name: mail, backend: celery, url: 'redis://h/0', %s}]"


def test_a_queue_of_celery_is_called_as_celery_calls_it():
    found = source(section(Queue, {"name": "mail", "backend": "celery", "url": "redis://h/0"}))
    assert (found.queue, found.canary, found.enable_events) == ("celery", "", False)


def test_a_canary_names_its_task_and_has_a_minute():
    (queue,) = good(CELERY % "queue: q, enable_events: true, canary: {task: proj.ping}").configuration.queues
    found = source(queue)
    assert (found.queue, found.canary, found.canary_timeout, found.enable_events) == ("q", "proj.ping", 60.0, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CELERY % "canary: {}", "medic.yml:1: queues[0].canary.task: is missing; add task: ..."),
        (
            CELERY % "canary: {task: a, timeout: 2m}",
            "medic.yml:1: queues[0].canary.timeout: '2m' is too long; write at most 1m40s",
        ),
        (
            "queues: [{name: a, backend: huey, url: 'redis://h', canary: {task: a}}]",
            "medic.yml:1: queues[0].canary: has no meaning for the backend huey; remove it",
        ),
        (
            "queues: [{name: a, backend: dramatiq, url: 'amqp://h', canary: {task: a}}]",
            "medic.yml:1: queues[0].canary: cannot be followed outside of Redis; remove it",
        ),
        (
            "queues: [{name: a, backend: rq, url: 'redis://h', enable_events: true}]",
            "medic.yml:1: queues[0].enable_events: has no meaning for the backend rq; remove it",
        ),
        (
            "queues: [{name: a, backend: celery, url: 'http://h'}]",
            (
                "medic.yml:1: queues[0].url: is not an address for the backend celery; "
                "write it as redis://127.0.0.1:6379/0 or amqp://guest:guest@127.0.0.1:5672"
            ),
        ),
    ],
)
def test_a_mistake_says_what_to_write(text, message):
    assert wrong(text) == [message]
