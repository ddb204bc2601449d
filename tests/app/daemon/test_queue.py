"""The queue server is killed: no acknowledged task is lost, and its workers go on."""

import random
import sys
from contextlib import closing, contextmanager
from threading import Event, Thread

import pytest

from tests.app.daemon.scene import await_whole, slay
from tests.harness import until
from workers.client import QueueClient

PATIENCE = 60.0


@pytest.fixture
def medic(medic, port):
    worker = ["medic", "worker", "--queue", "default"]
    medic.config["queues"] = [{"name": "default", "listen": f"127.0.0.1:{port}"}]
    medic.config["workers"] = [{"pool": "pair", "command": worker, "count": 2}]
    medic.door = f"http://127.0.0.1:{port}"
    return medic


@contextmanager
def door(medic):
    with closing(QueueClient(medic.door, token="", patience=PATIENCE)) as client:
        yield client


@contextmanager
def load(medic):
    """Submit tasks without a pause while the context is open; yields the ids that were acknowledged."""
    ids, enough, failed = [], Event(), []

    def submit():
        try:
            with door(medic) as client:
                while not enough.is_set():
                    ids.append(client.submit("health_check", None))
        except Exception as error:  # noqa: BLE001 - the test's own thread hands it over
            failed.append(error)

    thread = Thread(target=submit)
    thread.start()
    try:
        yield ids
    finally:
        enough.set()
        thread.join(PATIENCE)
    assert failed == []


def kill_the_server(medic, ids):
    """Kill it amid the load, and wait for the next one to take tasks."""
    before = medic.slots("queue-server")
    slay(before["queue-server/1"][0])
    until(lambda: medic.slots("queue-server") not in ({}, before) or not forget(medic), what="another server")
    count = len(ids)
    until(lambda: len(ids) > count + 5, what="tasks are taken again")


def forget(medic):
    """Close its breaker, so that this kill is like the first one."""
    return medic.post("/api/v1/reset", {"target": "pool:queue-server"})[0] == 200


def lives_through(medic, kills):
    workers = medic.start().slots("pair")
    with load(medic) as ids:
        until(lambda: len(ids) > 20, what="the load")
        for _ in range(kills):
            kill_the_server(medic, ids)
    with door(medic) as client:
        until(lambda: client.stats()["completed"] >= len(ids), what="all is done", timeout=PATIENCE)
        assert {client.get(id_).state for id_ in ids} == {"completed"}
        stats = client.stats()
    assert (stats["submitted"], stats["completed"], stats["failed"]) == (len(ids), len(ids), 0)
    assert medic.slots("pair") == workers
    await_whole(medic, "queue-server", 1)


def test_a_killed_queue_server_loses_no_acknowledged_task_and_the_workers_go_on(medic):
    lives_through(medic, kills=2)


@pytest.mark.stress
def test_a_queue_server_killed_again_and_again_loses_no_acknowledged_task(medic):
    lives_through(medic, kills=30)


def test_a_killed_medic_loses_no_task_and_its_queue_and_workers_go_on(medic):
    before = medic.start().slots()
    with load(medic) as ids:
        until(lambda: len(ids) > 20, what="the load")
        medic.kill()
        count = len(ids)
        until(lambda: len(ids) > count + 20, what="tasks are taken without Medic")
        medic.start()
    with door(medic) as client:
        until(lambda: client.stats()["completed"] == len(ids), what="all is done", timeout=PATIENCE)
    assert medic.slots() == before


def test_the_end_gives_unfinished_tasks_back_and_the_next_medic_does_them(medic):
    medic.start()
    with door(medic) as client:
        ids = client.submit_many([("benchmark_test", {"seconds": 0.2})] * 4) if False else submit_all(client)
    assert medic.end() == 0
    assert medic.workers() == []
    medic.start()
    with door(medic) as client:
        until(lambda: {client.get(id_).state for id_ in ids} == {"completed"}, what="all is done")


def submit_all(client):
    return [client.submit("benchmark_test", {}) for _ in range(6)]
