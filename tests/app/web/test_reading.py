import asyncio
import json

import pytest

from medic.app.web import reading
from tests.app.web.living import open_door, write_rules

ALWAYS = """
groups:
  - name: own
    rules:
      - alert: Always
        expr: vector(7)
        labels: {severity: warning}
        annotations: {summary: it is always so}
"""


LISTS = {
    "/api/v1/alerts/active": "alerts",
    "/api/v1/episodes": "episodes",
    "/api/v1/attempts": "attempts",
    "/api/v1/jobs": "jobs",
    "/api/v1/jobs/good/history": "runs",
    "/api/v1/workers": "pools",
    "/api/v1/queues": "queues",
    "/api/v1/check": "checks",
}
OTHERS = {"/api/v1/status", "/api/v1/explain", "/api/v1/facts", "/api/v1/events"}


def test_every_route_is_in_this_files_lists():
    assert {route.path.replace("{name}", "good") for route in reading.routes} == {*LISTS, *OTHERS}
    assert {route.method for route in reading.routes} == {"GET"}


async def test_every_list_answers_before_anything_has_happened(door):
    for path, key in LISTS.items():
        status, found = await door.get(path)
        assert status == 200, path
        assert isinstance(found[key], list)
    for path in ("/api/v1/status", "/api/v1/facts"):
        assert (await door.get(path))[0] == 200


async def test_no_name_whatever_breaks_a_handler(door):
    for name in ("%00", "%ff", "%ed%a0%80", "..", "a%2Fb", "%F0%9F%92%A9", "x" * 5000, "%27%3B--"):
        assert (await door.get(f"/api/v1/jobs/{name}/history"))[0] in {400, 404}, name
        assert (await door.get(f"/api/v1/explain?of={name}"))[0] in {200, 400}, name
        assert (await door.get(f"/api/v1/explain?of=pool:{name}"))[0] == 400, name
        assert (await door.get(f"/metrics?collect[]={name}"))[0] == 400, name


async def test_status_is_one_object_that_names_everything(door):
    await door.house.ticker.tick()
    status, found = await door.get("/api/v1/status")
    assert status == 200
    assert found["ready"] is True
    assert [pool["pool"] for pool in found["pools"]] == ["pair"]
    assert found["healthy"] is False
    assert found["problems"] == ["workers: pair 0 of 2"]
    assert [job["job"] for job in found["jobs"]] == ["health-check", "report", "good"]
    assert found["mode"] == "auto"
    for name in ("alerts", "queues", "episodes", "attempts", "pauses", "breakers", "notices"):
        assert found[name] == []


async def test_the_system_check_counts_what_it_shows(door):
    await door.house.ticker.tick()
    status, found = await door.get("/api/v1/check")
    assert status == 200
    assert found["total"] == len(found["checks"]) >= 8
    assert found["passed"] == sum(check["ok"] for check in found["checks"])
    assert {check["name"] for check in found["checks"] if not check["ok"]} == {"workers"}


async def test_active_alerts_look_as_in_prometheus(tmp_path):
    write_rules(tmp_path, ALWAYS)
    async with open_door(tmp_path) as door:
        await door.house.ticker.tick()
        status, found = await door.get("/api/v1/alerts/active")
    (alert,) = found["alerts"]
    assert status == 200
    assert alert["labels"] == {"alertname": "Always", "severity": "warning"}
    assert alert["annotations"] == {"summary": "it is always so"}
    assert (alert["state"], alert["value"], alert["source"]) == ("firing", 7.0, "rules")
    assert alert["activeAt"].endswith("Z")


async def test_workers_are_listed_with_their_slots(door):
    await door.post("/api/v1/workers/ensure", {})
    status, found = await door.get("/api/v1/workers")
    (pool,) = found["pools"]
    assert status == 200
    assert (pool["pool"], pool["expected"], pool["running"]) == ("pair", 2, 2)
    assert [worker["worker"] for worker in pool["workers"]] == ["pair/1", "pair/2"]
    assert all(worker["pid"] for worker in pool["workers"])


async def test_a_queue_that_does_not_answer_is_down_and_its_figures_are_null(tmp_path):
    far = {"name": "far", "backend": "http", "url": "http://127.0.0.1:9/api/stats"}
    async with open_door(tmp_path, queues=[far]) as door:
        status, found = await door.get("/api/v1/queues")
    (queue,) = found["queues"]
    assert status == 200
    assert (queue["queue"], queue["backend"], queue["up"]) == ("far", "http", False)
    assert queue["pending"] is queue["completed"] is queue["success_rate_1h"] is None


async def test_jobs_are_listed_with_their_next_due_time(door):
    status, found = await door.get("/api/v1/jobs")
    assert status == 200
    assert {job["job"]: job["next_due"] is not None for job in found["jobs"]} == {
        "health-check": True,
        "report": True,
        "good": True,
    }


async def test_the_history_of_a_job_that_never_ran_is_empty(door):
    assert await door.get("/api/v1/jobs/good/history") == (200, {"runs": []})


async def test_episodes_and_attempts_are_lists_the_newest_first(door):
    assert await door.get("/api/v1/episodes") == (200, {"episodes": []})
    for worker in ("pair/1", "pair/2"):
        await door.post("/api/v1/heal", {"target": f"worker:{worker}"})
    await door.settle()
    status, found = await door.get("/api/v1/attempts?limit=1")
    assert status == 200
    assert [attempt["target"] for attempt in found["attempts"]] == ["worker:pair/2"]
    status, found = await door.get("/api/v1/episodes")
    assert status == 200
    assert [(each["remedy"], each["target"]) for each in found["episodes"]] == [
        ("operator", "worker:pair/2"),
        ("operator", "worker:pair/1"),
    ]


async def test_a_limit_that_is_none_is_refused_with_advice(door):
    for path in ("/api/v1/episodes", "/api/v1/attempts", "/api/v1/jobs/good/history"):
        for limit in ("0", "-1", "x", "", "10001", "1.5", "²", "9" * 5000):
            status, found = await door.get(f"{path}?limit={limit}")
            assert status == 400, limit
            assert "write a number from 1 to 10000" in found["error"]


@pytest.mark.parametrize(("of", "words"), [("pool:pair", "nothing is held back"), ("Broken", "nothing is held back")])
async def test_explain_answers_for_a_target_and_for_an_alert(door, of, words):
    status, found = await door.get(f"/api/v1/explain?of={of}")
    assert status == 200
    assert found["of"] == of
    assert words in found["text"]
    assert found["episodes"] == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "say what to explain"),
        ("?of=", "say what to explain"),
        ("?of=pool:none", "declared nowhere"),
        ("?of=disk:sda", "is not a target"),
        ("?of=worker:pair", "write worker:POOL/SLOT"),
    ],
)
async def test_explain_refuses_what_it_does_not_know_with_advice(door, query, words):
    status, found = await door.get(f"/api/v1/explain{query}")
    assert status == 400
    assert words in found["error"]


async def test_the_facts_of_a_report_are_json(door):
    await door.house.ticker.tick()
    status, found = await door.get("/api/v1/facts")
    assert status == 200
    assert found["facts"]["host"]


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/reports/none.html", "/api/v1/jobs", "/api/v2/silences"])
async def test_what_is_not_there_is_told_as_json(door, path):
    method = "DELETE" if path == "/api/v1/jobs" else "GET"
    status, found = await door.ask(method, path, headers={"Authorization": f"Bearer {door.token}"})
    assert status == (405 if method == "DELETE" else 404)
    assert found["error"]


async def test_beyond_loopback_reading_needs_the_token(tmp_path):
    async with open_door(tmp_path, loopback=False) as door:
        for path in ("/", "/api/v1/status", "/api/v1/events", "/reports/"):
            status, found = await door.get(path)
            assert status == 401, path
            assert "Authorization: Bearer" in found["error"]
        status, _ = await door.get("/api/v1/status", Authorization=f"Bearer {door.token}")
        assert status == 200
        for path in ("/metrics", "/-/healthy"):
            assert (await door.get(path))[0] == 200


async def event_of(answer):
    lines = []
    while (line := (await asyncio.wait_for(answer.content.readline(), 10)).decode().rstrip("\n")) or not lines:
        lines += [line] if line else []
    return dict(line.split(": ", 1) for line in lines)


async def test_events_are_streamed_as_they_happen(door):
    async with door.client.get("/api/v1/events") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        assert await event_of(answer) == {"": "listening"}
        await door.house.ticker.tick()
        event = await event_of(answer)
    assert event["event"] == "tick"
    assert json.loads(event["data"])["alerts"] == 0


async def test_a_listener_that_leaves_is_forgotten(door):
    async with door.client.get("/api/v1/events") as answer:
        await event_of(answer)
        assert len(door.house.bus._listeners) == 1
    async with asyncio.timeout(10):
        while door.house.bus._listeners:
            door.house.bus.publish("nudge")
            await door.get("/-/healthy")
