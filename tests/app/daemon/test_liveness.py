"""What a real daemon tells of its workers' lives, and of the processes around it."""

import json
import os
import urllib.request

import pytest

from tests.harness import until

LIFE = 'medic_worker_state{pool="rpa",state="%s",worker="rpa/1"}'


@pytest.fixture
def medic(medic, port):
    medic.config["queues"] = [{"name": "default", "listen": f"127.0.0.1:{port}"}]
    medic.config["workers"] = [
        {"pool": "rpa", "command": ["medic", "worker", "--queue", "default"], "heartbeat": "60s"}
    ]
    return medic


def ask_for_a_task(medic):
    """Do as a worker of this name does."""
    url = f"http://{medic.config['queues'][0]['listen']}/api/lease"
    body = json.dumps({"worker": "rpa/1"}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=20) as answer:
        assert answer.status == 204


def told(medic, life):
    until(lambda: medic.metric(LIFE % life) == 1, what=f"the worker is {life}")


def test_process_heartbeat_and_queue_are_heard_and_when_they_disagree_nobody_knows(medic):
    medic.start()
    told(medic, "up")
    until(lambda: medic.metric("medic_queue_workers") == 1, what="the queue has seen its worker")
    until(lambda: medic.metric("medic_worker_heartbeat_timestamp_seconds"), what="a heartbeat")
    assert medic.command("workers", "stop", "rpa").returncode == 0
    told(medic, "down")
    ask_for_a_task(medic)  # somebody works under the name of the worker that is stopped
    told(medic, "unknown")
    assert medic.metric('medic_worker_up{pool="rpa",worker="rpa/1"}') == 0
    listed = json.loads(medic.command("workers", "list", "--json").stdout)
    doubts = {each["worker"]: each["doubt"] for pool in listed for each in pool["workers"]}
    assert doubts["rpa/1"] == "it has no process here, and somebody works under its name"
    assert "somebody works under its name" in medic.get("/")


def test_groups_of_processes_are_told_of_where_they_are_asked_for(medic):
    groups = [
        {"name": "medics", "cmdline": f"{medic.folder}|medic worker"},
        {"name": "nobody", "match": "no-such-name"},
    ]
    medic.config["collectors"] = {"processes": {"groups": groups, "top": 1}}
    medic.start(MEDIC_TEST_MARK=str(os.getpid()))
    name = 'namedprocess_namegroup_num_procs{groupname="%s"}'
    until(lambda: (medic.metric(name % "medics") or 0) >= 1, what="the group of the worker")
    assert medic.metric(name % "nobody") == 0
    assert medic.metric(name % "other") >= 1
    page = medic.get("/metrics?collect[]=groups")
    assert "node_" not in page
    assert "namedprocess_namegroup_cpu_seconds_total" in page


def test_without_a_key_there_are_no_groups(medic):
    medic.start()
    until(lambda: medic.metric("node_processes_pids"), what="the sweep")
    assert "namedprocess" not in medic.get("/metrics")
