"""Medic is killed at random instants under load: nobody doubled, nothing done twice, nothing forgotten."""

import random
from contextlib import ExitStack, contextmanager
from itertools import count
from threading import Event, Thread

import pytest

from tests.app.daemon.crashes import alert, check, crash_configuration, lines, send
from tests.app.daemon.scene import await_whole, is_whole, rows, slay
from tests.app.daemon.test_queue import door, load
from tests.harness import Medic, until

SEED = 20260101


@pytest.fixture
def medic(tmp_path, port):
    folder = tmp_path / "medic"
    configuration = crash_configuration(folder)
    configuration["queues"] = [{"name": "default", "listen": f"127.0.0.1:{port}"}]
    configuration["workers"].append({"pool": "hands", "command": ["medic", "worker", "--queue", "default"]})
    with Medic(folder, configuration) as house:
        yield house


@contextmanager
def work_going_on(medic, work):
    """Repeat *work* in a thread while the context is open; yields what it returned."""
    done, enough = [], Event()

    def go_on():
        for number in count(1):
            if enough.is_set():
                return
            done.extend(work(medic, number))

    thread = Thread(target=go_on)
    thread.start()
    try:
        yield done
    finally:
        enough.set()
        thread.join(60)


def an_alert_fires_and_is_resolved(medic, number):
    """Send an alert until it is acknowledged, then that it is over, as Alertmanager does."""
    unit = random.Random(number).choice(["a.service", "b.service"])
    return [
        *persist(medic, alert("Quick", number, unit=unit)),
        *persist(medic, alert("Quick", number, unit=unit, resolved=True)),
    ]


def persist(medic, one):
    return until(lambda: send(medic, one), timeout=60, what="an acknowledgement")


def a_worker_dies(medic, number):
    """Kill a worker, and let its breaker not count it: this is about Medic's death, not about theirs."""
    for pid in random.Random(number).sample(found := medic.workers("pair"), min(1, len(found))):
        slay(pid)
    until(lambda: medic.try_post("/api/v1/reset", {"target": "pool:pair"})[0] == 200 and is_whole(medic), timeout=60)
    return []


def requests_come(medic, _number):
    medic.try_post("/api/v1/workers/ensure", {})
    medic.try_post("/api/v1/workers/restart", {"target": "worker:hands/1", "dry_run": True})
    return []


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_killed_at_thirty_random_instants_under_load_nothing_is_doubled_or_lost(medic):
    chance, instant = random.Random(SEED), Event()
    medic.start()
    with ExitStack() as stack:
        tasks = stack.enter_context(load(medic))
        sent = stack.enter_context(work_going_on(medic, an_alert_fires_and_is_resolved))
        stack.enter_context(work_going_on(medic, a_worker_dies))
        stack.enter_context(work_going_on(medic, requests_come))
        for _ in range(30):
            instant.wait(chance.uniform(0.0, 2.0))
            medic.kill()
            assert all(len(pids) == 1 for pids in medic.slots().values())
            medic.start(ready=chance.random() < 0.7)
        medic.kill()
        medic.start()
    until(lambda: medic.try_post("/api/v1/reset", {"target": "pool:pair"})[0] == 200)
    await_whole(medic)
    check(medic, sent)
    with door(medic) as client:
        until(lambda: client.stats()["completed"] == len(tasks), what="all tasks are done", timeout=60)
    attempts = rows(medic, "SELECT count(*), sum(outcome IS NULL) FROM attempts")
    print(f"{len(tasks)} tasks, {len(sent)} alerts, {len(lines(medic, 'effects'))} actions, attempts {attempts}")  # noqa: T201 - the result of `make stress`
