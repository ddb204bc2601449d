"""Alert states against the real Prometheus: random rules over random series, compared series for series."""

import json
import random

import pytest

from medic.core.clock import from_ms
from rules.files import parse
from rules.promql import Compat, compile_query
from tests.rules import promtool
from tests.rules.cases import snapshots, start

MINUTE = 60_000
LENGTH = 20
CASES = 15
EXPRESSIONS = (
    "x > 1",
    "x > 1 or y > 2",
    "sum by (job) (x) > 3",
    "rate(x[3m]) > 0.01",
    "x > 1 unless on (job) y == 0",
    "increase(x[4m]) > 2 and on (job) y >= 1",
    "absent(x{job='a'})",
    "r:x > 2",
    "x",
)
LABELS = ({}, {"severity": "page"}, {"level": "{{ if gt $value 2.0 }}high{{ else }}low{{ end }}"})
HOLDS = ("0s", "1m", "2m", "5m")


def values(chance):
    """Write a random walk with gaps; a gap begins with the stale mark that a vanished series has in Prometheus."""
    words, there = [], True
    for _ in range(LENGTH):
        if chance.random() < 0.15:
            words.append("stale" if there else "_")
            there = False
        else:
            words.append(str(chance.choice([0, 1, 2, 3, 4])))
            there = True
    return " ".join(words)


def case(chance):
    """Make up a group of rules and the series that they read."""
    alerts = [
        {
            "alert": f"A{number}",
            "expr": chance.choice(EXPRESSIONS),
            "for": chance.choice(HOLDS),
            "keep_firing_for": chance.choice(HOLDS),
            "labels": chance.choice(LABELS),
        }
        for number in range(4)
    ]
    group = {"name": "g", "rules": [{"record": "r:x", "expr": "x * 2", "labels": {"by": "r"}}, *alerts]}
    names = [f'{name}{{job="{job}"}}' for name in "xy" for job in "ab"]
    return group, [{"series": name, "values": values(chance)} for name in names]


def evaluated(group, inputs):
    """Evaluate with our engine; return the samples of the rules' own series at each minute."""
    groups = parse(json.dumps({"groups": [group]}), compat=Compat.PROMETHEUS_2)
    series, engine = start(groups, MINUTE, compat=Compat.PROMETHEUS_2)
    for snapshot in snapshots(inputs, MINUTE, (LENGTH - 1) * MINUTE):
        series.append(snapshot)
        engine.evaluate(from_ms(snapshot.at))
    assert not [rule.error for group in engine.groups() for rule in group.rules if rule.error]
    return {
        (name, minute): compile_query(name).at(series.view(), minute * MINUTE).samples
        for name in ("ALERTS", "ALERTS_FOR_STATE", "r:x")
        for minute in range(LENGTH)
    }


def written(sample):
    """Write a sample as promtool's unit tests expect it."""
    pairs = dict(sample.labels)
    name = pairs.pop("__name__")
    inner = ", ".join(f"{label}={json.dumps(text)}" for label, text in pairs.items())
    return {"labels": f"{name}{{{inner}}}", "value": sample.value}


@pytest.mark.needs("promtool")
def test_alert_states_are_those_of_prometheus(tmp_path):
    chance = random.Random(20261120)
    living = 0
    for number in range(CASES):
        group, inputs = case(chance)
        found = evaluated(group, inputs)
        living += sum(map(len, found.values()))
        (tmp_path / f"{number}.rules").write_text(json.dumps({"groups": [group]}))
        expected = [
            {"expr": name, "eval_time": f"{minute}m", "exp_samples": [written(sample) for sample in samples]}
            for (name, minute), samples in found.items()
        ]
        tests = [{"interval": "1m", "input_series": inputs, "promql_expr_test": expected}]
        suite = {"rule_files": [f"{number}.rules"], "evaluation_interval": "1m", "tests": tests}
        (tmp_path / f"{number}.test").write_text(json.dumps(suite))
    status, told = promtool.run("test", "rules", *[f"{number}.test" for number in range(CASES)], cwd=tmp_path)
    assert status == 0, told
    assert living > 20 * CASES
