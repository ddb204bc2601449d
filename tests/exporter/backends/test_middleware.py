import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.middleware import read
from exporter.backends.source import BackendError
from medic.core.samples import labels
from tests.exporter.backends.asking import reader
from tests.exporter.backends.test_dramatiq import application
from tests.harness import reserved_port, until

PAGE = b"""\
# TYPE dramatiq_messages_total counter
dramatiq_messages_total{actor_name="add",queue_name="mail"} 7.0
dramatiq_messages_total{actor_name="fail",queue_name="mail"} 5.0
dramatiq_messages_total{actor_name="add",queue_name="other"} 99.0
# TYPE dramatiq_message_errors_total counter
dramatiq_message_errors_total{actor_name="fail",queue_name="mail"} 4.0
# TYPE dramatiq_message_rejects_total counter
dramatiq_message_rejects_total{actor_name="fail",queue_name="mail"} 2.0
# TYPE dramatiq_message_duration_milliseconds histogram
dramatiq_message_duration_milliseconds_bucket{actor_name="add",le="5.0",queue_name="mail"} 3.0
dramatiq_message_duration_milliseconds_bucket{actor_name="add",le="+Inf",queue_name="mail"} 7.0
dramatiq_message_duration_milliseconds_count{actor_name="add",queue_name="mail"} 7.0
dramatiq_message_duration_milliseconds_sum{actor_name="add",queue_name="mail"} 1500.0
"""


def test_tries_that_failed_and_messages_that_died_are_told_apart():
    found = read(PAGE, "mail")
    assert (found.completed, found.failed) == (8, 2)


def test_durations_are_in_seconds():
    (found,) = read(PAGE, "mail").durations
    assert (found.labels, found.buckets) == (labels(task="add"), ((0.005, 3), (math.inf, 7)))
    assert (found.sum, found.count) == (1.5, 7)


def test_of_a_queue_without_a_word_nothing_has_ended_yet():
    assert read(PAGE, "none") == read(b"", "mail") == (0, 0, ())


def test_actors_beyond_the_bound_are_one():
    line = b'dramatiq_message_duration_milliseconds_%s{actor_name="a%d",queue_name="mail"%s} 1\n'
    kind = b"# TYPE dramatiq_message_duration_milliseconds histogram\n"
    lines = [line % (b"bucket", number, b',le="+Inf"') for number in range(60)]
    lines += [line % (part, number, b"") for number in range(60) for part in (b"count", b"sum")]
    found = {each.labels: each.count for each in read(kind + b"".join(lines), "mail").durations}
    assert (len(found), found[labels(task="other")]) == (51, 10)


@pytest.mark.parametrize("page", [b"<html>", b"\xff", b'{"a": 1}'])
def test_what_is_no_page_of_metrics_is_told(page):
    with pytest.raises(BackendError, match="is no page of metrics"):
        read(page, "mail")


@given(st.binary(max_size=60) | st.sampled_from([PAGE[:length] for length in range(0, len(PAGE), 7)]))
def test_any_page_is_outcomes_or_an_error(page):
    try:
        assert read(page, "mail").completed >= 0
    except BackendError:
        return


@pytest.mark.needs("redis")
def test_real_workers_with_the_middleware_tell_how_their_messages_ended(redis, tmp_path):
    with application(redis.url, tmp_path) as app, reserved_port() as port:
        page = f"http://127.0.0.1:{port}/metrics"
        asked = reader("dramatiq", redis.url, queue=app.name, metrics=page)
        found = asked.read()
        assert (found.up, found.completed, found.failed) == (True, None, None)
        for number in range(3):
            app.send("add", 1, number)
        app.send("fail_twice")
        env = {"dramatiq_prom_host": "127.0.0.1", "dramatiq_prom_port": str(port), "dramatiq_prom_db": str(tmp_path)}
        with app.workers(**env, DRAMATIQ_PROMETHEUS="yes"):
            found = until(lambda: (seen := asked.read()).completed == 3 and seen.failed == 1 and seen, what="all ended")
        counts = {dict(each.labels)["task"]: each.count for each in found.durations}
        assert counts == {"add": 3, "fail_twice": 2}
