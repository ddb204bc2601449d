"""The queue server is killed: no acknowledged task is lost, and its workers go on."""

from contextlib import closing, contextmanager
from threading import Event, Thread

import pytest

from tests.app.daemon.crashes import OF_THE_QUEUE
from tests.app.daemon.scene import await_whole, slay
from tests.harness import until
from workers.client import QueueClient

PATIENCE = 60.0


@pytest.fixture
def medic(medic, port):
    worker = ["medic", "worker", "--queue", "default"]
    # A task whose lease was written but not answered any more waits for the lease to run out: it shall not wait long.
    medic.config["queues"] = [{"name": "default", "listen": f"127.0.0.1:{port}", "lease": "2s"}]
    medic.config["workers"] = [{"pool": "pair", "command": worker, "count": 2}]
    return medic


@contextmanager
def door(medic):
    """Open a client that waits out the time without a server."""
    with closing(QueueClient(f"http://{medic.config['queues'][0]['listen']}", token="", patience=PATIENCE)) as client:
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


def forget(medic, pool="queue-server"):
    """Close the breaker of a pool, so that this kill is like the first one."""
    return medic.post("/api/v1/reset", {"target": f"pool:{pool}"})[0] == 200


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
@pytest.mark.timeout(600)
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


def test_what_is_still_to_do_at_the_end_is_done_by_the_next_medic(medic):
    medic.start()
    with door(medic) as client:
        ids = [client.submit("benchmark_test", {"operations": 300_000}) for _ in range(8)]
        until(lambda: client.stats()["running"], what="a task runs")
    assert medic.end() == 0
    assert medic.workers() == []
    medic.start()
    with door(medic) as client:
        until(lambda: {client.get(id_).state for id_ in ids} == {"completed"}, what="all is done")
        assert (client.stats()["submitted"], client.stats()["completed"]) == (8, 8)


@pytest.mark.stress
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "point",
    sorted(f"{name}:{20 if name.split('.')[1] in {'submit', 'lease', 'change'} else 1}" for name in OF_THE_QUEUE),
)
def test_a_queue_server_killed_while_it_writes_loses_and_doubles_no_task(medic, point):
    medic.start(ready=False, MEDIC_FAILPOINT=point)
    with load(medic) as ids:
        until(
            lambda: "worker=queue-server/1 reason=crash status=SIGKILL" in medic.output(), timeout=PATIENCE, what=point
        )
        medic.kill()
        for pid in medic.workers():  # they were all born with the failpoint
            slay(pid)
        medic.start(ready=False)
        medic.find()
        until(lambda: len(medic.slots()) == 3 or not (forget(medic) and forget(medic, "pair")), what="all run again")
        count = len(ids)
        until(lambda: len(ids) > count + 20, what="tasks are taken again", timeout=PATIENCE)
    with door(medic) as client:
        until(lambda: client.stats()["completed"] == len(ids), what="all is done", timeout=PATIENCE)
        assert client.stats()["submitted"] == len(ids)


OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


def test_the_duration_of_tasks_names_a_task_of_each_bucket_in_openmetrics(medic):
    medic.start()
    with door(medic) as client:
        task = client.submit("health_check", None)
    start = "medic_task_duration_seconds_bucket{"

    def told():
        page = medic.get("/metrics", **OPENMETRICS)
        return [line for line in page.splitlines() if line.startswith(start) and " # {" in line]

    (line,) = until(told, what="an exemplar of the task that ended")
    assert f' # {{task_id="{task}"}} ' in line
    assert " # {" not in medic.get("/metrics")
