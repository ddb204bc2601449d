"""Clients of Prometheus ask Medic: the real promtool and prometheus-api-client, and the very requests of Grafana."""

import asyncio
import json

import pytest
from prometheus_api_client import PrometheusConnect

from medic.core.clock import from_ms
from tests import parts
from tests.app.peers.asked import END, SAMPLES, START, feed, metric
from tests.app.web.living import open_door


@pytest.fixture
async def fed(tmp_path):
    async with open_door(tmp_path) as door:
        feed(door.house.series)
        yield door


async def promtool(*argv):
    process = await asyncio.create_subprocess_exec(
        parts.find("promtool"), *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, output.decode(), errors.decode()


@pytest.mark.needs("promtool")
async def test_promtool_queries_at_one_time(fed):
    query = 'http_requests_total{instance="a"}'
    status, told, errors = await promtool("query", "instant", f"--time={END / 1000}", url(fed), query)
    assert (status, errors) == (0, "")
    value = SAMPLES[metric("http_requests_total", code="500", instance="a", job="web")][END]
    assert f'http_requests_total{{code="500", instance="a", job="web"}} => {value:.0f} @[{END // 1000}]' in told
    assert len(told.splitlines()) == 2


@pytest.mark.needs("promtool")
async def test_promtool_queries_over_time(fed):
    ends = (f"--start={START / 1000}", f"--end={END / 1000}", "--step=5m")
    status, told, _ = await promtool("query", "range", *ends, "-o", "json", url(fed), "sum(temperature)")
    (row,) = json.loads(told)
    assert status == 0
    assert [at for at, _ in row["values"]] == [START / 1000 + 300 * step for step in range(6)]


@pytest.mark.needs("promtool")
async def test_promtool_lists_series_and_label_values(fed):
    ends = (f"--start={START / 1000}", f"--end={END / 1000}")
    status, told, _ = await promtool("query", "series", "--match=temperature", *ends, url(fed))
    assert (status, len(told.splitlines())) == (0, 3)
    status, told, _ = await promtool("query", "labels", *ends, url(fed), "instance")
    assert (status, told.split()) == (0, ["a", "b", "c"])


@pytest.mark.needs("promtool")
async def test_promtool_shows_what_is_wrong_with_a_query(fed):
    status, _, errors = await promtool("query", "instant", url(fed), "rate(temperature)")
    assert status == 1
    assert 'bad_data: invalid parameter "query": ' in errors
    assert "parse error: expected type" in errors


async def test_the_requests_of_a_grafana_data_source_are_answered(fed):
    """In the order in which it is added, tested, explored and drawn; bodies are forms, times are seconds."""
    span = {"start": START // 1000, "end": END // 1000}
    drawn = {**span, "step": 15, "query": "sum by (code) (rate(http_requests_total[1m0s]))"}
    requests = [
        ("GET", "status/buildinfo", {}),
        ("POST", "query", {"query": "1+1", "time": END // 1000}),
        ("GET", "query", {"query": "1+1", "time": 4}),
        ("GET", "label/__name__/values", span),
        ("GET", "labels", {**span, "match[]": "temperature"}),
        ("POST", "labels", span),
        ("GET", "metadata", {"limit": 1000}),
        ("GET", "series", {**span, "match[]": 'temperature{instance=~".+"}', "limit": 40_000}),
        ("POST", "query_range", drawn),
        ("GET", "query_range", drawn),
        ("POST", "query", {"query": "temperature", "time": f"{END // 1000}.5"}),
        ("GET", "query_exemplars", drawn),
        ("GET", "rules", {}),
        ("GET", "alerts", {}),
    ]
    for method, path, fields in requests:
        given = {"data": fields} if method == "POST" else {"params": {name: str(each) for name, each in fields.items()}}
        status, found = await fed.ask(method, f"/api/v1/{path}", **given)
        assert (status, found["status"]) == (200, "success"), path
        assert found["data"] or path in {"metadata", "query_exemplars"}, path


async def test_prometheus_api_client_connects_lists_and_reads(fed):
    """The real package, in a thread of its own; it wants datetimes and gives text for values."""
    client = PrometheusConnect(url(fed))
    instance = {"instance": "a"}
    ends = {"start_time": from_ms(START), "end_time": from_ms(END)}

    def read():
        assert client.check_prometheus_connection()
        assert "temperature" in client.all_metrics()
        assert client.get_label_values("instance") == ["a", "b", "c"]
        (row,) = client.get_metric_range_data("temperature", label_config=instance, **ends)
        over_time = client.custom_query_range("sum(temperature)", step="60", **ends)
        at_once = client.custom_query("temperature", params={"time": END / 1000})
        return row, over_time, at_once

    row, over_time, at_once = await asyncio.to_thread(read)
    expected = [(at, value) for at, value in sorted(SAMPLES[metric("temperature", instance="a")].items()) if at > START]
    assert [(round(at * 1000), float(value)) for at, value in row["values"]] == expected
    assert len(over_time[0]["values"]) == (END - START) // 60_000 + 1
    assert len(at_once) == 3


def url(door):
    return str(door.client.make_url("")).rstrip("/")
