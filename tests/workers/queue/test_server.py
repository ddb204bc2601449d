import signal
import socket
import threading
from datetime import timedelta
from functools import partial

import pytest

from medic.core.errors import MedicError, RefusedError
from tests.harness import until
from tests.workers.queue.served import ServerProcess, client_of, served
from workers.client import QueueUnreachableError
from workers.queue.wire import Submission


def test_a_port_in_use_is_refused_with_what_to_do(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with (
            pytest.raises(MedicError, match=r"cannot listen on .*write another address"),
            served(tmp_path, port=other.getsockname()[1]),
        ):
            pass


def test_listening_beyond_loopback_without_a_token_is_refused(tmp_path):
    with pytest.raises(MedicError, match="a token is needed"), served(tmp_path, host="0.0.0.0"):
        pass


def test_four_workers_lease_five_hundred_tasks_each_exactly_once(tmp_path):
    with served(tmp_path) as url:
        taken = [[] for _ in range(4)]
        with client_of(url) as client:
            wanted = client.submit_many([Submission("order", {"n": number}) for number in range(500)])
        threads = [threading.Thread(target=work, args=(url, f"w/{n}", taken[n])) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(id_ for each in taken for id_ in each) == sorted(wanted)
        with client_of(url) as client:
            stats = client.stats()
        assert (stats["completed"], stats["pending"], stats["running"], stats["failed"]) == (500, 0, 0, 0)


def work(url, worker, taken):
    with client_of(url) as client:
        while (lease := client.lease(worker)) is not None:
            client.done(lease.task.id, worker, lease.task.payload)
            taken.append(lease.task.id)


@pytest.mark.parametrize("failpoint", ["queue.submit.before:5", "queue.submit.after:5"])
def test_a_server_killed_while_it_writes_loses_and_doubles_no_task(tmp_path, failpoint):
    with ServerProcess(tmp_path, MEDIC_FAILPOINT=failpoint) as server:
        with client_of(server.url, patience=0.0) as client:
            acknowledged = [client.submit("order", number) for number in range(4)]
        with client_of(server.url, patience=20.0) as client:
            fifth = threading.Thread(target=lambda: acknowledged.append(client.submit("order", 4)))
            fifth.start()
            assert server.process.wait(10) == -signal.SIGKILL
            server.process.stdout.close()
            server.start()
            fifth.join(20)
            assert {client.get(id_).state for id_ in acknowledged} == {"pending"}
            assert (len(acknowledged), client.stats()["submitted"]) == (5, 5)


def test_a_server_killed_at_a_random_instant_loses_no_acknowledged_task(tmp_path):
    with ServerProcess(tmp_path) as server:
        acknowledged, enough = [], threading.Event()

        def submit():
            with client_of(server.url, patience=0.0) as client:
                try:
                    while True:
                        acknowledged.append(client.submit("order", len(acknowledged)))
                        if len(acknowledged) == 50:
                            enough.set()
                except QueueUnreachableError:
                    return

        threads = [threading.Thread(target=submit) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert enough.wait(20)
        server.end(signal.SIGKILL)
        for thread in threads:
            thread.join(10)
        server.start()
        with client_of(server.url) as client:
            assert {client.get(id_).state for id_ in acknowledged} == {"pending"}
            assert client.stats()["submitted"] >= len(acknowledged)


def test_a_lease_and_the_counts_survive_the_servers_restart(tmp_path):
    with ServerProcess(tmp_path) as server, client_of(server.url) as client:
        first, second = client.submit("order"), client.submit("order")
        client.lease("rpa/1")
        client.done(first, "rpa/1", 1)
        client.lease("rpa/1")
        assert server.end() == 0
        server.start()
        client.done(second, "rpa/1", 2)
        assert (client.stats()["completed"], client.stats()["durations"][0]["count"]) == (2, 2)


def test_a_lease_runs_out_by_itself(tmp_path):
    with served(tmp_path, lease=timedelta(seconds=0.3)) as url, client_of(url) as client:
        id_ = client.submit("order")
        client.lease("rpa/1")
        lease = client.lease("rpa/2", wait=20)
        assert (lease.task.id, lease.task.deliveries, lease.seconds) == (id_, 2, 0.3)
        with pytest.raises(RefusedError, match="leased to rpa/2"):
            client.done(id_, "rpa/1", None)


def test_a_server_that_is_told_to_end_sends_waiting_workers_home(tmp_path):
    with ServerProcess(tmp_path) as server, client_of(server.url) as client, client_of(server.url) as other:
        id_ = client.submit("order")
        client.lease("rpa/1")
        answers = []
        request = partial(client.lease, "rpa/1", wait=25, types=["none"], restarted=True)
        waiting = threading.Thread(target=lambda: answers.append(request()))
        waiting.start()
        until(lambda: other.get(id_).state == "pending", what="the request to be at work")
        assert server.end() == 0
        waiting.join(10)
        assert answers == [None]


def test_a_worker_that_hangs_up_while_it_waits_is_given_nothing(tmp_path):
    with served(tmp_path) as url, client_of(url) as client:
        held = client.submit("held")
        client.lease("rpa/1")
        body = b'{"worker": "rpa/1", "wait": 25, "types": ["order"], "restarted": true}'
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as worker:
            worker.sendall(
                b"POST /api/lease HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            until(lambda: client.get(held).state == "pending", what="the request to be at work")
        id_ = client.submit("order")
        lease = client.lease("rpa/2", wait=10, types=["order"])
        assert (lease.task.id, lease.task.deliveries) == (id_, 1)


def test_the_server_tells_its_supervisor_that_it_is_ready_and_alive(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(10)
        with ServerProcess(tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify")) as server:
            assert supervisor.recv(100) == b"READY=1"
            assert supervisor.recv(100) == b"WATCHDOG=1"
            server.end()
