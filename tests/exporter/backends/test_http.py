import json
import math
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.http import StatsError, parse
from exporter.backends.source import BackendError
from exporter.backends.web import LARGEST
from exporter.collectors.queues import families
from medic.core.queue import Histogram, Latest, QueueFigures, Window
from medic.core.samples import labels
from tests.exporter.backends.asking import reader
from tests.exporter.probes.services import issue

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


def figures(record, backend="http", **fields):
    return parse(json.dumps(record).encode(), "default", backend, tuple(fields.items()))


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
    assert figures({"total": None}) == QueueFigures("default", "http", up=True)
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
        (
            {"durations": [{"buckets": [["+Inf", 3]], "latest": [{"le": "x", "id": "a", "seconds": 1, "at": 1}]}]},
            "latest",
        ),
        ({"durations": [{"buckets": [["+Inf", 3]], "latest": [3]}]}, "with le, id, seconds and at"),
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


@pytest.mark.parametrize(("page", "holds"), [({}, "nothing"), ({"jobs": {"pending": 3}, "at": 1}, "'at', 'jobs'")])
def test_a_page_without_a_single_figure_is_refused_and_paths_are_asked_for(page, holds):
    with pytest.raises(StatsError) as caught:
        figures(page)
    assert f"the answer holds {holds}, and none of completed, dead, " in str(caught.value)
    assert "say under fields: where it has which" in str(caught.value)


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
        self.server.asked.append((self.path, dict(self.headers)))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def server():
    with serving() as running:
        yield running


@contextmanager
def serving(wrap=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    if wrap is not None:
        server.socket = wrap(server.socket)
    server.asked, server.answer = [], (200, json.dumps(EMBEDDED).encode())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def url(server, path="/api/stats", *, user="", scheme="http"):
    return f"{scheme}://{user}127.0.0.1:{server.server_address[1]}{path}"


def ask(server, path="/api/stats", *, user="", **more):
    return reader("http", url(server, path, user=user), name="default", **more).read()


def test_a_real_page_is_read_over_http(server):
    assert ask(server, "/api/stats?queue=a") == figures(EMBEDDED)
    assert [path for path, _ in server.asked] == ["/api/stats?queue=a"]
    assert reader("embedded", url(server)).read().backend == "embedded"


def test_user_token_and_headers_are_sent(server):
    ask(server, user="me:p%40ss@", headers=(("X-Api-Key", "k"),))
    ask(server, token="abc")
    (_, first), (_, second) = server.asked
    assert (first["Authorization"], first["X-Api-Key"]) == ("Basic bWU6cEBzcw==", "k")
    assert second["Authorization"] == "Bearer abc"


@pytest.mark.parametrize(
    "answer", [(500, b"{}"), (404, b"{}"), (302, b"{}"), (200, b"nonsense"), (200, b"x" * LARGEST + b"y")]
)
def test_any_other_answer_names_the_address_and_what_is_wrong(server, answer):
    server.answer = answer
    with pytest.raises(BackendError, match=r"^http://127.0.0.1:\d+/api/stats: ") as caught:
        ask(server, "/api/stats?key=hunter2", user="me:hunter2@")
    assert "hunter2" not in str(caught.value)


def test_who_is_not_let_in_is_told_what_to_give(server):
    server.answer = (401, b"{}")
    with pytest.raises(BackendError, match="answered 401: give a user and a password that may read it, or a token"):
        ask(server)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:nine/", "http://127.0.0.1:99999/", "http://[::1/", "http://a b/", "http:///x"]
)
def test_an_address_that_is_none_is_an_error_of_its_queue(address):
    with pytest.raises(BackendError):
        reader("http", address).read()


def test_a_proxy_of_the_environment_is_not_used(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert ask(server).up


LEGACY = {
    "data": {"waiting": "12", "active": 3, "done.total": 900, "since": 1_700_000_000},
    "queues": [{"bad": 7}, {"bad": 8}],
    "oldest": "2026-01-31T12:00:00Z",
}


def test_a_page_with_words_of_its_own_is_read_by_paths():
    read_ = figures(
        LEGACY,
        pending="data.waiting",
        running="data.active",
        completed='data."done.total"',
        failed="queues.-1.bad",
        workers="queues.0.bad",
        oldest_pending_at="oldest",
    )
    assert (read_.pending, read_.running, read_.completed, read_.failed, read_.workers) == (12, 3, 900, 8, 7)
    assert read_.oldest_pending_at == 1_769_860_800_000
    assert read_.submitted is None


def test_with_paths_nothing_else_of_the_page_is_believed():
    read_ = figures({**EMBEDDED, "q": 4}, pending="q")
    assert read_ == QueueFigures("default", "http", up=True, pending=4)


def test_a_list_can_be_the_whole_page():
    assert figures([{"n": 3}], pending="0.n").pending == 3


@pytest.mark.parametrize("digits", ["", "-3", "3 ", "0x3", "1e3", "٣", "1_000", "9" * 40])
def test_text_that_is_no_plain_number_is_refused(digits):
    with pytest.raises(StatsError, match="pending must be a number"):
        figures({"pending": digits})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return issue(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure(certificate):
    with serving(lambda socket: certificate.context.wrap_socket(socket, server_side=True)) as running:
        yield running


@pytest.mark.needs("openssl")
def test_a_page_over_tls_is_read_when_its_authority_is_named(secure, certificate):
    address = url(secure, scheme="https").replace("127.0.0.1", "localhost")
    assert reader("http", address, ca_file=certificate.authority).read().up


@pytest.mark.needs("openssl")
def test_a_certificate_that_nobody_trusts_is_told(secure):
    with pytest.raises(BackendError, match=r"is not trusted .*ca_file"):
        reader("http", url(secure, scheme="https")).read()


@pytest.mark.needs("openssl")
def test_a_file_without_certificates_is_told(secure, tmp_path):
    (tmp_path / "none.pem").write_text("none")
    with pytest.raises(BackendError, match="no certificates can be read from"):
        reader("http", url(secure, scheme="https"), ca_file=tmp_path / "none.pem").read()


def test_the_last_task_of_a_bucket_is_read():
    latest = [{"le": 1, "id": "a", "seconds": 0.75, "at": 5}, {"le": "+Inf", "id": "b", "seconds": 9, "at": 6}]
    (histogram,) = figures({"durations": [{"task": "x", "buckets": [["+Inf", 3]], "latest": latest}]}).durations
    assert histogram.latest == (Latest(1.0, "a", 0.75, 5), Latest(math.inf, "b", 9.0, 6))
