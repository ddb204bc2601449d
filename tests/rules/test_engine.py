from datetime import timedelta

import pytest

from medic.core.alerts import AlertState
from medic.core.clock import from_ms
from medic.core.samples import labels
from rules.files import parse
from rules.metrics import families
from rules.promql import compile_query
from tests.rules.host import TICK, Host, group, states


def test_alerts_become_pending_fire_and_resolve_with_a_reason():
    host = Host(group("{alert: A, expr: x > 1, for: 15s, labels: {s: t}, annotations: {v: 'is {{ $value }}'}}"))
    assert states(host.tick(x=2)) == {"A": "pending"}
    began = from_ms(host.at)
    [alert] = host.tick(x=3)
    assert (alert.state, alert.active_at, alert.value) == (AlertState.FIRING, began, 3)
    assert alert.labels == (("alertname", "A"), ("s", "t"))
    assert alert.annotations == (("v", "is 3"),)
    [alert] = host.tick(x=0)
    assert (alert.state, alert.resolved_at, alert.why_resolved) == (
        AlertState.INACTIVE,
        from_ms(host.at),
        "condition false",
    )
    assert host.tick(x=0) == ()


def test_an_alert_whose_series_is_gone_says_so():
    host = Host(group("{alert: A, expr: 'x > 1'}"))
    host.tick({("x", labels(job="a")): 2, ("x", labels(job="b")): 2})
    gone, stays = host.tick({("x", labels(job="b")): 2})
    assert (gone.why_resolved, stays.why_resolved) == ("series vanished", "")


def test_what_a_rule_records_is_seen_by_the_rules_after_it_at_the_same_tick():
    host = Host(group("{record: 'a:x', expr: x * 2, labels: {by: r}}", "{alert: A, expr: 'a:x > 3'}"))
    assert states(host.tick(x=2)) == {"A": "firing"}
    assert host.value("a:x") == {(("__name__", "a:x"), ("by", "r")): 4}


def test_alerts_are_series_until_they_resolve():
    host = Host(group("{alert: A, expr: x > 1, for: 15s}"))
    host.tick(x=2)
    assert host.value('ALERTS{alertstate="pending"}')
    began = host.at // 1000
    host.tick(x=2)
    assert not host.value('ALERTS{alertstate="pending"}')
    assert host.value('ALERTS{alertstate="firing"}')
    assert list(host.value("ALERTS_FOR_STATE").values()) == [began]
    host.tick(x=0)
    assert not host.value("ALERTS") | host.value("ALERTS_FOR_STATE")


def test_an_error_freezes_the_alerts_is_counted_and_shown_and_harms_no_other_rule():
    host = Host(
        group(
            "{alert: A, expr: 'x > 1', labels: {job: same}}",
            "{alert: B, expr: y > 1}",
        )
    )
    one, two = ("x", labels(job="a")), ("x", labels(job="b"))
    assert states(host.tick({one: 2}, y=2)) == {"A": "firing", "B": "firing"}
    a, b = host.tick({one: 2, two: 2}, y=2)
    assert a.state is AlertState.FIRING
    assert a.frozen.startswith("the rule errs: two elements of the result have the same labels")
    assert b.frozen == ""
    [status] = host.engine.groups()
    assert (status.failures, [rule.health for rule in status.rules]) == (1, ["err", "ok"])
    a, b = host.tick({one: 2}, y=2)
    assert (a.frozen, host.engine.groups()[0].rules[0].health) == ("", "ok")


def test_an_erring_rule_does_not_resolve_its_alerts():
    host = Host(group("{alert: A, expr: 'x > 1', labels: {job: same}}"))
    one, two, three = (("x", labels(job=job)) for job in "abc")
    host.tick({one: 2})
    [alert] = host.tick({two: 2, three: 2})
    assert alert.state is AlertState.FIRING
    [alert] = host.tick({two: 0})
    assert alert.state is AlertState.INACTIVE


def test_beyond_its_limit_a_rule_has_no_alerts_and_a_recording_rule_no_series():
    host = Host(group("{alert: A, expr: x > 1}", "{record: r, expr: x}", more="  limit: 1\n"))
    one, two = ("x", labels(job="a")), ("x", labels(job="b"))
    assert states(host.tick({one: 2})) == {"A": "firing"}
    assert host.tick({one: 2, two: 2}) == ()
    [status] = host.engine.groups()
    assert [rule.error for rule in status.rules] == [
        "exceeded limit of 1 with 2 alerts: raise the group's `limit:`",
        "exceeded limit of 1 with 2 series: raise the group's `limit:`",
    ]


def test_an_alert_names_the_collectors_that_it_reads_also_through_recording_rules():
    host = Host(group("{record: 'a:x', expr: x}", "{record: 'b:x', expr: 'a:x + y'}", "{alert: A, expr: 'b:x > 1'}"))
    [alert] = host.tick(x=2, y=2)
    assert alert.collectors == {"system", "queues"}
    assert alert.frozen == ""
    [alert] = host.tick(x=2, y=2, failed=["system", "gpu"])
    assert (alert.state, alert.frozen) == (AlertState.FIRING, "collector system failed")


@pytest.mark.parametrize(
    "expression",
    ['{__name__=~"x|z"} > 1', '{job="a",__name__!~"ALERTS.*"} > 1', 'count({__name__=~"[^y]",job="a"}) > 0'],
)
def test_an_alert_of_a_selector_without_a_name_names_the_collectors_of_what_it_selects(expression):
    host = Host(group(f"{{alert: A, expr: '{expression}'}}"))
    values = {("x", labels(job="a")): 2, ("y", labels(job="b")): 2}
    [alert] = host.tick(values)
    assert (alert.collectors, alert.frozen) == ({"system"}, "")
    [alert] = host.tick(values, failed=["system", "queues"])
    assert alert.frozen == "collector system failed"


def test_an_alert_on_alerts_is_frozen_with_the_collectors_of_their_rules():
    host = Host(group("{alert: A, expr: x > 1}", "{alert: B, expr: 'count(ALERTS{alertname=\"A\"}) > 0'}"))
    told = host.tick(x=2, failed=["system"])
    assert [(alert.name, alert.frozen) for alert in told] == [
        ("A", "collector system failed"),
        ("B", "collector system failed"),
    ]


def test_an_alert_on_a_recording_rule_that_errs_is_frozen():
    host = Host(group("{record: 'a:x', expr: x, labels: {job: same}}", "{alert: A, expr: 'a:x > 1'}"))
    one, two = ("x", labels(job="a")), ("x", labels(job="b"))
    host.tick({one: 2})
    [alert] = host.tick({one: 2, two: 2})
    assert alert.frozen == "the rule a:x errs, which it reads"


def test_an_alert_is_frozen_until_four_fifths_of_its_window_are_filled():
    host = Host(group("{alert: A, expr: 'increase(c_total[2m]) > 0'}"))
    frozen = []
    for count in range(1, 10):
        frozen += [alert.frozen for alert in host.tick(c_total=count)]
    assert frozen[0] == "the window of c_total[2m] is covered by 25%, 80% are needed"
    assert [bool(text) for text in frozen] == [True] * 5 + [False] * 3


def test_a_window_of_nothing_is_filled_when_the_engine_has_looked_long_enough():
    host = Host(group("{alert: A, expr: 'absent_over_time(x[1m])'}"))
    frozen = [bool(alert.frozen) for _ in range(6) for alert in host.tick(y=1)]
    assert frozen == [True] * 4 + [False] * 2


def test_a_group_is_due_at_the_first_tick_at_or_after_its_slot():
    host = Host(group("{record: r, expr: x}", more="  interval: 40s\n"))
    due = []
    for tick in range(10):
        host.tick(x=tick)
        due.append(host.engine.groups()[0].evaluated_at == host.at)
    assert due == [True, False, False] * 3 + [True]


def test_ticks_that_come_a_little_early_or_late_leave_the_grid_as_it_is():
    host = Host(group("{record: r, expr: x}", more="  interval: 30s\n"))
    due = []
    for step in (TICK, 14_900, 14_950, 15_200, 14_900, 45_000, 15_050, TICK):
        host.tick(x=1, step=step)
        due.append(host.engine.groups()[0].evaluated_at == host.at)
    assert due == [True, False, True, False, True, True, True, False]


def test_a_clock_that_is_set_back_does_not_stop_the_rules():
    host = Host(group("{record: r, expr: x}", more="  interval: 30s\n"))
    host.tick(x=1)
    host.tick(x=1, step=-3_600_000)
    assert host.engine.groups()[0].evaluated_at == host.at
    host.tick(x=1, step=30_000)
    assert host.engine.groups()[0].evaluated_at == host.at


def test_an_alert_does_not_wait_for_a_time_that_the_clock_had_wrong():
    host = Host(group("{alert: A, expr: x > 1, for: 30s}"))
    host.tick(x=2)
    assert states(host.tick(x=2, step=-3_600_000)) == {"A": "pending"}
    host.tick(x=2)
    assert states(host.tick(x=2)) == {"A": "firing"}


def test_no_rule_judges_by_what_was_stored_under_times_that_the_clock_had_wrong():
    host = Host(group("{alert: A, expr: 'x > 1'}"))
    for _ in range(300):
        host.tick(x=2)
    [alert] = host.tick(y=1, step=-3_600_000)
    assert (alert.state, alert.why_resolved) == (AlertState.INACTIVE, "series vanished")


def test_a_query_offset_looks_back_and_writes_back():
    host = Host(group("{record: r, expr: x}", more="  query_offset: 15s\n"))
    host.tick(x=1)
    host.tick(x=2)
    assert list(host.value("r").values()) == [1]
    assert list(host.value("timestamp(r)").values()) == [host.at / 1000 - 15]


def test_templates_can_ask_the_series():
    notes = "{n: '{{ query \"sum(y)\" | first | value }}', e: '{{ query \"(\" }}'}"
    host = Host(group(f"{{alert: A, expr: x, annotations: {notes}}}"))
    [alert] = host.tick({("y", labels(job="a")): 2, ("y", labels(job="b")): 3}, x=2)
    told = dict(alert.annotations)
    assert told["n"] == "5"
    assert told["e"].startswith("<error expanding template: query '(': ")


def test_templates_know_the_external_labels():
    rule = "{alert: A, expr: x, annotations: {n: '{{ $externalLabels.host }} {{ externalURL }}'}}"
    host = Host(group(rule), external_labels={"host": "h1"}, external_url="http://h1/")
    [alert] = host.tick(x=2)
    assert alert.annotations == (("n", "h1 http://h1/"),)


FOR_15S = "{alert: A, expr: x > 1, for: 15s}"


def test_a_reload_keeps_the_alerts_of_rules_that_did_not_change():
    host = Host(group(FOR_15S))
    host.tick(x=2)
    began = from_ms(host.at)
    host.engine.replace(parse(group("{record: r, expr: x}", "{alert: A, expr: x > 1, for: 30s, annotations: {a: b}}")))
    host.tick(x=2)
    [alert] = host.tick(x=2)
    assert (alert.state, alert.active_at) == (AlertState.FIRING, began)


@pytest.mark.parametrize("change", ["{alert: A, expr: x > 1, labels: {a: b}}", "{alert: B, expr: x > 1}"])
def test_a_reload_resolves_the_alerts_of_rules_that_are_gone(change):
    host = Host(group("{alert: A, expr: x > 1}"))
    host.tick(x=2)
    host.engine.replace(parse(group(change)))
    fresh, old = host.tick(x=2)
    assert (fresh.state, old.state, old.why_resolved) == (AlertState.FIRING, AlertState.INACTIVE, "rule removed")
    assert len(host.value("ALERTS")) == 1
    assert len(host.tick(x=2)) == 1


def test_an_alert_that_another_rule_goes_on_with_is_not_told_as_resolved():
    host = Host(group("{alert: A, expr: x > 1}"))
    host.tick(x=2)
    host.engine.replace(parse(group("{alert: A, expr: x > 1}").replace("name: g", "name: h")))
    [alert] = host.tick(x=2)
    assert alert.state is AlertState.FIRING
    assert len(host.value("ALERTS")) == 1


def test_a_reload_tells_equal_rules_apart_by_their_order():
    host = Host(group(FOR_15S, FOR_15S))
    host.tick(x=2)
    host.engine.replace(parse(group(FOR_15S, FOR_15S)))
    assert [alert.state for alert in host.tick(x=2)] == [AlertState.FIRING] * 2


def test_the_rules_are_measured_from_the_start():
    host = Host(group("{alert: A, expr: x > 1, for: 1m}", "{alert: B, expr: x > 2}", "{record: r, expr: x}"))
    measured = {family.name: family.samples for family in families(host.engine.groups())}
    assert not measured.pop("medic_rule_evaluation_duration_seconds")
    assert {sample.value for sample in measured.pop("medic_alerts")} == {0}
    known = {name: [(sample.labels, sample.value) for sample in samples] for name, samples in measured.items()}
    key = (("rule_group", "rules.yml;g"),)
    assert known == {
        "medic_rule_evaluation_failures_total": [(key, 0)],
        "medic_rule_group_rules": [(key, 3)],
        "medic_rule_group_iterations_total": [(key, 0)],
        "medic_rule_group_iterations_missed_total": [(key, 0)],
    }
    host.tick(x=2)
    measured = {family.name: family.samples for family in families(host.engine.groups())}
    assert measured["medic_rule_evaluation_duration_seconds"][0].value > 0
    assert measured["medic_rule_group_iterations_total"][0].value == 1
    assert {sample.labels: sample.value for sample in measured["medic_alerts"]} == {
        (("alertname", "A"), ("state", "pending")): 1,
        (("alertname", "A"), ("state", "firing")): 0,
        (("alertname", "B"), ("state", "pending")): 0,
        (("alertname", "B"), ("state", "firing")): 0,
    }


def test_the_series_keep_what_the_rules_look_back_on():
    host = Host(group("{alert: A, expr: 'increase(c_total[4h]) > 1e9'}"))
    for _ in range(60):
        host.tick(c_total=1, x=1, step=300_000)
    kept = compile_query("count_over_time(c_total[6h])").at(host.series.view(), host.at).samples[0].value
    assert kept >= timedelta(hours=4) / timedelta(minutes=5)
