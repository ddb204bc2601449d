"""What commands and operators order: shapes, refusals with advice, and the token before all."""

import asyncio
import json
import os
import signal
from datetime import timedelta

import pytest
from hypothesis import strategies as st

from medic.app.web import control
from medic.core.targets import parse_target
from tests.app.web.living import open_door
from tests.app.web.test_webhook import JSON, samples

ORDERS = [
    "/-/reload",
    "/api/v1/pause",
    "/api/v1/resume",
    "/api/v1/heal",
    "/api/v1/reset",
    "/api/v1/approve",
    "/api/v1/workers/ensure",
    "/api/v1/workers/scale",
    "/api/v1/workers/restart",
    "/api/v1/workers/start",
    "/api/v1/workers/stop",
    "/api/v1/jobs/good/run",
    "/api/v1/notify/test",
    "/api/v1/webhook/alertmanager",
]


def test_every_order_is_in_this_files_list():
    paths = {route.path.replace("{name}", "good") for route in control.routes}
    assert paths == set(ORDERS)
    assert {route.method for route in control.routes} == {"POST"}


async def test_an_order_without_the_token_is_refused_and_does_nothing(door):
    for path in ORDERS:
        status, found = await door.ask("POST", path, data=b"{}")
        assert status == 401, path
        assert "Authorization: Bearer" in found["error"]
    assert [pool.running for pool in door.house.supervisor.pools()] == [0]
    assert door.house.healer.pauses == ()


@pytest.mark.parametrize("path", [path for path in ORDERS if path not in {"/-/reload", "/api/v1/webhook/alertmanager"}])
async def test_a_body_that_is_not_what_an_order_takes_is_refused(door, path):
    for content in (b"nonsense", b"[]", b'"x"', b"\xff", b'{"surprise": 1}', b'{"target": 1, "for_seconds": "x"}'):
        status, found = await door.post(path, content)
        assert status == 400, content
        assert "the body is not what this path takes" in found["error"]


async def test_workers_are_ensured_restarted_stopped_and_started(door):
    status, found = await door.post("/api/v1/workers/ensure", {"pool": "pair"})
    assert status == 200
    assert [(change["worker"], change["do"]) for change in found["changes"]] == [
        ("pair/1", "start"),
        ("pair/2", "start"),
    ]
    before = pids(door)
    assert (await door.post("/api/v1/workers/restart", {"target": "worker:pair/1"}))[0] == 200
    assert len({*before} & {*pids(door)}) == 1
    assert (await door.post("/api/v1/workers/stop", {"target": "pool:pair"}))[0] == 200
    assert pids(door) == []
    status, found = await door.post("/api/v1/workers/ensure")
    assert {change["do"] for change in found["changes"]} == {"hold"}
    assert (await door.post("/api/v1/workers/start", {"target": "pool:pair"}))[0] == 200
    assert len(pids(door)) == 2


async def dies_and_is_healed(door, target):
    """Kill a worker, let the healer act, and tell whether the slot is filled again."""
    worker = door.house.supervisor.worker(parse_target(target))
    os.kill(worker.process.pid, signal.SIGKILL)
    async with asyncio.timeout(20):
        while not door.house.healer.held():
            await door.get("/-/healthy")
    await door.settle()
    return door.house.supervisor.worker(parse_target(target)).process is not None


@pytest.mark.parametrize(
    ("verb", "target"), [("restart", "pool:pair"), ("start", "pool:pair"), ("start", "worker:pair/1")]
)
async def test_what_an_operator_lets_run_again_in_whatever_way_is_healed_again(door, verb, target):
    await door.post("/api/v1/workers/ensure")
    await door.post("/api/v1/workers/stop", {"target": "pool:pair"})
    assert (await door.post(f"/api/v1/workers/{verb}", {"target": target}))[0] == 200
    assert await dies_and_is_healed(door, "worker:pair/1")


async def test_an_order_to_stop_that_is_refused_stops_nothing(door):
    for target in ("queue:none", "worker:pair/9", "pool:none"):
        assert (await door.post("/api/v1/workers/stop", {"target": target}))[0] == 400
    assert (await door.get("/api/v1/explain?of=pool:pair"))[1]["text"].endswith("nothing is held back")
    assert (await door.get("/api/v1/explain?of=worker:pair/9"))[1]["text"].endswith("nothing is held back")


async def test_what_an_operator_stopped_stays_down_over_a_restart_until_the_healer_is_told(tmp_path):
    async with open_door(tmp_path) as door:
        await door.post("/api/v1/workers/stop", {"target": "worker:pair/1"})
    async with open_door(tmp_path) as door:
        explained = (await door.get("/api/v1/explain?of=worker:pair/1"))[1]
        assert explained["text"] == "worker:pair/1 was stopped by a person"
        await door.post("/api/v1/workers/start", {"target": "worker:pair/1"})
        explained = (await door.get("/api/v1/explain?of=worker:pair/1"))[1]
        assert explained["text"].endswith("nothing is held back")


async def test_a_pool_is_scaled(door):
    await door.post("/api/v1/workers/ensure")
    assert (await door.post("/api/v1/workers/scale", {"pool": "pair", "count": 3}))[0] == 200
    assert len(pids(door)) == 3
    assert (await door.post("/api/v1/workers/scale", {"pool": "pair", "count": 0}))[0] == 200
    assert pids(door) == []


async def test_a_dry_run_of_any_order_to_workers_changes_nothing(door):
    await door.post("/api/v1/workers/ensure")
    before = pids(door)
    for verb, order in (
        ("restart", {"target": "pool:pair"}),
        ("stop", {"target": "pool:pair"}),
        ("start", {"target": "pool:pair"}),
        ("ensure", {}),
        ("scale", {"pool": "pair", "count": 5}),
    ):
        status, found = await door.post(f"/api/v1/workers/{verb}", {**order, "dry_run": True})
        assert status == 200, verb
        assert found["changes"]
        assert pids(door) == before


@pytest.mark.parametrize(
    ("path", "order", "words"),
    [
        ("/api/v1/workers/ensure", {"pool": "none"}, "there is no pool 'none'"),
        ("/api/v1/workers/scale", {"pool": "none", "count": 1}, "there is no pool 'none'"),
        ("/api/v1/workers/scale", {"pool": "pair", "count": -1}, "count"),
        ("/api/v1/workers/scale", {"pool": "pair", "count": 1001}, "count"),
        ("/api/v1/workers/scale", {"pool": "pair"}, "count is missing, add count: ..."),
        ("/api/v1/workers/restart", {}, "say which target"),
        ("/api/v1/workers/restart", {"target": "pair"}, "is not a target"),
        ("/api/v1/workers/restart", {"target": "worker:pair/9"}, "pool pair has 2 slots"),
        ("/api/v1/workers/stop", {"target": "unit:demo.service"}, "has no workers"),
        ("/api/v1/workers/start", {"target": "worker:pair/0"}, "is not a worker"),
        ("/api/v1/pause", {"for_seconds": 60}, "why is missing, add why: ..."),
        ("/api/v1/pause", {"for_seconds": 60, "why": ""}, "why"),
        ("/api/v1/pause", {"for_seconds": 0, "why": "x"}, "for_seconds"),
        ("/api/v1/pause", {"for_seconds": 1e12, "why": "x"}, "for_seconds"),
        ("/api/v1/pause", {"for_seconds": 60, "why": "x", "target": "?"}, "is not a target"),
        ("/api/v1/resume", {"target": "pair"}, "is not a target"),
        ("/api/v1/heal", {}, "say which target"),
        ("/api/v1/reset", {}, "say which target"),
        ("/api/v1/approve", {"id": 0}, "id"),
        ("/api/v1/approve", {"id": "1"}, "id"),
        ("/api/v1/jobs/none/run", {}, "there is no job 'none'"),
    ],
)
async def test_an_order_that_means_nothing_is_refused_with_advice(door, path, order, words):
    status, found = await door.post(path, order)
    assert status == 400
    assert words in found["error"]


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"9" * 400])
async def test_a_pause_of_no_length_or_endless_is_refused(door, number):
    status, found = await door.post("/api/v1/pause", b'{"why": "x", "for_seconds": ' + number + b"}")
    assert status == 400
    assert found["error"]


@pytest.mark.parametrize(
    ("path", "order", "words"),
    [
        ("/api/v1/resume", {}, "healing as a whole is not paused"),
        ("/api/v1/heal", {"target": "unit:demo.service"}, "name a remedy"),
        ("/api/v1/heal", {"target": "pool:none"}, "declared nowhere"),
        ("/api/v1/heal", {"target": "pool:pair", "remedy": "none"}, "no remedy 'none'"),
        ("/api/v1/approve", {"id": 7}, "no open episode 7"),
    ],
)
async def test_what_is_not_allowed_now_is_a_conflict_that_says_why(door, path, order, words):
    status, found = await door.post(path, order)
    assert status == 409
    assert words in found["error"]


async def test_a_pause_is_in_force_with_who_and_why_until_it_is_resumed(door):
    order = {"target": "pool:pair", "for_seconds": 3600, "why": "moving house"}
    status, found = await door.post("/api/v1/pause", order, **{"X-Medic-User": "ann"})
    assert status == 200
    (pause,) = found["pauses"]
    assert (pause["target"], pause["why"], pause["by"]) == ("pool:pair", "moving house", "ann")
    status, found = await door.post("/api/v1/heal", {"target": "pool:pair"})
    assert status == 409
    assert "held by paused" in found["error"]
    assert await door.post("/api/v1/resume", {"target": "pool:pair"}) == (200, {"resumed": "pool:pair"})
    assert door.house.healer.pauses == ()


@pytest.mark.parametrize("name", ["", "x" * 65, "a\tb"])
async def test_who_orders_without_a_name_is_known_by_their_address(door, name):
    await door.post("/api/v1/pause", {"for_seconds": 60, "why": "x"}, **{"X-Medic-User": name})
    (pause,) = door.house.healer.pauses
    assert pause.by == "api from 127.0.0.1"
    assert timedelta(0) < pause.until - door.house.clock.now() <= timedelta(seconds=60)


async def test_a_dry_run_of_a_heal_tells_what_would_be_done_and_writes_nothing(door):
    status, found = await door.post("/api/v1/heal", {"target": "worker:pair/1", "dry_run": True})
    assert status == 200
    assert found["text"].startswith("would restart worker:pair/1")
    assert found["refused"] == ""
    assert {gate["name"] for gate in found["gates"]} >= {"paused", "busy"}
    assert (await door.get("/api/v1/episodes"))[1] == {"episodes": []}


async def test_a_heal_with_a_remedy_runs_its_command(door):
    status, found = await door.post("/api/v1/heal", {"target": "unit:demo.service", "remedy": "note"})
    assert status == 200
    assert found["attempt"]["action"] == "command"
    await door.settle()
    (attempt,) = (await door.get("/api/v1/attempts"))[1]["attempts"]
    assert (attempt["succeeded"], attempt["target"]) == (True, "unit:demo.service")


async def test_a_reset_closes_the_breaker(door):
    assert await door.post("/api/v1/reset", {"target": "pool:pair"}) == (200, {"reset": "pool:pair"})


async def test_a_job_is_run_to_its_end_by_a_running_scheduler(door):
    status, found = await door.post("/api/v1/jobs/good/run")
    assert (status, "still starting" in found["error"]) == (409, True)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(door.house.scheduler.run())
        async with asyncio.timeout(20):
            while (answer := await door.post("/api/v1/jobs/good/run"))[0] == 409:
                await door.get("/-/healthy")
        assert (answer[0], answer[1]["job"], answer[1]["state"]) == (200, "good", "done")
        history = (await door.get("/api/v1/jobs/good/history"))[1]["runs"]
        assert [(run["state"], run["trigger"]) for run in history] == [("done", "person")]
        running.cancel()


async def test_a_test_notification_says_where_it_went(door):
    assert await door.post("/api/v1/notify/test") == (200, {"outcome": "logged"})


async def test_a_test_notification_that_cannot_be_delivered_is_told_without_its_url(tmp_path):
    async with open_door(tmp_path, notify=[{"url": "json://user:geheim@127.0.0.1:9/hook"}]) as door:
        status, found = await door.post("/api/v1/notify/test")
    assert status == 400
    assert "not delivered" in found["error"]
    assert "geheim" not in found["error"]


async def test_no_order_whatever_breaks_a_handler(door):
    fields = st.sampled_from(["target", "pool", "count", "dry_run", "why", "for_seconds", "id", "remedy"])
    values = st.sampled_from(["pool:pair", "worker:pair/1", "pair", "host", True, 1, -1]) | JSON
    orders = st.dictionaries(fields, values, max_size=4)
    for order in samples(orders, 60):
        for path in ORDERS:
            if path not in {"/-/reload", "/api/v1/notify/test"} and not path.endswith("run"):
                dry = {"dry_run": True} if "worker" in path or path.endswith("heal") else {}
                status, _ = await door.post(path, json.dumps({**order, **dry}).encode())
                assert status < 500, (path, order)


def pids(door):
    (pool,) = door.house.supervisor.pools()
    return [worker.process.pid for worker in pool.workers if worker.process]
