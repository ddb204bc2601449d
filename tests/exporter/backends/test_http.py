import json
import math
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.http import LARGEST, StatsError, parse, read, reader
from exporter.collectors.queues import families
from medic.core.queue import Histogram, QueueFigures, Window
from medic.core.samples import labels

EMBEDDED = {
    "queue": "default",
    "total": 45,
    "pending": 3,
    "running": 2,
    "submitted": 40,
    "completed": 30,
    "failed": 5,
    "success_rate": 85.7,
    "oldest_pending_at": 1500,
    "windows": {"1h": {"completed": 9, "failed": 3}, "24h": {"completed": 0, "failed": 0}},
    "weighted_ratio": 0.8,
    "durations": [{"task": "order", "buckets": [[0.5, 1], [1, 2], ["+Inf", 3]], "sum": 4.5, "count": 3}],
    "waits": [{"buckets": [["+Inf", 0]], "sum": 0, "count": 0}],
    "canary_success": True,
    "canary_duration": 0.25,
}


def figures(record, backend="http"):
    return parse(json.dumps(record).encode(), "default", backend)


def test_the_embedded_queues_page_is_read_whole():
    assert figures(EMBEDDED, "embedded") == QueueFigures(
        queue="default",
        backend="embedded",
        up=True,
        pending=3,
        running=2,
        submitted=40,
        completed=30,
        failed=5,
        oldest_pending_at=1500,
        windows=(Window("1h", 9, 3), Window("24h", 0, 0)),
        weighted_ratio=0.8,
        durations=(Histogram(labels(task="order"), ((0.5, 1), (1.0, 2), (math.inf, 3)), 4.5, 3),),
        waits=(Histogram((), ((math.inf, 0),), 0.0, 0),),
        canary_success=True,
        canary_duration=0.25,
    )


def test_a_foreign_queues_six_fields_are_enough():
    read_ = figures({"total": 9, "pending": 1, "running": 0, "completed": 7, "failed": 1, "success_rate": 0.875})
    assert (read_.submitted, read_.pending, read_.completed, read_.failed) == (9, 1, 7, 1)
    assert read_.windows == ()


def test_missing_fields_and_null_are_unknown():
    assert figures({}) == QueueFigures("default", "http", up=True)
    assert figures({"pending": None, "windows": None, "durations": None, "canary_success": None}).pending is None


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"pending": "many"}, "pending must be a number, not 'many'"),
        ({"pending": -1}, "pending must be a whole number"),
        ({"pending": 1.5}, "pending must be a whole number"),
        ({"pending": True}, "pending must be a number"),
        ({"pending": 10**30}, "pending must be a number"),
        ({"weighted_ratio": []}, "weighted_ratio must be a number"),
        ({"canary_success": 1}, "canary_success must be true or false"),
        ({"windows": []}, None),
        ({"windows": [1]}, "windows must be a JSON object"),
        ({"windows": {"1h": 3}}, "windows['1h'] must be a JSON object"),
        ({"durations": {}}, "durations must be a JSON array"),
        ({"durations": [3]}, "an entry of durations must be a JSON object"),
        ({"durations": [{"buckets": [[1, 2, 3]]}]}, "is not a bucket"),
        ({"durations": [{"buckets": [["1", 2]]}]}, "is not a bucket"),
        ({"durations": [{"buckets": []}]}, "must rise and end with '+Inf'"),
        ({"durations": [{"buckets": [[2, 1], [1, 2], ["+Inf", 3]]}]}, "must rise"),
        ([], "the answer must be a JSON object"),
        (3, "the answer must be a JSON object"),
    ],
)
def test_nonsense_is_refused_and_the_field_is_named(record, said):
    if said is None:
        assert figures(record).windows == ()
        return
    with pytest.raises(StatsError) as caught:
        figures(record)
    assert said in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b'{"pending": NaN}', b"[" * 100_000, b'{"failed": 1e999}'])
def test_a_body_that_is_no_page_of_figures_is_refused(body):
    with pytest.raises(StatsError):
        parse(body, "default", "http")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(EMBEDDED)), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(EMBEDDED)), json_values))
def test_any_json_is_figures_or_a_stats_error(record):
    try:
        read_ = figures(record)
    except StatsError:
        return
    assert families(read_)


class Page(BaseHTTPRequestHandler):
    """Answers with what the server holds."""

    def do_GET(self):
        self.server.asked.append(self.path)
        answer = self.server.answer
        if callable(answer):
            answer()
            return
        status, body = answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.asked, server.answer = [], (200, json.dumps(EMBEDDED).encode())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def url(server, path="/api/stats"):
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


def ask(server, **more):
    return read(url(server, **more), "default", "http", timeout=5)


def test_a_real_page_is_read_over_http(server):
    assert ask(server, path="/api/stats?queue=a") == figures(EMBEDDED)
    assert server.asked == ["/api/stats?queue=a"]
    assert reader(url(server), "default", "embedded", timeout=5)().backend == "embedded"


@pytest.mark.parametrize(
    "answer", [(500, b"{}"), (404, b"{}"), (302, b"{}"), (200, b"nonsense"), (200, b"x" * LARGEST + b"y")]
)
def test_any_other_answer_names_the_address_and_what_is_wrong(server, answer):
    server.answer = answer
    with pytest.raises(StatsError, match=r"^http://127.0.0.1:\d+/api/stats: "):
        ask(server)


def test_a_server_that_does_not_answer_is_given_up(server):
    released = threading.Event()
    server.answer = lambda: released.wait(10)
    try:
        with pytest.raises(StatsError, match="does not answer"):
            read(url(server), "default", "http", timeout=0.1)
    finally:
        released.set()


def test_a_port_where_nobody_listens_says_so(server):
    address = url(server)
    server.server_close()
    with pytest.raises(StatsError, match="is the queue running"):
        read(address, "default", "http", timeout=5)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:nine/", "http://127.0.0.1:99999/", "http://[::1/", "http://a b/"]
)
def test_an_address_that_is_none_is_a_stats_error(address):
    with pytest.raises(StatsError):
        read(address, "default", "http", timeout=5)


def test_a_proxy_of_the_environment_is_not_used(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert ask(server).up
