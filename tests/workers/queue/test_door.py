import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest

from medic.core.errors import StoreError
from medic.core.queue import QueueTally
from tests.fakes import HandClock
from tests.workers.queue.served import served
from workers.queue.broker import Broker
from workers.queue.door import build
from workers.queue.spec import QueueSpec


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with served(tmp_path_factory.mktemp("queue"), max_body=10_000) as address:
        yield address


def ask(url, method, path, body=None, **headers):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    encoded = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    try:
        connection.request(method, path, encoded, headers)
        response = connection.getresponse()
        content = response.read()
        return response, json.loads(content) if response.headers.get_content_subtype() == "json" else content
    finally:
        connection.close()


def submit(url, type_="order", **fields):
    response, answer = ask(url, "POST", "/api/tasks", {"type": type_, **fields})
    assert response.status == 201
    return answer["id"]


def lease(url, type_, worker="rpa/1"):
    return ask(url, "POST", "/api/lease", {"worker": worker, "types": [type_]})


def test_a_task_goes_from_submission_to_completion(url):
    id_ = submit(url, "whole", payload={"n": 1})
    response, task = lease(url, "whole")
    assert (response.status, task["id"], task["payload"], task["lease"]) == (200, id_, {"n": 1}, 60.0)
    assert task["lease_until"] > task["started_at"]
    response, answer = ask(url, "POST", f"/api/tasks/{id_}/extend", {"worker": "rpa/1"})
    assert (response.status, answer["state"]) == (200, "running")
    response, answer = ask(url, "POST", f"/api/tasks/{id_}/done", {"worker": "rpa/1", "result": [1]})
    assert (response.status, answer) == (200, {"id": id_, "state": "completed", "lease_until": None})
    _, task = ask(url, "GET", f"/api/tasks/{id_}")
    assert (task["state"], task["result"], task["worker"]) == ("completed", [1], "rpa/1")


def test_a_failed_task_tells_why(url):
    id_ = submit(url, "sad")
    lease(url, "sad")
    response, _ = ask(url, "POST", f"/api/tasks/{id_}/fail", {"worker": "rpa/1", "error": "broken"})
    assert response.status == 200
    _, task = ask(url, "GET", f"/api/tasks/{id_}")
    assert (task["state"], task["error"]) == ("failed", "broken")


def test_many_tasks_are_submitted_at_once(url):
    response, answer = ask(url, "POST", "/api/tasks", [{"type": "bulk"}] * 3)
    assert response.status == 201
    assert len(set(answer["ids"])) == 3


def test_no_task_is_an_empty_answer(url):
    response, content = lease(url, "never-submitted")
    assert (response.status, content) == (204, b"")


def test_a_lease_of_somebody_else_is_a_conflict_that_names_him(url):
    id_ = submit(url, "taken")
    lease(url, "taken", "rpa/1")
    for what, body in (("extend", {}), ("done", {"result": 1}), ("fail", {"error": "x"}), ("release", {})):
        response, answer = ask(url, "POST", f"/api/tasks/{id_}/{what}", {"worker": "rpa/2", **body})
        assert response.status == 409
        assert "leased to rpa/1, not to rpa/2" in answer["error"]


def test_stats_answer_with_the_agreed_names(url):
    _, stats = ask(url, "GET", "/api/stats")
    assert set(stats) == {
        *("total", "pending", "running", "completed", "failed", "success_rate", "queue", "submitted"),
        *("oldest_pending_at", "windows", "weighted_ratio", "durations", "waits", "canary_success", "canary_duration"),
        *("workers", "seen"),
    }
    assert set(stats["windows"]) == {"1h", "24h"}


def test_health_and_readiness_answer(url):
    for path in ("/-/healthy", "/-/ready"):
        assert ask(url, "GET", path)[0].status == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("POST", "/api/tasks", b"{not json", 400, "not JSON"),
        ("POST", "/api/tasks", {"type": "a", "prio": 1}, 400, "unknown field"),
        ("POST", "/api/tasks", b"[" * 5000, 400, "JSON"),
        ("POST", "/api/tasks", b'{"type": "a", "payload": 1e999}', 400, "larger than any number"),
        ("POST", "/api/tasks", b'{"type": "a", "payload": ' + b"[" * 500 + b"]" * 500 + b"}", 400, "nested too deeply"),
        ("POST", "/api/tasks", b'"' + b"x" * 20_000 + b'"', 413, "larger than 10000 bytes"),
        ("POST", "/api/lease", {"worker": "a b"}, 400, "1 to 120 characters"),
        ("GET", "/api/tasks/none", None, 404, "never submitted"),
        ("GET", "/api/nothing", None, 404, "POST /api/lease"),
        ("DELETE", "/api/tasks/x", None, 405, "send GET"),
        ("PUT", "/api/tasks", None, 405, "send POST"),
    ],
)
def test_a_bad_request_is_answered_with_what_to_write(url, method, path, body, status, text):
    response, answer = ask(url, method, path, body)
    assert response.status == status
    assert text in answer["error"]


def test_who_hangs_up_in_the_middle_of_a_request_is_no_bug(url, caplog):
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as client:
        client.sendall(
            b"POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"
        )
        assert b"100 Continue" in client.recv(1000)  # so the request has begun
    assert ask(url, "GET", "/-/healthy")[0].status == 200
    assert "Error handling request" not in caplog.text


def test_a_web_page_cannot_use_the_queue(url):
    response, answer = ask(url, "POST", "/api/tasks", {"type": "order"}, Origin="http://evil.example")
    assert response.status == 403
    assert "Origin" in answer["error"]


def test_a_web_page_cannot_read_the_queue_under_a_name_of_its_own(url):
    response, answer = ask(url, "GET", "/api/stats", Host="evil.example:8091")
    assert response.status == 403
    assert "127.0.0.1" in answer["error"]
    assert ask(url, "GET", "/api/stats", Host="localhost:8091")[0].status == 200


def test_beyond_loopback_a_token_is_needed_but_for_health(tmp_path):
    with served(tmp_path, host="0.0.0.0", token="secret") as address:
        local = address.replace("0.0.0.0", "127.0.0.1")
        assert ask(local, "GET", "/-/healthy")[0].status == 200
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic secret"}):
            response, answer = ask(local, "GET", "/api/stats", **headers)
            assert response.status == 401
            assert "Bearer TOKEN" in answer["error"]
        assert ask(local, "GET", "/api/stats", Authorization="Bearer secret")[0].status == 200


class FullStore:
    """A store whose disk is full, as far as these tests ask it."""

    async def add(self, tasks):
        raise StoreError("the database cannot be used: disk full; free disk space")

    async def tally(self, queue):
        return QueueTally(0, 0, 0, 0, 0, None, (), (), (), ())


async def test_a_full_disk_is_answered_as_a_trouble_that_may_pass():
    from aiohttp.test_utils import TestClient, TestServer

    broker = Broker(QueueSpec("default"), FullStore(), HandClock())
    async with TestClient(TestServer(build(broker))) as client:
        response = await client.post("/api/tasks", json={"type": "order"})
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert "free disk space" in (await response.json())["error"]
