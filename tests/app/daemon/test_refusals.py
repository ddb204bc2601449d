"""What Medic refuses to start on: it says so, with advice, ends with exit code 1, and changes nothing."""

import os
import shutil
import socket
import sqlite3
import subprocess
from contextlib import closing, contextmanager

import pytest

from medic.store.database import APPLICATION_ID
from tests.app.daemon.scene import QUIET, rows
from tests.harness import until

FILES = ("journal.db", "history.db")


def refused(medic):
    """Start it, and return what it says while it ends with exit code 1; nobody is left behind."""
    medic.start(ready=False)
    assert medic.died() == 1
    assert medic.workers() == []
    assert "Traceback" not in medic.output()
    return medic.output()


def test_a_second_medic_on_the_same_folder_is_refused_and_the_first_goes_on(medic):
    before = medic.start().slots()
    second = medic.command("run")
    assert second.returncode == 1
    assert f"`medic run` with pid {medic.process.pid} already runs on {medic.state}" in second.stderr
    assert "stop it first" in second.stderr
    assert "Traceback" not in second.stderr
    assert medic.slots() == before
    assert medic.get("/-/ready")
    assert medic.command("status").returncode == 0


def test_a_port_in_use_is_named_and_nobody_is_left_behind(medic):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        medic.config["listen"] = f"127.0.0.1:{port}"
        said = refused(medic)
    assert f"127.0.0.1:{port} is taken by another program" in said
    assert "`listen:`" in said


def test_a_queues_port_in_use_is_named_in_the_queue_servers_log(medic):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        medic.config["queues"] = [{"name": "default", "listen": f"127.0.0.1:{port}"}]
        medic.start(ready=False)
        log = medic.state / "log" / "workers" / "queue-server.1.log"
        until(lambda: log.exists() and f"cannot listen on 127.0.0.1:{port}" in log.read_text(), what="its complaint")
    assert "stop what listens there" in log.read_text()
    assert "Traceback" not in log.read_text()
    assert (medic.end(), medic.workers()) == (0, [])


@pytest.mark.parametrize("name", FILES)
def test_a_database_that_is_none_is_refused_and_left_as_it_is(medic, name):
    corrupt(medic, name)
    said = refused(medic)
    assert str(medic.state / name) in said
    assert f"mv {medic.state / name}" in said
    assert (medic.state / name).read_bytes() == NONSENSE


NONSENSE = b"this is no database" * 500


def corrupt(medic, name):
    medic.state.mkdir(parents=True)
    (medic.state / name).write_bytes(NONSENSE)


def corrupt_queue(medic):
    corrupt(medic, "queue.db")
    return NONSENSE


def newer_queue(medic):
    medic.state.mkdir(parents=True)
    with closing(sqlite3.connect(medic.state / "queue.db")) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    return make_newer(medic, "queue.db")


@pytest.mark.parametrize("name", FILES[:1])
def test_a_damaged_database_is_refused_and_left_as_it_is(medic, name):
    medic.start()
    assert medic.end() == 0
    path = medic.state / name
    damaged = path.read_bytes()[:4096] + os.urandom(len(path.read_bytes()) - 4096)
    path.write_bytes(damaged)
    assert str(path) in refused(medic)
    assert path.read_bytes() == damaged


@pytest.mark.parametrize("name", FILES[:1])
def test_a_database_of_a_newer_medic_is_refused_and_left_as_it_is(medic, name):
    medic.start()
    assert medic.end() == 0
    before = make_newer(medic, name)
    said = refused(medic)
    assert f"{medic.state / name} was written by a newer Medic (schema 99" in said
    assert "install that version" in said
    assert (medic.state / name).read_bytes() == before


def make_newer(medic, name):
    path = medic.state / name
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("spoil", "advice"), [(corrupt_queue, "mv {}"), (newer_queue, "{} was written by a newer Medic")]
)
def test_a_queue_file_that_cannot_be_used_is_refused_by_the_queue_server_and_left_as_it_is(medic, port, spoil, advice):
    medic.config["queues"] = [{"name": "default", "listen": f"127.0.0.1:{port}"}]
    before = spoil(medic)
    medic.start(ready=False)
    log = medic.state / "log" / "workers" / "queue-server.1.log"
    said = advice.format(medic.state / "queue.db")
    until(lambda: log.exists() and said in log.read_text(), what=said)
    assert "Traceback" not in log.read_text()
    assert (medic.end(), medic.workers()) == (0, [])
    assert (medic.state / "queue.db").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_refused_with_advice(medic):
    medic.folder.mkdir()
    medic.state.write_text("")
    assert "choose another with --state" in refused(medic)


def test_an_audit_that_somebody_wrote_into_is_refused_and_left_as_it_is(medic):
    medic.start()
    assert medic.end() == 0
    path = medic.state / "audit.jsonl"
    path.write_text("nothing happened\n")
    assert f"{path} does not end in a line of the audit; move it away" in refused(medic)
    assert path.read_text() == "nothing happened\n"


@contextmanager
def small_disk(folder):
    """Mount a disk of a megabyte, where we may."""
    folder.mkdir(parents=True)
    mount = shutil.which("mount")
    size = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if mount is None or subprocess.run([mount, *size], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root in a namespace of its own")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_on_a_full_disk_nothing_is_acknowledged_and_all_goes_on_once_it_has_room(medic):
    with small_disk(medic.state):
        medic.config["jobs"] = QUIET
        medic.start()
        filler = fill(medic.state / "filler")
        alerts = {"version": "4", "alerts": [_alert(number) for number in range(100)]}
        assert medic.metric("medic_journal_failures_total") == 0
        assert until(lambda: medic.post("/api/v1/webhook/alertmanager", alerts)[0] != 202)
        assert until(lambda: medic.metric("medic_journal_failures_total"))
        assert "journal cannot be written" in medic.output()
        assert medic.get("/-/healthy")
        assert len(medic.workers()) == 2
        filler.unlink()
        assert until(lambda: medic.post("/api/v1/webhook/alertmanager", alerts)[0] == 202)
        assert medic.end() == 0
        assert rows(medic, "PRAGMA integrity_check") == [("ok",)]
        medic.sweep()


def fill(path):
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 512)
        except OSError:
            return path


def _alert(number):
    labels = {"alertname": "Nobody", "number": str(number), "padding": "x" * 4000}
    return {"status": "firing", "labels": labels, "annotations": {}, "startsAt": "2026-01-01T00:00:00Z"}
