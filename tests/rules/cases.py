"""Promtool's unit-test files, run through our own series and engine."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from medic.core.alerts import AlertState
from medic.core.clock import from_ms
from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.durations import parse_duration
from rules.engine import Engine
from rules.files import load
from rules.promql import Compat
from rules.series import Series

_PAIR = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_STEP = re.compile(r"([-+]?(?:[\d.]+(?:e[-+]?\d+)?|Inf|NaN))(?:([-+][\d.]+(?:e[-+]?\d+)?)?x(\d+))?")


def series_of(text):
    """Read ``name{label="value"}``."""
    name, _, inner = text.partition("{")
    return name, labels(dict(_PAIR.findall(inner)))


def values_of(text) -> Iterator[float | None]:
    """Read promtool's shorthand: ``0+1x3 5x2 _ _x2``; None is a missing sample, and ``stale`` is one that ends."""
    for word in str(text).split():
        if word[0] in "_s":
            yield from [None] * int(word.partition("x")[2] or 1)
            continue
        first, step, count = _STEP.fullmatch(word).groups()
        yield from (float(first) + index * float(step or 0) for index in range(int(count or 0) + 1))


def snapshots(inputs, interval_ms, until_ms):
    """Lay the input series out as one snapshot an interval."""
    rows = [(*series_of(each["series"]), list(values_of(each["values"]))) for each in inputs]
    for index in range(until_ms // interval_ms + 1):
        samples = [
            Sample(name, pairs, values[index])
            for name, pairs, values in rows
            if index < len(values) and values[index] is not None
        ]
        yield Snapshot(index * interval_ms, [Family("all", Kind.UNTYPED, "", samples)])


def start(groups, interval_ms, *, compat=Compat.PROMETHEUS_3, **options):
    """Begin with an empty series and an engine on it."""
    series = Series()
    options.setdefault("collectors_of", lambda _: frozenset())
    return series, Engine(groups, series, interval_ms=interval_ms, compat=compat, **options)


def firing_at(groups, inputs, interval_ms, times, *, compat):
    """Evaluate a case; return the firing alerts at each of *times* as (labels, annotations)."""
    series, engine = start(groups, interval_ms, compat=compat)
    found = {}
    for snapshot in snapshots(inputs, interval_ms, max(times)):
        series.append(snapshot)
        alerts = engine.evaluate(from_ms(snapshot.at))
        if snapshot.at in times:
            firing = [alert for alert in alerts if alert.state is AlertState.FIRING]
            found[snapshot.at] = [(dict(alert.labels), dict(alert.annotations)) for alert in firing]
    assert not [rule.error for group in engine.groups() for rule in group.rules if rule.error]
    return found


def differences(path: Path, *, compat):
    """Run a unit-test file (alerts only); return what differs from what it expects."""
    suite = yaml.safe_load(path.read_text())
    groups = load([path.parent / name for name in suite["rule_files"]], compat=compat)
    told = []
    for case in suite["tests"]:
        interval = parse_duration(case["interval"])
        assert interval == parse_duration(suite["evaluation_interval"])
        expectations = case["alert_rule_test"]
        times = {parse_duration(each["eval_time"]) for each in expectations}
        found = firing_at(groups, case["input_series"], interval, times, compat=compat)
        told += [text for each in expectations if (text := _difference(case, each, found))]
    return told


def _difference(case, expectation, found):
    name, time = expectation["alertname"], expectation["eval_time"]
    got = [alert for alert in found[parse_duration(time)] if alert[0]["alertname"] == name]
    wanted = [
        ({**each["exp_labels"], "alertname": name}, each["exp_annotations"]) for each in expectation["exp_alerts"]
    ]
    order = lambda alert: sorted(alert[0].items())  # noqa: E731 - a key for two sorts
    same = sorted(got, key=order) == sorted(wanted, key=order)
    return "" if same else f"{case.get('name')}, {name} at {time}: expected {wanted}, got {got}"
