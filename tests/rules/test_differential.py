"""Alert states against the real Prometheus: random rules over random series, compared at every minute.

Our engine is fed as the daemon feeds it, a tick a minute; what it gives is written as the expectation of a unit test,
and promtool has to find it right: firing alerts with their annotations, ALERTS, ALERTS_FOR_STATE and recorded series.
Where a rule errs, promtool's test ends: it must err at the same minute, and agree with all that came before.
"""

import json
import re
from dataclasses import dataclass, field
from random import Random

import pytest

from medic.core.alerts import AlertState
from medic.core.clock import from_ms
from medic.core.samples import Family, Kind, Sample, Snapshot
from rules.engine import Engine
from rules.files import parse
from rules.promql import Compat, compile_query
from rules.series import Series
from rules.testing.files import run_file
from rules.testing.notation import Mark, read_series
from tests.rules import promtool
from tests.rules.inventing import LENGTH, invent

MINUTE = 60_000
SITE = {"external_labels": {"site": "here"}, "external_url": "http://medic:1"}


@dataclass
class Found:
    """What our engine gives."""

    alerts: list[dict] = field(default_factory=list)
    """Expected alerts, as unit tests have them."""
    samples: list[dict] = field(default_factory=list)
    minutes: int = 0
    """How many minutes were evaluated without an error."""
    erring: tuple[str, ...] = ()
    """The rules that then erred."""


def snapshots(inputs):
    """Lay the series out as ticks: a series that a tick lacks has vanished."""
    rows = [read_series(f"{each['series']} {each['values']}") for each in inputs]
    for index in range(LENGTH):
        samples = [
            Sample(dict(labels)["__name__"], labels[1:], points[index])
            for labels, points in rows
            if not isinstance(points[index], Mark)
        ]
        yield Snapshot(index * MINUTE, [Family("all", Kind.UNTYPED, "", samples)])


def evaluated(invention, compat):
    """Evaluate with our engine, up to an error."""
    groups = parse(json.dumps({"groups": invention.groups}), compat=compat)
    names = sorted({rule.name for group in groups for rule in group.rules if hasattr(rule, "for_ms")})
    asked = [
        compile_query(f"{name} >= -Inf", compat=compat) for name in ("ALERTS", "ALERTS_FOR_STATE", *invention.recorded)
    ]
    series, found = Series(), Found()
    options = {"external_labels": SITE["external_labels"], "external_url": SITE["external_url"], "compat": compat}
    engine = Engine(groups, series, interval_ms=MINUTE, collectors_of=lambda _: frozenset(), **options)
    for snapshot in snapshots(invention.inputs):
        series.append(snapshot)
        alerts = engine.evaluate(from_ms(snapshot.at))
        found.erring = tuple(rule.rule.name for group in engine.groups() for rule in group.rules if rule.error)
        if found.erring:
            break
        at = f"{found.minutes}m"
        found.alerts += [{"eval_time": at, "alertname": name, "exp_alerts": firing(alerts, name)} for name in names]
        found.samples += [
            {
                "expr": query.text,  # without NaN, which is never as promtool expects it
                "eval_time": at,
                "exp_samples": [written(sample) for sample in query.at(series.view(), snapshot.at).samples],
            }
            for query in asked
        ]
        found.minutes += 1
    return found


def firing(alerts, name):
    """Write the firing alerts of a name as promtool's unit tests expect them."""
    return [
        {"exp_labels": dict(alert.labels), "exp_annotations": dict(alert.annotations)}
        for alert in alerts
        if alert.name == name and alert.state is AlertState.FIRING
    ]


def written(sample):
    """Write a sample as promtool's unit tests expect it."""
    pairs = dict(sample.labels)
    name = pairs.pop("__name__")
    inner = ", ".join(f"{label}={json.dumps(text)}" for label, text in pairs.items())
    return {"labels": f"{name}{{{inner}}}", "value": sample.value}


def write_suite(folder, name, invention, checks):
    """Write a unit test with its rule file."""
    (folder / f"{name}.rules").write_text(json.dumps({"groups": invention.groups}))
    suite = {
        "rule_files": [f"{name}.rules"],
        "group_eval_order": [group["name"] for group in invention.groups],
        "tests": [{"interval": "1m", "input_series": invention.inputs, **SITE, **checks}],
    }
    (folder / f"{name}.test").write_text(json.dumps(suite, indent=1).replace("Infinity", ".inf"))


def write_suites(folder, name, invention, found):
    """Write what must pass, and where a rule errs one that must fail; return the names of both."""
    if found.minutes:
        write_suite(folder, name, invention, {"alert_rule_test": found.alerts, "promql_expr_test": found.samples})
    if found.erring:
        at = f"{found.minutes}m"
        write_suite(folder, f"{name}-err", invention, {"promql_expr_test": [{"expr": "vector(1)", "eval_time": at}]})
    return [f"{name}.test"] * bool(found.minutes), [f"{name}-err.test"] * bool(found.erring)


def compare(folder, *, seed, cases, compat):
    """Compare so many cases with promtool; return how many minutes, firing alerts and errors there were."""
    chance = Random(seed)
    sums = {"minutes": 0, "firing": 0, "samples": 0, "errors": 0}
    passing, failing = [], {}
    for number in range(cases):
        invention = invent(chance, off_edges=compat is not Compat.PROMETHEUS_2)
        found = evaluated(invention, compat)
        well, wrong = write_suites(folder, str(number), invention, found)
        passing += well
        failing |= dict.fromkeys(wrong, found)
        sums["minutes"] += found.minutes
        sums["firing"] += sum(len(each["exp_alerts"]) for each in found.alerts)
        sums["samples"] += sum(len(each["exp_samples"]) for each in found.samples)
        sums["errors"] += bool(wrong)
    told = promtool.tested([*passing, *failing], cwd=folder)
    assert {name: told[name] for name in passing if told[name]} == {}
    for name, found in failing.items():
        assert errors(told[name]) == (found.minutes, tuple(sorted(found.erring))), (name, told[name])
    for name in (*passing, *failing):
        assert run_file(folder / name, compat=compat).passed is (name in passing), name
    return sums


def errors(told):
    """Read from promtool's words which rules erred, and when."""
    found = re.findall(r"rule: (\S+), time: (?:(\d+)m)?0s, err:", told)
    minutes = {int(minute or 0) for _, minute in found}
    return (*minutes, tuple(sorted(name for name, _ in found)))


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("compat", list(Compat))
def test_alert_states_are_those_of_prometheus(tmp_path, compat):
    sums = compare(tmp_path, seed=20261120, cases=25, compat=compat)
    assert sums["minutes"] > 200
    assert sums["firing"] > 200
    assert sums["samples"] > 2000


@pytest.mark.stress
@pytest.mark.needs("promtool")
@pytest.mark.parametrize("compat", list(Compat))
@pytest.mark.parametrize("seed", range(10))
def test_alert_states_are_those_of_prometheus_in_500_cases(tmp_path, seed, compat):
    assert compare(tmp_path, seed=seed, cases=50, compat=compat)["errors"] > 0
