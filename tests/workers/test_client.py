import http.server
import json
import math
import threading
from contextlib import closing, contextmanager

import pytest

from medic.core.errors import MedicError, RefusedError
from tests.workers.queue.served import ServerProcess, client_of, served
from workers.client import QueueClient, QueueUnreachableError
from workers.queue.wire import InvalidRequestError, Submission


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with served(tmp_path_factory.mktemp("queue")) as address:
        yield address


@pytest.fixture
def client(url):
    with client_of(url) as opened:
        yield opened


@contextmanager
def answering(*answers):
    """Serve scripted answers, one a connection: (status, headers, body), or None to hang up without one."""
    left = list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self):
            answer = left.pop(0)
            self.close_connection = True
            if answer is None:
                return
            status, kind, body = answer
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: [server.handle_request() for _ in answers])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
        thread.join(10)
    finally:
        server.server_close()


STATS = (200, "application/json", json.dumps({"pending": 3}).encode())


def test_a_task_is_submitted_leased_extended_and_done(client):
    id_ = client.submit("round", {"n": 1})
    lease = client.lease("rpa/1", types=["round"])
    assert (lease.task.id, lease.task.payload, lease.seconds) == (id_, {"n": 1}, 60.0)
    client.extend(id_, "rpa/1")
    client.done(id_, "rpa/1", {"ok": True})
    client.done(id_, "rpa/1", {"ok": True})
    assert client.get(id_).result == {"ok": True}


def test_a_task_is_given_back_and_failed(client):
    id_ = client.submit("back", canary=True)
    client.lease("rpa/1", types=["back"])
    client.release(id_, "rpa/1")
    client.lease("rpa/2", types=["back"])
    client.fail(id_, "rpa/2", "broken")
    task = client.get(id_)
    assert (task.state, task.error, task.canary, task.deliveries) == ("failed", "broken", True, 1)


def test_many_tasks_keep_their_order_and_their_own_ids(client):
    ids = client.submit_many([Submission("many", 1), Submission("many", 2, id="mine")])
    assert ids[1] == "mine"
    assert [client.get(id_).payload for id_ in ids] == [1, 2]


def test_no_task_is_none(client):
    assert client.lease("rpa/1", types=["nothing-of-that"]) is None


def test_what_the_server_refuses_is_raised_with_its_reason(client):
    id_ = client.submit("refuse")
    with pytest.raises(RefusedError, match="holds no lease"):
        client.done(id_, "rpa/1", None)
    with pytest.raises(InvalidRequestError, match="never submitted"):
        client.get("nothing/of that")
    with pytest.raises(InvalidRequestError, match="1 to 120 characters"):
        client.submit("two words")


@pytest.mark.parametrize("result", [object(), math.nan, {1, 2}], ids=["object", "nan", "set"])
def test_what_is_no_json_is_refused_before_it_is_sent(client, result):
    with pytest.raises(InvalidRequestError, match="must be JSON"):
        client.done("x", "rpa/1", result)


def test_a_body_that_is_too_large_is_refused_with_its_limit(client):
    with pytest.raises(InvalidRequestError, match="larger than 1048576 bytes"):
        client.submit("large", "x" * 3_000_000)
    assert client.stats()["queue"] == "default"


@pytest.mark.parametrize("address", ["ftp://host", "http://", "host:port", "http://host:99999"])
def test_what_is_no_address_is_refused_with_an_example(address):
    with pytest.raises(MedicError, match="write one like http://127"):
        QueueClient(address)


def test_a_server_that_is_not_there_is_told_with_how_to_start_it():
    with pytest.raises(QueueUnreachableError, match="medic queue serve"):
        QueueClient("127.0.0.1:1", patience=0.0).stats()


def test_a_client_that_is_stopped_gives_up_though_it_is_patient():
    client = QueueClient("http://127.0.0.1:1", patience=math.inf, stopped=lambda: True)
    with pytest.raises(QueueUnreachableError):
        client.stats()


def test_a_lost_answer_is_asked_for_again():
    with answering(None, STATS) as url, client_of(url) as client:
        assert client.stats() == {"pending": 3}


def test_a_server_that_cannot_work_now_is_asked_again():
    with answering((503, "application/json", b'{"error": "disk full"}'), STATS) as url, client_of(url) as client:
        assert client.stats() == {"pending": 3}


def test_a_web_page_in_place_of_an_answer_is_not_repeated():
    with (
        answering((501, "text/html;charset=utf-8", b"<!DOCTYPE HTML>\n<p>no</p>")) as url,
        client_of(url, patience=0) as client,
        pytest.raises(QueueUnreachableError) as raised,
    ):
        client.stats()
    assert "a web page answers, not a queue server" in str(raised.value)
    assert "<" not in str(raised.value)


def test_a_server_that_stays_unable_is_told_with_its_reason():
    disk_full = (503, "application/json", b'{"error": "disk full"}')
    with (
        answering(disk_full) as url,
        client_of(url, patience=0) as client,
        pytest.raises(QueueUnreachableError, match="disk full"),
    ):
        client.stats()


@pytest.mark.parametrize(("status", "text"), [(404, "answered 404"), (200, "is this the URL")])
def test_a_server_of_another_kind_is_found_out(status, text):
    with (
        answering((status, "text/html", b"<html>")) as url,
        client_of(url) as client,
        pytest.raises(InvalidRequestError, match=text),
    ):
        client.get("x")


def test_the_token_is_sent(tmp_path):
    with served(tmp_path, host="0.0.0.0", token="secret") as address:
        local = address.replace("0.0.0.0", "127.0.0.1")
        with client_of(local, token="secret") as client, closing(client.twin(timeout=5, patience=0)) as twin:
            assert client.stats() == twin.stats()
        with client_of(local) as client, pytest.raises(InvalidRequestError, match="Bearer TOKEN"):
            client.stats()


def test_a_client_outlives_its_server(tmp_path):
    with ServerProcess(tmp_path) as server, client_of(server.url) as client:
        id_ = client.submit("order")
        server.end()
        server.start()
        assert client.get(id_).state == "pending"
        client.submit("order")
        assert client.stats()["submitted"] == 2
