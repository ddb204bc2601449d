import contextlib
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.queue import Histogram, QueueFigures, Task, TaskState, Window
from workers.queue import wire
from workers.queue.wire import InvalidRequestError, LeaseRequest, Submission

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
jsons = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
READERS = [wire.read_submissions, wire.read_lease, wire.read_worker, wire.read_done, wire.read_failure]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"NaN", b'{"a": Infinity}', b'{"a": [-1e999]}', b"9" * 5000], ids=repr
)
def test_what_is_not_json_is_refused_with_an_example(body):
    with pytest.raises(InvalidRequestError, match="not JSON"):
        wire.read_json(body)


def test_json_that_is_nested_without_end_is_refused():
    with pytest.raises(InvalidRequestError, match="nested too deeply"):
        wire.read_json(b"[" * 200_000)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_json_that_could_be_read_but_not_written_again_is_refused(opening):
    closing = b"]" if opening == b"[" else b"}"
    value = wire.read_json(opening * wire.DEEPEST + b"0" + closing * wire.DEEPEST)
    task = Task("a", "default", "order", value, TaskState.PENDING, 0)
    assert json.dumps(wire.write_task(task))
    with pytest.raises(InvalidRequestError, match="100 levels are allowed"):
        wire.read_json(opening * (wire.DEEPEST + 1) + b"0" + closing * (wire.DEEPEST + 1))


def test_json_that_is_wide_but_not_deep_is_read():
    assert wire.read_json(b"[" + b"[{}]," * 1000 + b"[]]") == [[{}]] * 1000 + [[]]


def test_each_number_that_is_read_can_be_written_again():
    body = b'{"n": [1.7976931348623157e308, -0.0, 1e-999, 12345678901234567890]}'
    assert wire.read_json(json.dumps(wire.read_json(body)).encode()) == wire.read_json(body)


@pytest.mark.parametrize("read", READERS)
@settings(deadline=None)
@given(jsons)
def test_any_json_is_read_or_refused_with_advice(read, value):
    with contextlib.suppress(InvalidRequestError):
        read(value)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(InvalidRequestError):
        assert json.dumps(wire.read_json(body), allow_nan=False)


def test_one_task_and_a_list_of_tasks_are_read_alike():
    body = {"type": "order", "payload": {"n": 1}, "canary": True, "id": "a-1"}
    wanted = Submission("order", {"n": 1}, canary=True, id="a-1")
    assert wire.read_submissions(body) == (wanted,)
    assert wire.read_submissions([body, {"type": "x"}]) == (wanted, Submission("x"))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ([], "holds 1 to 10000"),
        ([{}] * 10_001, "this one 10001"),
        ([{"type": "a"}, {"type": 3}], 'task 2 of the list needs "type"'),
        ({"type": "two words"}, "1 to 120 characters"),
        ({"type": "order", "paylod": 1}, 'did you mean "payload"'),
        ({"type": "order", "priority": 1}, "known are type, payload, canary, id"),
        ({"type": "order", "canary": 1}, "neither true nor false"),
        ({"type": "order", "id": ""}, 'needs "id"'),
        ("order", "not an object; write one with type"),
    ],
    ids=str,
)
def test_a_wrong_submission_is_refused_with_what_to_write(body, text):
    with pytest.raises(InvalidRequestError) as caught:
        wire.read_submissions(body)
    assert text in str(caught.value)


def test_a_request_for_a_task_is_read_with_its_defaults():
    assert wire.read_lease({"worker": "rpa/1"}) == LeaseRequest("rpa/1", (), 0.0, restarted=False)
    body = {"worker": "rpa/1", "types": ["a", "b"], "wait": 5, "restarted": True}
    assert wire.read_lease(body) == LeaseRequest("rpa/1", ("a", "b"), 5.0, restarted=True)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, 'needs "worker"'),
        ({"worker": "w", "wait": 31}, "from 0 to 30"),
        ({"worker": "w", "wait": -1}, "from 0 to 30"),
        ({"worker": "w", "wait": True}, "from 0 to 30"),
        ({"worker": "w", "types": "order"}, "list of up to 100"),
        ({"worker": "w", "types": ["a"] * 101}, "list of up to 100"),
        ({"worker": "w", "types": [None]}, 'needs "types"'),
        ({"worker": "w", "restarted": "yes"}, "neither true nor false"),
    ],
    ids=str,
)
def test_a_wrong_request_for_a_task_is_refused_with_what_to_write(body, text):
    with pytest.raises(InvalidRequestError) as caught:
        wire.read_lease(body)
    assert text in str(caught.value)


def test_a_failure_needs_its_reason_as_text():
    with pytest.raises(InvalidRequestError, match="why the task failed"):
        wire.read_failure({"worker": "w", "error": {"text": "x"}})
    assert wire.read_failure({"worker": "w", "error": "lone \ud800"}) == ("w", "lone ?")


@settings(max_examples=50, deadline=None)
@given(jsons, st.sampled_from(TaskState), st.booleans(), st.none() | st.integers(0, 2**53))
def test_a_task_survives_the_wire(payload, state, canary, moment):
    task = Task("a", "default", "order", payload, state, 5, canary, 2, "w/1", moment, moment, moment, payload, "e")
    assert wire.read_task(json.loads(json.dumps(wire.write_task(task)))) == task


@pytest.mark.parametrize("value", [None, [], {}, {"state": "lost"}, {"id": "a", "state": "pending"}], ids=str)
def test_an_answer_that_is_no_task_is_refused(value):
    with pytest.raises(InvalidRequestError, match="is this the URL"):
        wire.read_task(value)


def test_stats_have_the_agreed_names_and_null_where_nothing_is_known():
    stats = wire.write_stats(QueueFigures("default", "embedded", up=True, pending=2, running=1, submitted=3))
    assert stats == {
        "total": 3,
        "pending": 2,
        "running": 1,
        "completed": 0,
        "failed": 0,
        "success_rate": None,
        "queue": "default",
        "submitted": 3,
        "oldest_pending_at": None,
        "windows": {},
        "weighted_ratio": None,
        "durations": [],
        "waits": [],
        "canary_success": None,
        "canary_duration": None,
        "workers": None,
        "seen": [],
    }


def test_stats_carry_histograms_with_infinity_as_prometheus_writes_it():
    histogram = Histogram((("task", "order"),), ((0.5, 1), (math.inf, 2)), 9.5, 2)
    figures = QueueFigures(
        "default",
        "embedded",
        up=True,
        completed=3,
        failed=1,
        windows=(Window("1h", 3, 1),),
        durations=(histogram,),
    )
    stats = wire.write_stats(figures)
    assert stats["durations"] == [{"task": "order", "buckets": [[0.5, 1], ["+Inf", 2]], "sum": 9.5, "count": 2}]
    assert stats["success_rate"] == 0.75
    assert stats["windows"] == {"1h": {"completed": 3, "failed": 1}}
    json.dumps(stats, allow_nan=False)
