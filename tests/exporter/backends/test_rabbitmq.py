import contextlib
import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.rabbitmq import Standing, address, parse
from exporter.backends.source import BackendError
from tests.exporter.backends.asking import reader
from tests.harness import until

MARK = 1_700_000_000


def standing(**record):
    return parse(json.dumps({"name": "mail", **record}).encode())


def test_an_answer_is_read_whole():
    stats = {"publish": 9, "ack": 3, "deliver_no_ack": 2, "get_no_ack": 1, "redeliver": 4}
    found = standing(
        messages_ready=5, messages_unacknowledged=2, consumers=1, message_stats=stats, head_message_timestamp=MARK
    )
    assert found == Standing(5, 2, 1, published=9, taken=6, head_at=MARK * 1000)


def test_what_the_broker_does_not_tell_is_unknown():
    assert standing() == Standing()
    assert standing(messages_ready=None, head_message_timestamp="", message_stats=[]) == Standing()


def test_counters_of_nothing_yet_are_zero_once_there_are_counters():
    found = standing(message_stats={"publish": 4})
    assert (found.published, found.taken) == (4, 0)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"[" * 100_000, b"\xff"])
def test_an_answer_of_another_kind_is_refused(body):
    with pytest.raises(BackendError, match="management API"):
        parse(body)


@given(
    st.dictionaries(
        st.sampled_from(["name", "messages_ready", "message_stats"]), st.integers() | st.text() | st.floats()
    )
)
def test_any_record_is_a_standing_or_an_error(record):
    try:
        found = parse(json.dumps(record).encode())
    except BackendError:
        return
    assert found.ready is None or found.ready >= 0


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://h:15672", "http://h:15672/api/queues/%2F/a%20b%2Fc"),
        ("http://h:15672/", "http://h:15672/api/queues/%2F/a%20b%2Fc"),
        ("http://h:15672/%2F", "http://h:15672/api/queues/%2F/a%20b%2Fc"),
        ("http://u:p@h:15672/my%2Fhost", "http://u:p@h:15672/api/queues/my%2Fhost/a%20b%2Fc"),
    ],
)
def test_the_path_of_the_address_is_the_virtual_host(url, asked):
    assert address(url, "a b/c") == asked


@contextlib.contextmanager
def channel(server):
    import pika

    where = pika.ConnectionParameters("127.0.0.1", server.port)
    with contextlib.closing(pika.BlockingConnection(where)) as connection:
        yield connection.channel()


@pytest.mark.needs("rabbitmq")
def test_a_real_broker_tells_what_waits_and_what_was_taken(rabbitmq):
    import pika

    name = f"mail-{uuid.uuid4().hex[:8]}"
    asked = reader("rabbitmq", rabbitmq.api, queue=name)
    with channel(rabbitmq) as open_:
        open_.queue_declare(name, durable=True)
        for _ in range(5):
            open_.basic_publish("", name, b"x", pika.BasicProperties(timestamp=MARK))
        found = until(lambda: (seen := asked.read()).pending == 5 and seen.submitted == 5 and seen, what="5 wait")
        assert (found.running, found.completed, found.failed, found.oldest_pending_at) == (0, 0, None, MARK * 1000)
        tags = [open_.basic_get(name)[0].delivery_tag for _ in range(2)]
        until(lambda: (seen := asked.read()).running == 2 and seen.pending == 3, what="2 run")
        open_.basic_ack(tags[0])
        open_.basic_nack(tags[1], requeue=True)
        open_.basic_consume(name, lambda *_: None)
        found = until(lambda: (seen := asked.read()).completed == 1 and seen.workers == 1 and seen, what="1 was taken")
        assert found.submitted == 5


@pytest.mark.needs("rabbitmq")
def test_a_queue_that_there_is_not_and_a_wrong_password_are_told(rabbitmq):
    with pytest.raises(BackendError, match="there is no queue 'none'"):
        reader("rabbitmq", rabbitmq.api, queue="none").read()
    wrong = rabbitmq.api.replace("guest:guest", "guest:hunter2")
    with pytest.raises(BackendError, match="answered 401: give a user and a password") as caught:
        reader("rabbitmq", wrong, queue="none").read()
    assert "hunter2" not in str(caught.value)
