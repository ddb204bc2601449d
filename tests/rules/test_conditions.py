from medic.core.alerts import AlertState
from medic.core.clock import from_ms
from medic.core.samples import labels
from rules.conditions import Truth
from rules.files import parse
from tests.rules.host import Host, group


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
