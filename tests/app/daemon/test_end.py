"""How the daemon ends, and what the next one finds."""

import shutil
import signal
import sqlite3
import time
from contextlib import closing
from textwrap import dedent

import pytest

from tests.app.daemon.scene import QUIET, SLEEPER, await_whole, check_journal, is_whole, rows
from tests.harness import alive, until

SOON = 5.0
"""Seconds within which Medic ends when nothing drains."""


def end(medic, number):
    """End it with a signal, and return its exit code and how long that took."""
    began = time.monotonic()
    return medic.end(number), time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_asked_to_end_it_stops_its_workers_and_ends_soon(medic, number):
    medic.start()
    assert is_whole(medic)
    code, seconds = end(medic, number)
    assert code == 0
    assert medic.workers() == []
    assert seconds < SOON
    assert "Traceback" not in medic.output()
    assert check_journal(medic) == 0


def test_the_queue_server_is_stopped_too_and_open_pages_do_not_hold_the_end_up(medic, port):
    medic.config["queues"] = [{"name": "default", "listen": f"127.0.0.1:{port}"}]
    medic.start()
    assert len(medic.slots("queue-server")) == 1
    with medic.listening() as events:
        assert next(events)
        code, seconds = end(medic, signal.SIGTERM)
    assert (code, medic.workers()) == (0, [])
    assert seconds < SOON


def test_a_worker_that_ignores_the_request_is_killed_after_its_time(medic):
    stubborn = ["sh", "-c", 'trap "" TERM; echo deaf; while :; do sleep 1000; done']
    medic.config["workers"] = [{"pool": "pair", "command": stubborn, "count": 2, "stop_timeout": "200ms"}]
    medic.start()
    log = medic.state / "log" / "workers"
    until(lambda: all("deaf" in (log / f"pair.{slot}.log").read_text() for slot in (1, 2)), what="deaf workers")
    code, seconds = end(medic, signal.SIGTERM)
    assert (code, medic.workers()) == (0, [])
    assert seconds < SOON


@pytest.mark.parametrize("number", [signal.SIGUSR2, signal.SIGKILL], ids=["USR2", "KILL"])
def test_told_to_keep_them_or_killed_it_leaves_workers_that_the_next_one_adopts(medic, number):
    before = medic.start().slots()
    assert medic.end(number) == (0 if number == signal.SIGUSR2 else -signal.SIGKILL)
    assert medic.slots() == before
    medic.start()
    assert medic.slots() == before
    workers = [worker for pool in medic.json("/api/v1/workers")["pools"] for worker in pool["workers"]]
    assert [worker["adopted"] for worker in workers] == [True, True]
    assert medic.end() == 0
    assert medic.slots() == {}


def test_a_pool_that_is_to_be_kept_outlives_medic_and_the_others_do_not(medic):
    kept = {"pool": "kept", "command": SLEEPER, "on_exit": "keep"}
    medic.config["workers"] = [*medic.config["workers"], kept]
    before = medic.start().slots("kept")
    assert medic.end() == 0
    assert medic.slots() == before
    medic.start()
    assert medic.slots("kept") == before
    assert is_whole(medic)


@pytest.mark.parametrize("stage", ["pair/1 ", "pair/30 ", "zebra/5 "])
def test_asked_to_end_while_it_starts_its_pools_it_leaves_nobody(medic, stage):
    pool = {"pool": "pair", "command": SLEEPER, "count": 60}
    medic.config["workers"] = [pool, {"pool": "zebra", "command": SLEEPER, "count": 20}]
    medic.start(ready=False)
    until(lambda: f"worker={stage}" in medic.output() or not medic.runs, what=stage)
    code, seconds = end(medic, signal.SIGTERM)
    assert code == 0
    assert medic.workers() == []
    assert seconds < SOON
    assert "Traceback" not in medic.output()


def test_asked_to_end_before_it_starts_anything_it_starts_nothing(medic):
    medic.start(ready=False)
    until((medic.state / "journal.db").exists, what="the journal")
    assert (medic.end(), medic.workers()) == (0, [])
    assert "Traceback" not in medic.output()


def test_an_end_while_it_comes_up_stops_adopted_workers_too(medic):
    medic.start()
    medic.kill()
    medic.start(ready=False)
    until(lambda: "worker adopted" in medic.output() or medic.process.poll() is not None, what="adoption")
    assert medic.end() == 0
    assert medic.workers() == []


def test_a_job_that_runs_at_the_end_is_ended_and_noted_as_interrupted(medic):
    medic.config["jobs"] = [*QUIET, {"name": "long", "every": "1s", "run": SLEEPER}]
    medic.start()
    running = until(lambda: rows(medic, "SELECT due_ms FROM dues WHERE state = 'running'"), what="a running job")
    code, seconds = end(medic, signal.SIGTERM)
    assert code == 0
    assert seconds < SOON
    assert rows(medic, "SELECT state FROM dues") == [("interrupted",)] * len(running)
    assert list(medic.family()) == []


def test_a_job_of_another_package_that_ignores_its_end_does_not_hold_up_that_of_medic(medic):
    install_job(
        medic,
        """
        import asyncio
        from pathlib import Path

        async def run(context):
            Path(__file__).with_name("began").touch()
            while True:
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    pass
        """,
    )
    medic.config["jobs"] = [*QUIET, {"name": "deaf", "every": "1s"}]
    medic.start()
    until((medic.folder / "packages" / "began").exists, what="the job has begun")
    code, seconds = end(medic, signal.SIGTERM)
    assert code == 0
    assert seconds < SOON
    assert "work that ignores its cancellation was abandoned" in medic.output()
    assert rows(medic, "SELECT state FROM dues") == [("interrupted",)]
    assert medic.workers() == []


def install_job(medic, code):
    """Give Medic another package whose entry point is the job ``deaf``."""
    folder = medic.folder / "packages"
    about = folder / "deaf-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "deaf.py").write_text(dedent(code))
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: deaf\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[medic.jobs]\ndeaf = deaf:run\n")
    medic.env["PYTHONPATH"] = str(folder)


def test_the_job_of_a_killed_medic_is_ended_and_not_repeated(medic):
    medic.config["jobs"] = [*QUIET, {"name": "long", "every": "365d", "run": SLEEPER}]
    medic.start()
    until(lambda: medic.post("/api/v1/jobs/long/run", {"dry_run": True})[0] == 200, what="the scheduler has begun")
    medic.post_later("/api/v1/jobs/long/run")
    children = medic.state / "log" / "runs" / ".running"
    until(lambda: list(children.glob("*.json")), what="the job's process is noted")
    (left,) = [pid for pid, environment in medic.family() if environment.get("MEDIC_JOB") == "long"]
    medic.kill()
    assert alive(left)
    medic.start()
    until(lambda: not alive(left), what="the leftover is ended")
    until(lambda: rows(medic, "SELECT state FROM dues WHERE job = 'long'") == [("interrupted",)])


def test_what_was_measured_is_kept_at_the_end_and_forgotten_after_ninety_days(medic):
    medic.start()
    until(lambda: 'medic_worker_processes{pool="pair"} 2' in medic.get("/metrics"), what="a tick with both workers")
    assert medic.end() == 0
    kept = "SELECT count(*) FROM rollups JOIN series ON id = series WHERE name = 'medic_worker_processes'"
    assert rows(medic, kept, "history.db") == [(1,)]
    age(medic)
    medic.start()
    until(lambda: rows(medic, kept, "history.db") == [(0,)], what="what is older is forgotten")


def age(medic):
    """Let all that was measured be of ninety-one days ago."""
    with closing(sqlite3.connect(medic.state / "history.db")) as connection, connection:
        connection.execute("UPDATE rollups SET at_ms = at_ms - 91 * 86400000")


def test_a_reload_asked_for_while_it_comes_up_is_obeyed_once_it_is_up(medic):
    medic.start(ready=False)
    until(lambda: "worker started" in medic.output(), what="a worker")
    medic.config["workers"][0]["count"] = 3
    medic.write()
    medic.process.send_signal(signal.SIGHUP)
    await_whole(medic, count=3)
    assert (medic.end(), medic.workers()) == (0, [])


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_a_state_folder_that_is_gone_ends_medic_with_its_workers_so_that_the_next_doubles_none(medic, how):
    medic.start()
    before = medic.workers()
    if how == "deleted":
        shutil.rmtree(medic.state, ignore_errors=True)  # it is written to meanwhile
    else:
        medic.state.rename(medic.folder / "elsewhere")
    assert medic.died() == 1
    assert "the state folder was deleted or replaced" in medic.output()
    assert "Traceback" not in medic.output()
    assert (len(before), medic.workers()) == (2, [])
