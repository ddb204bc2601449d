"""The same samples and rules in Medic and in a real Prometheus: whatever is asked, the answers are the same."""

import asyncio
import json
import math
import urllib.error
import urllib.request

import pytest

from tests.app.peers.asked import SAMPLES, addresses, feed
from tests.app.peers.servers import prometheus
from tests.app.web.living import open_door, write_rules
from tests.harness import until
from tests.rules.promql.oracle import holding

COMPAT = {"defaults": False, "compat": "prometheus-2"}


def ask(url, path):
    """Return status and answer; an error status is an answer, too."""
    try:
        with urllib.request.urlopen(f"{url}/api/v1/{path}", timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def ask_all(url, paths):
    return [ask(url, path) for path in paths]


def normal(answer, path):
    """Bring an answer into the form in which two can be compared: no order, no annotations, no texts of errors."""
    status, found = answer
    if found["status"] == "error":
        return status, found["errorType"]
    data = found["data"]
    if isinstance(data, dict) and data.get("resultType") in {"vector", "matrix"}:
        keep = data["result"] if "sort" in path or "topk" in path else sorted(data["result"], key=key)
        data = {**data, "result": keep}
    if isinstance(data, list) and data and isinstance(data[0], dict):
        data = sorted(data, key=json.dumps)
    return status, data


def key(row):
    return json.dumps(row["metric"], sort_keys=True)


def same(one, other):
    """Compare; numbers as text may differ in their last digits, since sums are made in another order."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return isinstance(other, list | tuple) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str) and isinstance(other, str) and one != other:
        return close(one, other)
    return one == other


def close(one, other):
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-9)
    except ValueError:
        return False


@pytest.mark.needs("prometheus")
async def test_the_same_samples_give_the_same_answers_as_prometheus(tmp_path):
    paths = addresses()
    async with open_door(tmp_path / "medic", rules=COMPAT) as door:
        feed(door.house.series)
        (tmp_path / "prometheus").mkdir()
        expected = await asyncio.to_thread(ask_prometheus, tmp_path / "prometheus", paths)
        found = await asyncio.to_thread(ask_all, url(door), paths)
    differ = [
        (path, normal(mine, path), normal(theirs, path))
        for path, mine, theirs in zip(paths, found, expected, strict=True)
        if not same(normal(mine, path), normal(theirs, path))
    ]
    assert differ == []


def ask_prometheus(folder, paths):
    with holding(SAMPLES, folder) as oracle:
        return ask_all(oracle.url, paths)


RULES = """
groups:
  - name: own
    interval: 1s
    limit: 7
    rules:
      - {record: "two:two", expr: vector(2), labels: {kind: even}}
      - {record: "one:one", expr: vector(1)}
      - alert: Always
        expr: vector(12.5)
        keep_firing_for: 5m
        labels: {severity: "{{ $value }}"}
        annotations: {summary: "it is {{ $value }}"}
      - {alert: Soon, expr: vector(0.5), for: 10m}
      - {alert: Never, expr: vector(1) > 1}
  - {name: idle, interval: 1s, rules: []}
"""
ASKED_OF_RULES = ("rules", "alerts", "rules?type=alert", "rules?type=record")


@pytest.mark.needs("prometheus")
async def test_rules_and_alerts_look_as_in_prometheus(tmp_path):
    write_rules(tmp_path / "medic", RULES)
    async with open_door(tmp_path / "medic") as door:
        await door.house.ticker.tick()
        expected = await asyncio.to_thread(ask_prometheus_of_rules, tmp_path)
        found = await asyncio.to_thread(ask_all, url(door), ASKED_OF_RULES)
    assert [timeless(each) for each in found] == [timeless(each) for each in expected]


def ask_prometheus_of_rules(folder):
    rules = folder / "medic" / "rules" / "own.yml"
    with prometheus(folder / "prometheus", {"rule_files": [str(rules)]}) as server:
        until(lambda: len(server.get("/api/v1/alerts")["data"]["alerts"]) == 2, what="both alerts are active")
        return ask_all(server.url, ASKED_OF_RULES)


def timeless(value):
    """Name the type of what differs from run to run; groups without rules are left out, as in Prometheus 3."""
    if isinstance(value, dict):
        return {name: timeless(each) if name not in PASSING else type(each).__name__ for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [timeless(each) for each in value if not (isinstance(each, dict) and each.get("rules") == [])]
    return value


PASSING = {"evaluationTime", "lastEvaluation", "activeAt"}


def url(door):
    return str(door.client.make_url("")).rstrip("/")
