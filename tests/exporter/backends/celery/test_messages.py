import json

from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.celery import messages
from exporter.backends.celery.messages import Answer, Event, Parcel

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
EVENT = {
    "type": "task-succeeded",
    "hostname": "w1@here",
    "timestamp": 1_700_000_000.5,
    "uuid": "1",
    "runtime": 0.25,
    "clock": 3,
    "pid": 9,
    "utcoffset": 0,
}


def test_an_event_is_read():
    assert [*messages.events(EVENT)] == [Event("task-succeeded", "w1@here", 1_700_000_000.5, "1", runtime=0.25)]


def test_a_list_of_events_is_read_and_what_is_none_is_passed_over():
    found = [*messages.events([EVENT, 3, {"type": "task-sent"}, {"timestamp": 1.0}, EVENT])]
    assert [event.type for event in found] == ["task-succeeded"] * 2


def test_what_was_sent_tells_its_queue_its_tries_and_its_time():
    sent = {**EVENT, "type": "task-sent", "queue": "mail", "name": "add", "retries": 2, "eta": "2026-01-01T00:00:00"}
    (event,) = messages.events(sent)
    assert (event.queue, event.name, event.retries, event.delayed) == ("mail", "add", 2, True)


def test_names_are_cut_so_that_nobody_fills_the_memory():
    (event,) = messages.events({**EVENT, "name": "x" * 10_000})
    assert event.name == "x" * messages.LONGEST_NAME


def test_numbers_that_nobody_means_are_unknown():
    (event,) = messages.events({**EVENT, "runtime": float("nan"), "processed": True})
    assert (event.runtime, event.processed) == (None, None)
    assert not [*messages.events({**EVENT, "timestamp": float("inf")})]


@given(JSON)
def test_whatever_comes_is_read_without_harm(body):
    assert all(isinstance(event, Event) for event in messages.events(body))
    assert all(isinstance(name, str) for name in messages.consumed(body))
    assert all(isinstance(name, str) for name in messages.bindings(body).values())
    assert all(len(task) == 3 for task in messages.active(body))
    assert all(isinstance(answer, Answer) for answer in messages.answers("1", body))


@given(st.binary())
def test_any_bytes_are_an_envelope_or_an_empty_one(data):
    headers, _ = messages.unwrap(data)
    assert isinstance(headers, dict)


@given(JSON)
def test_any_envelope_is_opened_without_harm(envelope):
    messages.unwrap(json.dumps(envelope).encode())


def test_what_is_wrapped_is_unwrapped():
    data = messages.wrap(Parcel(b'{"a": 1}', {"id": "1"}, {"priority": 0}), "", "mail", "tag")
    assert messages.unwrap(data) == ({"id": "1"}, {"a": 1})


def test_a_body_that_is_not_json_leaves_the_headers():
    data = messages.wrap(Parcel(b"\x80\x04pickled", {"id": "1"}, {}), "", "mail", "tag")
    assert messages.unwrap(data) == ({"id": "1"}, None)


def test_a_queue_in_redis_is_a_list_for_each_step_of_priority():
    assert messages.lists("mail") == ["mail", "mail\x06\x163", "mail\x06\x166", "mail\x06\x169"]


def test_a_workers_queues_lead_from_the_exchange_and_key_to_the_name():
    reply = [
        {"name": "mail", "exchange": {"name": "post"}, "routing_key": "letters.#"},
        {"name": "bulk", "exchange": {"name": ""}, "routing_key": "bulk"},
    ]
    assert messages.consumed(reply) == {"mail", "bulk"}
    ways = messages.bindings(reply)
    assert (ways["post", "letters.#"], ways["", "bulk"], ways["", "mail"]) == ("mail", "bulk", "mail")
