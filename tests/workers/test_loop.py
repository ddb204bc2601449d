import os
import signal
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from medic.core.errors import MedicError
from medic.core.queue import Task, TaskState
from tests.harness import until
from tests.workers.queue.served import ROOT, ServerProcess, client_of, served
from workers.client import QueueClient
from workers.loop import perform, run_worker, worker_name
from workers.tasks.context import TaskContext

TASKS = """
import os, signal, sys, threading

def gate(payload, context):
    "Blocks inside of the kernel until the test opens the other end."
    with open(payload, "rb") as end:
        return end.read().decode()

def boom(payload, context):
    raise ValueError("it went wrong")

def die(payload, context):
    os.kill(os.getpid(), signal.SIGKILL)

def leave(payload, context):
    sys.exit(3)

def strange(payload, context):
    return object()

def fork(payload, context):
    ready, go = os.pipe()
    child = os.fork()
    if not child:
        os.write(go, b"x")
        while True:
            signal.pause()
    os.read(ready, 1)
    os.kill(child, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def address(payload, context):
    return os.environ.get("NOTIFY_SOCKET")

TASKS = {f.__name__: f for f in (gate, boom, die, leave, strange, fork, address)}
"""

SCRIPT = """
import sys
from pathlib import Path
from workers.client import QueueClient
from workers.loop import run_worker
from workers.registry import load

url, tasks, grace, limit = sys.argv[1:]
sys.exit(run_worker(QueueClient(url), load([Path(tasks)]), grace=float(grace), limit=float(limit)))
"""


class Workers:
    """Starts real worker processes, and ends with them."""

    def __init__(self, folder):
        self._file = folder / "tasks.py"
        self._file.write_text(TASKS)
        self._processes = []

    def start(self, url, slot=1, *, grace=8.0, limit=60.0, **environment):
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, url, self._file, str(grace), str(limit)],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT), "MEDIC_POOL": "rpa", "MEDIC_SLOT": str(slot), **environment},
        )
        self._processes.append(process)
        return process

    def end(self):
        for process in self._processes:
            process.kill()
            process.wait(10)


@pytest.fixture
def workers(tmp_path):
    opened = Workers(tmp_path)
    yield opened
    opened.end()


@pytest.fixture
def client(tmp_path):
    with served(tmp_path) as url, client_of(url) as opened:
        yield opened


@pytest.fixture
def gate(tmp_path):
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


def ended(client, id_):
    return until(lambda: (task := client.get(id_)).state in {"completed", "failed"} and task, timeout=20)


def running(client, id_):
    return until(lambda: (task := client.get(id_)).state == "running" and task, timeout=20)


def test_a_worker_does_its_tasks_and_lives_on_whatever_they_do(client, workers):
    worker = workers.start(client.url)
    ids = {name: client.submit(name) for name in ("boom", "leave", "strange", "unheard-of", "health_check")}
    tasks = {name: ended(client, id_) for name, id_ in ids.items()}
    assert tasks["boom"].error.endswith("ValueError: it went wrong\n")
    assert "tasks.py" in tasks["boom"].error
    assert "SystemExit: 3" in tasks["leave"].error
    assert "the result cannot be kept" in tasks["strange"].error
    assert "unknown task type 'unheard-of': this worker knows address, benchmark_test" in tasks["unheard-of"].error
    assert tasks["health_check"].result["worker_id"] == "rpa/1"
    assert {task.worker for task in tasks.values()} == {"rpa/1"}
    assert worker.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_ends_well_when_told_to(client, workers, number):
    worker = workers.start(client.url)
    ended(client, client.submit("health_check"))
    worker.send_signal(number)
    assert worker.wait(10) == 0


def test_a_worker_told_to_end_finishes_its_task(client, workers, gate):
    worker = workers.start(client.url)
    id_ = client.submit("gate", str(gate))
    with gate.open("wb") as end:
        worker.send_signal(signal.SIGTERM)
        end.write(b"finished")
    assert worker.wait(10) == 0
    assert client.get(id_).result == "finished"


def test_a_worker_told_to_end_gives_back_a_task_that_does_not_end_in_time(client, workers, gate):
    worker = workers.start(client.url, grace=0.2)
    id_ = client.submit("gate", str(gate))
    with gate.open("wb"):
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
    task = client.get(id_)
    assert (task.state, task.deliveries) == ("pending", 0)


def test_a_task_that_runs_for_too_long_is_failed_and_its_worker_ends(client, workers, gate):
    worker = workers.start(client.url, limit=0.3)
    id_ = client.submit("gate", str(gate))
    with gate.open("wb"):
        assert worker.wait(10) == 1
    task = client.get(id_)
    assert (task.state, task.deliveries) == ("failed", 1)
    assert "ran for longer than 0.3 s" in task.error


def test_a_lease_is_extended_while_its_task_runs(tmp_path, workers, gate):
    with served(tmp_path, lease=timedelta(seconds=0.6)) as url, client_of(url) as client:
        workers.start(url)
        id_ = client.submit("gate", str(gate))
        with gate.open("wb"):
            first = running(client, id_).lease_until
            until(lambda: client.get(id_).lease_until > first + 1000, timeout=20)
        task = ended(client, id_)
        assert (task.state, task.deliveries) == ("completed", 1)


def test_a_worker_that_was_frozen_beyond_its_lease_is_refused_and_lives_on(tmp_path, workers, gate):
    with served(tmp_path, lease=timedelta(seconds=0.5)) as url, client_of(url) as client:
        worker = workers.start(url)
        id_ = client.submit("gate", str(gate))
        with gate.open("wb") as end:
            worker.send_signal(signal.SIGSTOP)
            lease = client.lease("another", wait=20)
            client.done(lease.task.id, "another", "mine")
            end.write(b"too late")
            worker.send_signal(signal.SIGCONT)
        assert ended(client, client.submit("health_check")).worker == "rpa/1"
        task = client.get(id_)
        assert (task.worker, task.result, task.deliveries) == ("another", "mine", 2)


def test_a_task_that_kills_its_workers_is_failed_after_the_third(client, workers):
    id_ = client.submit("die")
    for _ in range(3):
        assert workers.start(client.url).wait(20) == -signal.SIGKILL
    workers.start(client.url)
    task = ended(client, id_)
    assert (task.state, task.deliveries) == ("failed", 3)
    assert "3 workers died" in task.error
    assert client.get(client.submit("health_check")).state != "failed"


def test_workers_of_other_slots_wait_for_the_lease_of_a_dead_one_to_run_out(tmp_path, workers, gate):
    with served(tmp_path, lease=timedelta(seconds=0.5)) as url, client_of(url) as client:
        first = workers.start(url, slot=1)
        id_ = client.submit("gate", str(gate))
        with gate.open("wb"):
            first.kill()
            first.wait(10)
        workers.start(url, slot=2)
        with gate.open("wb") as end:
            assert running(client, id_).worker == "rpa/2"
            end.write(b"second")
        assert ended(client, id_).result == "second"


def test_a_worker_outlives_a_queue_server_that_is_killed(tmp_path, workers, gate):
    with ServerProcess(tmp_path) as server, client_of(server.url, patience=20.0) as client:
        worker = workers.start(server.url)
        id_ = client.submit("gate", str(gate))
        with gate.open("wb") as end:
            server.end(signal.SIGKILL)
            end.write(b"meanwhile")
        server.start()
        assert ended(client, id_).result == "meanwhile"
        assert ended(client, client.submit("health_check")).state == "completed"
        assert worker.poll() is None


def test_a_worker_without_a_queue_server_ends_when_told_to(tmp_path, workers):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(20)
        worker = workers.start("http://127.0.0.1:1", NOTIFY_SOCKET=str(tmp_path / "notify"))
        while supervisor.recv(100) != b"READY=1":
            pass
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0


def test_a_worker_tells_its_supervisor_that_it_is_ready_and_alive(tmp_path, client, workers):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(20)
        workers.start(client.url, NOTIFY_SOCKET=str(tmp_path / "notify"))
        heard = {supervisor.recv(100) for _ in range(3)}
        assert heard == {b"READY=1", b"WATCHDOG=1"}
        assert ended(client, client.submit("address")).result is None


def test_a_process_that_a_task_forks_ends_at_a_signal_and_its_worker_does_not(client, workers):
    worker = workers.start(client.url)
    assert ended(client, client.submit("fork")).result == -signal.SIGTERM
    assert worker.poll() is None


def test_a_server_that_refuses_the_worker_ends_it_with_the_reason(tmp_path):
    with served(tmp_path, host="0.0.0.0", token="secret") as url:
        client = QueueClient(url.replace("0.0.0.0", "127.0.0.1"))
        before = signal.getsignal(signal.SIGTERM)
        with pytest.raises(MedicError, match="Bearer TOKEN"):
            run_worker(client, {})
        assert signal.getsignal(signal.SIGTERM) is before


def test_a_worker_is_named_by_its_slot_or_else_by_its_process(monkeypatch):
    monkeypatch.setenv("MEDIC_POOL", "rpa")
    monkeypatch.setenv("MEDIC_SLOT", "2")
    assert worker_name() == "rpa/2"
    monkeypatch.delenv("MEDIC_SLOT")
    assert worker_name().endswith(f"/{os.getpid()}")


def test_an_error_that_was_raised_on_purpose_is_told_without_its_traceback():
    def refuse(_payload, _context):
        raise MedicError("write a number")

    task = Task("t", "default", "x", None, TaskState.RUNNING, 0)
    assert perform({"x": refuse}, TaskContext(task, "w", 0.0, lambda: False)).error == "write a number"
