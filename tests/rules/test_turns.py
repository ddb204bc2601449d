"""What one evaluation leaves for the next: nothing that is remembered may differ from what would be made anew."""

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.alerts import AlertState
from medic.core.clock import from_ms
from medic.core.samples import labels
from rules.expanding import Expander
from rules.expanding import Host as Facts
from rules.files import parse
from rules.labelsets import Catalog
from rules.limits import Limits
from rules.states import NONE, Holds, pending, samples, step
from tests.rules.host import TICK, Host, group, states

RULE = (
    "{alert: A, expr: x > 1, for: 30s, keep_firing_for: 45s, labels: {l: '{{ if gt $value 2.0 }}h{{ end }}'}, "
    "annotations: {v: '{{ $value }}'}}"
)
JOBS = {job: ("x", labels(job=job)) for job in "ab"}


def plainly(rule, alerts, host):
    """Move alerts on without anything that is remembered but they."""
    found = Expander(rule).found(rule.query.samples(rule.query.frame(host.series.view(), host.at)), Facts())
    return step(alerts, found, host.at, Holds(rule.for_ms, rule.keep_firing_ms), lambda _: "")


def written(host):
    """Return what the rules wrote at the newest tick, by name and labels."""
    return {
        (name, tuple(pair for pair in pairs if pair[0] != "__name__")): value
        for name in ("ALERTS", "ALERTS_FOR_STATE")
        for pairs, value in host.value(name).items()
    }


@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.sampled_from([0, 2, 2, 3])), min_size=5, max_size=40))
def test_alerts_and_their_series_are_those_of_evaluations_that_remember_nothing(ticks):
    host = Host(group(RULE))
    [rule] = parse(group(RULE))[0].rules
    alerts = NONE
    for values in ticks:
        told = host.tick({JOBS[job]: value for job, value in values.items()}, y=1)
        alerts = plainly(rule, alerts, host)
        assert [(one.labels, one.annotations, one.value, one.state.value) for one in told] == [
            (one.labels, one.annotations, one.value, one.state.value)
            for one in alerts.values()
            if one.resolved_at in {None, host.at}
        ]
        assert written(host) == {(name, pairs): value for name, pairs, value, _ in samples(alerts)}


def test_an_alert_that_does_not_change_is_told_by_the_very_same_object():
    host = Host(group("{alert: A, expr: x > 1, annotations: {v: '{{ $value }}'}}"))
    [first] = host.tick(x=2)
    assert host.tick(x=2)[0] is first
    assert host.tick(x=2)[0] is first
    [changed] = host.tick(x=3)
    assert (changed.value, changed.annotations) == (3, (("v", "3"),))
    [frozen] = host.tick(x=3, failed=["system"])
    assert astuple(frozen)[:-1] == astuple(changed)[:-1]
    assert frozen.frozen == "collector system failed"
    assert host.tick(x=3)[0].frozen == ""


def test_what_fires_steadily_goes_on_after_a_reload_and_after_a_clock_that_is_set_back():
    rule = "{alert: A, expr: x > 1}"
    host = Host(group(rule))
    for _ in range(3):
        host.tick(x=2)
    host.engine.replace(parse(group(rule)))
    for step_ms in (TICK, TICK, -30_000, TICK, -3_600_000, TICK):
        assert states(host.tick(x=2, step=step_ms)) == {"A": "firing"}
    assert list(host.value("ALERTS").values()) == [1]
    [alert] = host.tick(x=2)
    assert alert.active_at <= from_ms(host.at)
    assert [one.why_resolved for one in host.tick(x=0)] == ["condition false"]
    assert not host.value("ALERTS")


def test_rules_can_go_on_with_alerts_of_before():
    host = Host(group("{alert: A, expr: x > 1, for: 1h}"))
    host.at += TICK
    began = host.at - 3_600_000
    [standing] = host.engine._rules
    [found] = standing._expander.found({Catalog().empty: 2.0}, Facts())
    standing.alerts = {found.labels: pending(found, began)}
    [alert] = host.tick(x=2)
    assert (alert.state, alert.active_at) == (AlertState.FIRING, from_ms(began))
    assert list(host.value("ALERTS_FOR_STATE").values()) == [began // 1000]


def test_it_is_known_when_an_alert_began_to_fire():
    host = Host(group("{alert: A, expr: x > 1, for: 15s}"))
    fired = []
    for value in (2, 2, 2, 0, 2):
        host.tick(x=value)
        fired += [alert.fired_at and alert.fired_at - host.at for alert in host.engine.groups()[0].rules[0].alerts]
    assert fired == [None, 0, -TICK, -2 * TICK, None]


def test_the_window_of_an_alert_is_that_of_its_series_whatever_label_the_rule_gives_it():
    host = Host(group("{alert: A, expr: 'increase(c_total[2m]) >= 0', labels: {job: mine}}"))
    series = ("c_total", labels(job="a"))
    said = [alert.frozen for count in range(6) for alert in host.tick({series: count})]
    assert said[0] == "the window of c_total[2m] is covered by 25%, 80% are needed"


def test_a_rule_that_reads_too_much_fails_alone():
    many = {("x", labels(job=str(number))): 2 for number in range(50)}
    host = Host(group("{record: r, expr: sum(x)}", "{alert: A, expr: y > 1}"), limits=Limits(max_samples=40))
    host.tick(many, y=2)
    [status] = host.engine.groups()
    assert [rule.health for rule in status.rules] == ["err", "ok"]
    assert status.failures == 1
    assert status.rules[0].error.startswith("the query would read more than 40 samples")
    assert states(host.tick(many, y=2)) == {"A": "firing"}


def test_a_rule_that_takes_too_long_fails_alone_and_its_time_is_its_own():
    ticks = iter(range(1000))
    host = Host(
        group("{record: r, expr: 'sum_over_time(x[1m:1m])'}", "{record: s, expr: 'sum_over_time(y[1m:1m])'}"),
        limits=Limits(timeout=1.0, stopwatch=lambda: float(next(ticks))),
    )
    host.tick(x=1, y=1)
    [status] = host.engine.groups()
    assert [rule.error for rule in status.rules] == [
        "the query timed out: make it cheaper, or raise `rules.timeout`"
    ] * 2
    assert [rule.duration for rule in status.rules] == [2, 2]


def test_a_template_and_a_verification_have_the_same_limits():
    notes = "annotations: {n: '{{ query `sum(x)` | first | value }}'}"
    host = Host(group(f"{{alert: A, expr: y > 1, {notes}}}"), limits=Limits(max_samples=40))
    many = {("x", labels(job=str(number))): 2 for number in range(50)}
    [alert] = host.tick(many, y=2)
    assert "would read more than 40 samples" in dict(alert.annotations)["n"]
    since = from_ms(host.at)
    host.tick(many, y=2)
    assert "would read more than 40 samples" in host.engine.condition_of("sum(x)", since, from_ms(host.at)).reason


def test_what_the_templates_of_a_rule_ask_counts_to_its_time():
    ticks = iter(range(1000))
    notes = "annotations: {n: '{{ range query `x` }}{{ query `x` | first | value }}{{ end }}'}"
    host = Host(
        group(f"{{alert: A, expr: x > 1, {notes}}}", "{alert: B, expr: y > 1}"),
        limits=Limits(timeout=20.0, stopwatch=lambda: float(next(ticks))),
    )
    assert states(host.tick({("x", labels(job=str(number))): 2 for number in range(50)}, y=2)) == {"B": "firing"}
    [status] = host.engine.groups()
    assert status.rules[0].error == "the query timed out: make it cheaper, or raise `rules.timeout`"
    assert status.rules[0].duration < 30


def test_slots_without_a_tick_are_counted():
    host = Host(group("{record: r, expr: x}", more="  interval: 30s\n"))
    for step_ms in (TICK, 30_000, 120_000, TICK, TICK):
        host.tick(x=1, step=step_ms)
    [status] = host.engine.groups()
    assert (status.iterations, status.missed, status.interval_ms) == (7, 3, 30_000)


@pytest.mark.parametrize("change", ["{record: s, expr: x}", "{record: r, expr: x, labels: {a: b}}"])
def test_what_a_removed_rule_recorded_ends_at_once(change):
    host = Host(group("{record: r, expr: x}"))
    host.tick(x=1)
    host.engine.replace(parse(group(change)))
    host.tick(x=1)
    assert not [pairs for pairs in host.value("r") if ("a", "b") not in pairs]


def test_what_a_rule_recorded_stays_for_the_lookback_while_it_errs():
    host = Host(group("{record: r, expr: x, labels: {job: same}}"))
    one, two = ("x", labels(job="a")), ("x", labels(job="b"))
    host.tick({one: 7})
    for _ in range(3):
        host.tick({one: 7, two: 7})
    assert list(host.value("r").values()) == [7]
    host.tick({one: 7, two: 7}, step=300_000)
    assert not host.value("r")


def test_what_a_rule_writes_for_another_time_is_not_lost_with_an_offset():
    host = Host(group("{alert: A, expr: x > 1, for: 15s}", more="  query_offset: 15s\n"))
    host.tick(x=2)
    began = host.at + TICK
    assert states(host.tick(x=2)) == {"A": "pending"}
    host.tick(x=2)
    assert list(host.value("ALERTS_FOR_STATE").values()) == [began // 1000]
