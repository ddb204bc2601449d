import contextlib
import json
import os
import socket
import threading

import pytest

from medic.app.adapters import Letterbox
from medic.app.api import Daemon, connect
from medic.app.state import Holder, State, sign
from medic.core.errors import MedicError, NotRunningError, RefusedError
from medic.core.locks import try_lock


@contextlib.contextmanager
def peer(answer):
    """Listen on a port, give the first caller *answer*, and hang up; yields its URL and what it was sent."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                heard.append(_request(connection))
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        thread.join(10)


def _request(connection):
    """Read a request to its end, so that hanging up is no reset."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += connection.recv(65536)
    head, _, body = text.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    while len(body) < sum(lengths):
        body += connection.recv(65536)
    return head.decode(), body


def http(status, body):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def test_an_order_carries_the_token_the_body_and_who_gave_it(monkeypatch):
    monkeypatch.setenv("LOGNAME", "erika")
    with peer(http(200, {"a": 1})) as (url, heard):
        assert Daemon(url, "secret").post("/api/v1/pause", {"why": "x"}) == {"a": 1}
    ((head, body),) = heard
    assert head.startswith("POST /api/v1/pause HTTP/1.1")
    assert "Authorization: Bearer secret" in head
    assert "X-Medic-User: erika" in head
    assert json.loads(body) == {"why": "x"}


def test_a_question_is_escaped_and_carries_no_body():
    with peer(http(200, [])) as (url, heard):
        assert Daemon(url, "").get("/api/v1/explain", of="pool:a b&c") == []
    ((head, body),) = heard
    assert head.startswith("GET /api/v1/explain?of=pool%3Aa+b%26c HTTP/1.1")
    assert "Authorization" not in head
    assert body == b""


def test_an_empty_answer_is_none():
    with peer(http(200, b"")) as (url, _):
        assert Daemon(url, "").post("/x") is None


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (http(409, {"error": "paused until noon"}), RefusedError, "paused until noon"),
        (http(400, {"error": "no such target"}), MedicError, "no such target"),
        (http(500, {"other": 1}), MedicError, "HTTP status 500"),
        (http(200, b"<html>"), MedicError, "its answer is no JSON"),
        (b"SSH-2.0-OpenSSH\r\n", MedicError, "does not answer"),
        (b"", NotRunningError, "no daemon answers"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", MedicError, "does not answer"),
    ],
)
def test_whatever_is_answered_the_error_says_what(answer, error, words):
    with peer(answer) as (url, _), pytest.raises(error, match=words):
        Daemon(url, "").post("/x")


def test_a_daemon_that_hangs_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(MedicError, match="timed out"):
            Daemon(url, "").post("/x", timeout=0.05)


def test_nobody_is_connected_to_without_a_signed_lock(tmp_path):
    with pytest.raises(NotRunningError, match="start it with `medic run`"):
        connect(State(tmp_path))


def signed(folder, pid):
    state = State(folder)
    lock = try_lock(state.lock)
    sign(lock, Holder(pid, "run", "http://127.0.0.1:9"))
    lock.close()
    return state


def test_a_dead_daemons_address_is_not_given_the_token(tmp_path):
    state = signed(tmp_path, 2**22 + 1)  # above the kernel's largest pid
    state.token_file.write_text("secret\n")
    with pytest.raises(NotRunningError):
        connect(state)


def test_a_living_daemon_is_known_by_its_address_and_token(tmp_path):
    state = signed(tmp_path, os.getpid())
    assert connect(state) == Daemon("http://127.0.0.1:9", "")
    state.token_file.write_text("secret\n")
    assert connect(state) == Daemon("http://127.0.0.1:9", "secret")


@pytest.mark.parametrize("holder", [Daemon("http://h", "hunter2"), Letterbox("http://h", "hunter2")])
def test_the_token_does_not_stand_in_what_is_written_of_its_holder(holder):
    assert "http://h" in repr(holder)
    assert "hunter2" not in repr(holder)
