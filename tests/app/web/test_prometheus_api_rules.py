"""Rules and alerts as Prometheus' API shows them."""

import pytest

from tests.app.web.living import open_door, write_rules
from tests.app.web.prometheus import ask

RULES = """
groups:
  - name: own
    interval: 1s
    limit: 7
    rules:
      - {record: "two:two", expr: vector(2), labels: {kind: even}}
      - alert: Always
        expr: vector(7) > 1
        keep_firing_for: 5m
        labels: {severity: "{{ $value }}"}
        annotations: {summary: "it is {{ $value }}"}
      - {alert: Soon, expr: vector(0.5) < 1, for: 10m}
      - {alert: Never, expr: vector(1) > 1}
  - name: broken
    rules:
      - record: "bad:bad"
        expr: >-
          label_replace(vector(1), "a", "1", "", "")
          + on (b) (vector(1) or label_replace(vector(3), "c", "1", "", ""))
  - {name: idle, rules: []}
"""


@pytest.fixture
async def ruled(tmp_path):
    write_rules(tmp_path, RULES)
    async with open_door(tmp_path) as door:
        yield door


async def test_rules_are_shown_before_they_were_evaluated(ruled):
    _, found = await ask(ruled, "rules")
    rules = [rule for group in found["groups"] for rule in group["rules"]]
    assert {rule["health"] for rule in rules} == {"unknown"}
    assert {rule["lastEvaluation"] for rule in rules} == {"0001-01-01T00:00:00Z"}


async def test_rules_are_shown_as_prometheus_shows_them(ruled):
    await ruled.house.ticker.tick()
    _, found = await ask(ruled, "rules")
    broken, idle, own = found["groups"]
    assert [broken["name"], idle["name"], own["name"]] == ["broken", "idle", "own"]
    assert own["file"].endswith("rules/own.yml")
    assert (own["interval"], own["limit"], idle["rules"]) == (1, 7, [])
    assert own["evaluationTime"] > 0
    assert own["lastEvaluation"].endswith("Z")
    record, always, soon, never = own["rules"]
    assert (record["type"], record["name"], record["query"]) == ("recording", "two:two", "vector(2)")
    assert (record["labels"], record["health"]) == ({"kind": "even"}, "ok")
    assert (always["type"], always["state"], always["keepFiringFor"]) == ("alerting", "firing", 300)
    assert (always["labels"], always["annotations"]) == (
        {"severity": "{{ $value }}"},
        {"summary": "it is {{ $value }}"},
    )
    (alert,) = always["alerts"]
    assert alert.pop("activeAt").endswith("Z")
    assert alert == {
        "labels": {"alertname": "Always", "severity": "7"},
        "annotations": {"summary": "it is 7"},
        "state": "firing",
        "value": "7e+00",
    }
    assert (soon["state"], soon["duration"], soon["alerts"][0]["value"]) == ("pending", 600, "5e-01")
    assert (never["state"], never["alerts"]) == ("inactive", [])
    assert broken["rules"][0]["health"] == "err"
    assert broken["rules"][0]["lastError"]


async def test_alerts_are_those_that_are_pending_or_firing(ruled):
    await ruled.house.ticker.tick()
    _, found = await ask(ruled, "alerts")
    assert [(each["labels"]["alertname"], each["state"]) for each in found["alerts"]] == [
        ("Always", "firing"),
        ("Soon", "pending"),
    ]


async def names(door, **fields):
    _, found = await ask(door, "rules", **fields)
    return [rule["name"] for group in found["groups"] for rule in group["rules"]]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "alert"}, ["Always", "Soon", "Never"]),
        ({"type": "record"}, ["bad:bad", "two:two"]),
        ({"rule_name[]": ["Soon", "Never"]}, ["Soon", "Never"]),
        ({"rule_group[]": "broken"}, ["bad:bad"]),
        ({"file[]": "nothing"}, []),
        ({"match[]": '{kind="even"}'}, ["two:two"]),
        ({"match[]": ['{kind="even"}', '{severity=~".+"}']}, ["two:two", "Always"]),
        ({"type": "alert", "rule_group[]": "broken"}, []),
    ],
)
async def test_rules_can_be_filtered(ruled, fields, expected):
    assert await names(ruled, **fields) == expected


async def test_alerts_can_be_left_out_of_the_rules(ruled):
    await ruled.house.ticker.tick()
    _, found = await ask(ruled, "rules", exclude_alerts="true", type="alert")
    assert [rule["alerts"] for group in found["groups"] for rule in group["rules"]] == [[], [], []]


async def test_groups_come_by_pages(ruled):
    seen, token = [], ""
    while True:
        _, found = await ask(ruled, "rules", group_limit=1, **({"group_next_token": token} if token else {}))
        seen += [group["name"] for group in found["groups"]]
        token = found.get("groupNextToken", "")
        if not token:
            break
    assert seen == ["broken", "idle", "own"]


async def test_what_rules_write_is_among_the_series(ruled):
    await ruled.house.ticker.tick()
    assert (await ask(ruled, "label/alertname/values", **{"match[]": "ALERTS"}))[1] == ["Always", "Soon"]
    _, found = await ask(ruled, "query", query='ALERTS{alertstate="firing"}')
    assert found["result"][0]["metric"] == {
        "__name__": "ALERTS",
        "alertname": "Always",
        "alertstate": "firing",
        "severity": "7",
    }
    assert (await ask(ruled, "series", **{"match[]": "two:two"}))[1] == [{"__name__": "two:two", "kind": "even"}]
