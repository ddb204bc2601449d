"""The page that probes, of a house that really stands."""

import asyncio
import json

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
from prometheus_client.parser import text_string_to_metric_families as parse

from exporter.probes.prober import AT_ONCE
from medic.core.samples import labels
from tests.app.web.living import open_door
from tests.exporter.probes.services import web
from tests.exporter.tree import values
from tests.harness import reserved_port, until


@pytest.fixture
def service():
    with web() as running:
        yield running


def probes(service):
    return [
        {"name": "good", "url": service.url("/ok"), "contains": "hello", "headers": {"X-Key": "hunter2"}},
        {"name": "bad", "url": service.url("/bad")},
        {"name": "slow", "url": service.url("/hang"), "timeout": "20s"},
        {"name": "db", "tcp": f"localhost:{service.port}"},
    ]


@pytest.fixture
async def door(tmp_path, service):
    async with open_door(tmp_path, probes=probes(service)) as opened:
        yield opened


def told(page):
    return {family.name: family.samples for family in parse(page)}


async def test_a_probe_is_made_for_who_asks_and_shown_without_labels_of_ours(door, service):
    status, page = await door.get("/probe?target=good")
    assert status == 200
    (success,) = told(page)["probe_success"]
    assert (success.labels, success.value) == ({}, 1)
    assert all(name.startswith("probe_") for name in told(page))
    assert "node_" not in page
    assert len(service.seen) == 1
    assert "probe_success 0\n" in (await door.get("/probe?target=bad"))[1]


async def test_a_target_may_be_an_address_as_it_is_configured(door, service):
    assert "probe_success 1\n" in (await door.get(f"/probe?target={service.url('/ok')}&module=http_2xx"))[1]
    status, page = await door.get(f"/probe?target=localhost:{service.port}&module=tcp_connect")
    assert (status, "probe_success 1\n" in page) == (200, True)
    assert "probe_http" not in page


@pytest.mark.parametrize(
    "target", ["", "?target=", "?target=nothing", "?target=http://169.254.169.254/", "?target=None"]
)
async def test_what_is_not_configured_is_not_probed(door, service, target):
    status, answer = await door.get(f"/probe{target}")
    assert status == 400
    assert "good, bad, slow, db" in answer["error"]
    assert service.seen == []


async def test_a_module_of_the_other_protocol_is_a_mistake(door):
    status, answer = await door.get("/probe?target=db&module=http_2xx")
    assert (status, answer["error"]) == (400, "db is asked over tcp: write module=tcp_connect, or leave it out")
    assert (await door.get("/probe?target=db&module=anything"))[0] == 200


async def test_a_scrape_that_grants_little_is_answered_in_that_time(door):
    status, page = await door.get("/probe?target=slow", **{"X-Prometheus-Scrape-Timeout-Seconds": "0.7"})
    assert (status, "probe_success 0\n" in page) == (200, True)
    status, page = await door.get("/probe?target=slow&debug=true", **{"X-Prometheus-Scrape-Timeout-Seconds": "0.7"})
    assert "passed while it waited for the answer" in page


async def test_the_log_of_a_probe_is_shown_to_who_wants_it_without_its_secrets(door, service):
    status, page = await door.get("/probe?target=good&debug=true")
    assert status == 200
    assert service.last[2]["x-key"] == "hunter2"
    for step in ("Log of the probe good", "asking GET http://localhost", "connected to 127.0.0.1", "answered 200"):
        assert step in page
    assert "probe_success 1\n" in page
    assert "hunter2" not in page


async def test_a_page_comes_in_openmetrics_too(door):
    async with door.client.get("/probe?target=good", headers={"Accept": "application/openmetrics-text"}) as answer:
        assert {family.name for family in strict(await answer.text())} >= {"probe_success", "probe_duration_seconds"}


async def test_probes_of_pages_do_not_enter_the_histogram(door):
    await door.get("/probe?target=good")
    await door.house.runner.refresh("probe:good")
    snapshot = await door.house.runner.tick()
    family = next(each for each in snapshot.families if each.name == "medic_probe_duration_seconds")
    assert [sample.value for sample in family.samples if sample.name.endswith("_count")] == [1]


async def test_metrics_carry_the_name_of_each_probe(door):
    for name in ("good", "bad", "db"):
        await door.house.runner.refresh(f"probe:{name}")
    snapshot = await door.house.runner.tick()
    assert values(snapshot.families, "probe_success") == {
        labels(probe="good"): 1,
        labels(probe="bad"): 0,
        labels(probe="db"): 1,
    }
    assert not {"probe:good", "probe:bad", "probe:db"} & snapshot.failed


async def test_too_many_probes_at_once_are_put_off(tmp_path, service):
    asked = [{"name": f"slow-{n}", "url": service.url("/hang"), "timeout": "60s"} for n in range(AT_ONCE)]
    async with open_door(tmp_path, probes=[*asked, *probes(service)]) as door, asyncio.TaskGroup() as group:
        for each in asked:
            group.create_task(door.get(f"/probe?target={each['name']}"))
        await asyncio.to_thread(until, lambda: len(service.seen) == AT_ONCE, what="all of them are under way")
        async with door.client.get("/probe?target=good") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert "too many probes" in await answer.text()
        service.released.set()


async def test_status_page_and_api_tell_how_probes_are(door):
    await door.house.runner.refresh("probe:good")
    await door.house.runner.refresh("probe:bad")
    _, answer = await door.get("/api/v1/status")
    found = {each["probe"]: each for each in answer["probes"]}
    assert (found["good"]["success"], found["good"]["availability_1h"]) == (True, 1.0)
    assert found["good"]["p95_1h"] == found["good"]["seconds"] > 0
    assert (found["bad"]["success"], found["bad"]["reason"]) == (False, "answered 500, not 2xx")
    assert (found["bad"]["availability_1h"], found["bad"]["p95_1h"]) == (0.0, None)
    assert (found["slow"]["success"], found["slow"]["availability_1h"]) == (None, None)
    assert "hunter2" not in json.dumps(answer)
    _, page = await door.get("/")
    assert "answered 500, not 2xx" in page
    assert "not asked yet" in page


async def test_a_host_without_probes_says_how_to_declare_one(tmp_path):
    async with open_door(tmp_path) as door:
        status, answer = await door.get("/probe?target=x")
        assert (status, "declare one under probes:" in answer["error"]) == (400, True)
        assert "Probes" not in (await door.get("/"))[1]


async def test_beyond_loopback_a_probe_needs_the_token(tmp_path, service):
    async with open_door(tmp_path, loopback=False, probes=probes(service)) as door:
        assert (await door.get("/probe?target=good"))[0] == 401
        assert service.seen == []
        assert (await door.get("/probe?target=good", Authorization=f"Bearer {door.token}"))[0] == 200


async def test_a_remedy_may_heal_what_a_probe_finds(tmp_path):
    with reserved_port() as port:
        remedy = {
            "name": "heal",
            "match": ['alertname="ProbeFailing"'],
            "target": "probe:{{ labels.probe }}",
            "do": {"command": {"argv": ["true"]}},
            "mode": "auto",
            "grace": "0s",
        }
        closed = [{"name": "db", "tcp": f"127.0.0.1:{port}"}]
        rules = "groups: [{name: g, rules: [{alert: ProbeFailing, expr: probe_success == 0}]}]"
        (tmp_path / "rules").mkdir()
        (tmp_path / "rules" / "own.yml").write_text(rules)
        async with open_door(tmp_path, probes=closed, remedies=[remedy]) as door:
            await door.house.runner.refresh("probe:db")
            await door.house.ticker.tick()
            await door.settle()
            attempts = (await door.get("/api/v1/attempts"))[1]["attempts"]
            assert [(each["target"], each["action"]) for each in attempts] == [("probe:db", "command")]
