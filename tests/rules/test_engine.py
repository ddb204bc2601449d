from datetime import timedelta

import pytest

from medic.core.alerts import AlertState
from medic.core.clock import from_ms
from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.conditions import Truth
from rules.engine import Engine
from rules.files import parse
from rules.metrics import families
from rules.promql import compile_query
from rules.series import Series

TICK = 15_000
COLLECTORS = {"x": {"system"}, "y": {"queues"}, "c_total": {"queues"}}


class Host:
    """A series and an engine that are ticked by hand."""

    def __init__(self, content, **options):
        self.series = Series()
        options.setdefault("collectors_of", lambda name: frozenset(COLLECTORS.get(name, ())))
        self.engine = Engine(parse(content), self.series, interval_ms=TICK, **options)
        self.at = 1_000_000_000

    def tick(self, values=None, *, failed=(), step=TICK, **more):
        """Store one snapshot of ``name`` or ``name{a="b"}``-like keys and evaluate."""
        self.at += step
        samples = [Sample(*key, value) for key, value in (values or {}).items()]
        samples += [Sample(name, (), value) for name, value in more.items()]
        self.series.append(Snapshot(self.at, [Family("all", Kind.UNTYPED, "", samples)]))
        return self.engine.evaluate(from_ms(self.at), frozenset(failed))

    def value(self, expression):
        """Evaluate an expression now, as {labels: value}."""
        vector = compile_query(expression).at(self.series.view(), self.at)
        return {sample.labels: sample.value for sample in vector.samples}

    def condition(self, alert, *, since):
        return self.engine.condition(alert, from_ms(since), from_ms(self.at))


def group(*rules, more=""):
    return f"groups:\n- name: g\n{more}  rules:\n" + "".join(f"  - {rule}\n" for rule in rules)


def states(alerts):
    return {alert.name: alert.state.value for alert in alerts}


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


def test_an_alert_on_a_recording_rule_that_errs_is_frozen():
    host = Host(group("{record: 'a:x', expr: x, labels: {job: same}}", "{alert: A, expr: 'a:x > 1'}"))
    one, two = ("x", labels(job="a")), ("x", labels(job="b"))
    host.tick({one: 2})
    [alert] = host.tick({one: 2, two: 2})
    assert alert.frozen == "the recording rule a:x errs"


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


def test_verification_looks_only_at_what_came_since():
    host = Host(group("{alert: A, expr: 'increase(c_total[5m]) > 0', annotations: {a: b}}"))
    for count in range(5):
        alerts = host.tick(c_total=count)
    [alert] = alerts
    healed = host.at
    assert host.condition(alert, since=healed) == host.condition(alert, since=healed)
    assert host.condition(alert, since=healed).reason == "nothing was measured since then"
    host.tick(c_total=4)
    found = host.condition(alert, since=healed)
    assert (found.truth, found.holds) == (Truth.UNKNOWN, None)
    assert found.reason == "c_total[5m] has 1 samples since then, 2 are needed"
    [alert] = host.tick(c_total=4)
    assert alert.state is AlertState.FIRING
    found = host.condition(alert, since=healed)
    assert (found.truth, found.holds) == (Truth.FALSE, False)
    host.tick(c_total=5)
    found = host.condition(alert, since=healed)
    assert (found.truth, found.holds) == (Truth.TRUE, True)


def test_verification_is_about_this_alert_alone():
    host = Host(group("{alert: A, expr: 'x > 1'}"))
    one, two = ("x", labels(job="a")), ("x", labels(job="b"))
    first, second = host.tick({one: 2, two: 2})
    healed = host.at
    host.tick({one: 0, two: 2})
    assert host.condition(first, since=healed).truth is Truth.FALSE
    assert host.condition(second, since=healed).truth is Truth.TRUE


def test_verification_waits_for_the_rules_minimum():
    ratio = "increase(e_total[5m]) / increase(c_total[5m]) > 0.5 and increase(c_total[5m]) >= 3"
    host = Host(group(f"{{alert: A, expr: '{ratio}'}}"))
    for count in range(10):
        alerts = host.tick(c_total=count, e_total=count)
    [alert] = alerts
    healed = host.at
    told = []
    for count in range(10, 16):
        host.tick(c_total=count, e_total=9)
        found = host.condition(alert, since=healed)
        told.append((found.truth, found.reason))
    assert told[1] == (Truth.UNKNOWN, "less happened since then than the rule's minimum")
    assert told[-1] == (Truth.FALSE, "the condition is false")


def test_a_second_condition_is_no_minimum():
    host = Host(group("{alert: A, expr: x > 1 and y >= 3}"))
    [alert] = host.tick(x=2, y=3)
    healed = host.at
    host.tick(x=2, y=0)
    assert host.condition(alert, since=healed).truth is Truth.FALSE


def test_labels_that_the_rule_invents_do_not_hide_its_series():
    rule = '{alert: A, expr: \'label_replace(x, "job", "z", "", "") > 1\', labels: {s: t}}'
    host = Host(group(rule))
    series = ("x", labels(job="a", s="u"))
    [alert] = host.tick({series: 2})
    healed = host.at
    [alert] = host.tick({series: 0})
    assert alert.why_resolved == "condition false"
    assert host.condition(alert, since=healed).truth is Truth.FALSE


def test_verification_of_what_is_gone_is_unknown():
    host = Host(group("{alert: A, expr: 'x > 1'}"))
    [alert] = host.tick({("x", labels(job="a")): 2, ("x", labels(job="b")): 0})
    healed = host.at
    host.tick({("x", labels(job="b")): 0}, step=600_000)
    found = host.condition(alert, since=healed)
    assert found.truth is Truth.UNKNOWN


def test_verification_of_an_absence_that_ended_is_false_and_of_one_that_lasts_true():
    host = Host(group("{alert: A, expr: absent(x)}"))
    [alert] = host.tick(y=1)
    healed = host.at
    assert host.condition(alert, since=healed).truth is Truth.UNKNOWN
    host.tick(y=1)
    assert host.condition(alert, since=healed).truth is Truth.TRUE
    host.tick(x=1)
    assert host.condition(alert, since=healed).truth is Truth.FALSE


def test_the_branch_of_an_or_that_this_host_does_not_have_is_not_waited_for():
    host = Host(group("{alert: A, expr: x > 1 or nowhere > 1}"))
    [alert] = host.tick(x=2)
    healed = host.at
    host.tick(x=0)
    assert host.condition(alert, since=healed).truth is Truth.FALSE


def test_of_two_rules_that_make_the_same_alert_the_one_that_has_it_is_asked():
    host = Host(group("{alert: A, expr: nowhere > 1}", "{alert: A, expr: y > 1}"))
    [alert] = host.tick(y=2)
    healed = host.at
    host.tick(y=0)
    assert host.condition(alert, since=healed).truth is Truth.FALSE


def test_an_alert_of_another_rule_with_the_same_name_is_told_apart_by_its_fixed_labels():
    host = Host(group("{alert: A, expr: x > 1, labels: {s: a}}", "{alert: A, expr: y > 1, labels: {s: b}}"))
    [alert] = host.tick(x=0, y=2)
    healed = host.at
    host.tick(x=2, y=0)
    assert host.condition(alert, since=healed).truth is Truth.FALSE


def test_an_alert_from_before_a_restart_is_judged_by_the_rules_that_could_have_made_it():
    host = Host(group("{alert: A, expr: y > 1}"))
    [alert] = host.tick(y=2)
    again = Host(group("{alert: A, expr: y > 1}"))
    again.tick(y=0)
    again.tick(y=0)
    assert again.condition(alert, since=again.at - 1).truth is Truth.FALSE


def test_an_alert_that_no_rule_makes_is_unknown():
    host = Host(group("{alert: A, expr: x > 1}"))
    [alert] = host.tick(x=2)
    host.engine.replace(parse(group("{alert: B, expr: x > 1}")))
    host.tick(x=2)
    found = host.condition(alert, since=host.at - 1)
    assert (found.truth, found.reason) == (Truth.UNKNOWN, "no rule makes the alert A with these labels")


def test_an_expression_of_ones_own_states_the_trouble():
    host = Host(group("{alert: A, expr: x > 1}"))
    host.tick(x=2)
    since = from_ms(host.at)

    def ask(text):
        return host.engine.condition_of(text, since, from_ms(host.at)).truth

    assert ask("x > 1") is Truth.UNKNOWN
    host.tick(x=2)
    assert ask("x > 1") is Truth.TRUE
    assert ask("x == 2 and x > 5") is Truth.FALSE
    assert ask("x == 2 and count_over_time(x[1m]) >= 9") is Truth.UNKNOWN
    assert ask("x - 2") is Truth.TRUE
    assert ask("nowhere > 1") is Truth.UNKNOWN
    assert ask("1 > bool 2") is Truth.FALSE
    assert ask("1") is Truth.TRUE
    assert ask("x >") is Truth.UNKNOWN


def test_the_rules_are_measured_from_the_start():
    host = Host(group("{alert: A, expr: x > 1, for: 1m}", "{alert: B, expr: x > 2}", "{record: r, expr: x}"))
    durations, failures, alerts = families(host.engine.groups())
    assert not durations.samples
    assert [sample.labels for sample in failures.samples] == [(("rule_group", "rules.yml;g"),)]
    assert {sample.value for sample in alerts.samples} == {0}
    host.tick(x=2)
    durations, failures, alerts = families(host.engine.groups())
    assert durations.samples[0].value > 0
    assert {sample.labels: sample.value for sample in alerts.samples} == {
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
