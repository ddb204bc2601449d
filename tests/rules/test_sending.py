"""What Alertmanagers are told, tick by tick, against Prometheus' own schedule."""

from hypothesis import given
from hypothesis import strategies as st

from medic.core.clock import from_ms
from medic.core.samples import labels
from rules.files import parse
from rules.sending import Message, due
from tests.rules.host import TICK, Host, group

MINUTE = 60_000
A = labels(alertname="A")
RULE = "{alert: A, expr: x > 1, annotations: {v: 'is {{ $value }}'}}"
ONE = group(RULE)


class Wire:
    """A host whose due messages are taken down."""

    def __init__(self, content=ONE, resend=MINUTE, **options):
        self.host = Host(content, **options)
        self.resend = resend
        self.memory = {}

    @property
    def at(self):
        return self.host.at

    def tick(self, *arguments, **values):
        alerts = self.host.tick(*arguments, **values)
        self.memory, messages = due(self.memory, self.host.engine.groups(), alerts, self.at, resend_ms=self.resend)
        return list(messages)


def test_an_alert_is_sent_when_it_begins_to_fire_and_is_valid_for_four_resends():
    wire = Wire()
    assert wire.tick(x=1) == []
    assert wire.tick(x=2) == [Message(A, labels(v="is 2"), wire.at, wire.at + 4 * MINUTE, "x > 1")]


def test_a_pending_alert_is_not_sent_and_starts_when_it_fires():
    wire = Wire(group("{alert: A, expr: x > 1, for: 30s}"))
    assert wire.tick(x=2) == wire.tick(x=2) == []
    [message] = wire.tick(x=2)
    assert message.starts_at == wire.at


def test_it_is_sent_again_at_the_first_evaluation_after_the_resend_delay():
    wire = Wire()
    [first] = wire.tick(x=2)
    assert [len(wire.tick(x=2)) for _ in range(11)] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]
    [again] = [*wire.tick(x=2), *wire.tick(x=2), *wire.tick(x=2), *wire.tick(x=2)]
    assert (again.starts_at, again.ends_at) == (first.starts_at, wire.at + 4 * MINUTE)


def test_a_message_tells_the_annotations_of_its_own_time():
    wire = Wire(resend=1)
    wire.tick(x=2)
    [again] = wire.tick(x=3)
    assert again.annotations == labels(v="is 3")


def test_a_group_that_is_rarer_than_resends_sends_at_its_evaluations_and_is_valid_for_four_of_them():
    wire = Wire(group(RULE, more="  interval: 5m\n"))
    told = [wire.tick(x=2) for _ in range(41)]
    assert [place for place, messages in enumerate(told) if messages] == [0, 20, 40]
    [last] = told[-1]
    assert last.ends_at == wire.at + 20 * MINUTE


def test_a_resolved_alert_is_told_at_once_and_again_for_a_quarter_of_an_hour():
    wire = Wire()
    [first] = wire.tick(x=2)
    [over] = wire.tick(x=0)
    assert over == Message(A, first.annotations, first.starts_at, wire.at, "x > 1")
    told = [(messages, wire.at) for messages in (wire.tick(x=0) for _ in range(80)) if messages]
    assert {message for messages, _ in told for message in messages} == {over}
    assert [at - over.ends_at for _, at in told] == [75_000 * n for n in range(1, 13)]
    assert wire.memory == {}


def test_an_alert_that_fires_again_is_told_at_once_with_a_new_start():
    wire = Wire()
    wire.tick(x=2)
    wire.tick(x=0)
    [again] = wire.tick(x=2)
    assert (again.starts_at, again.ends_at) == (wire.at, wire.at + 4 * MINUTE)


def test_an_alert_of_a_rule_that_errs_is_not_sent_until_it_errs_no_more_as_in_prometheus():
    wire = Wire(group("{alert: A, expr: x > on() y}"), resend=1)
    assert len(wire.tick(x=2, y=1)) == 1
    twice = {("y", labels(n="1")): 1, ("y", labels(n="2")): 1}
    assert wire.tick(twice, x=2) == []
    assert len(wire.tick(x=2, y=1)) == 1


def test_what_fired_under_a_rule_that_is_gone_is_told_as_over_once():
    wire = Wire()
    [first] = wire.tick(x=2)
    wire.host.engine.replace(parse(group("{alert: B, expr: x > 9}")))
    [over] = wire.tick(x=2)
    assert (over.labels, over.starts_at, over.ends_at, over.expression) == (A, first.starts_at, wire.at, "x > 1")
    assert wire.tick(x=2) == []


def test_a_reload_that_changes_a_threshold_goes_on_with_the_same_alert():
    wire = Wire()
    [first] = wire.tick(x=9)
    wire.host.engine.replace(parse(group("{alert: A, expr: x > 5, annotations: {v: 'is {{ $value }}'}}")))
    told = [message for _ in range(5) for message in wire.tick(x=9)]
    assert [(each.starts_at, each.expression) for each in told] == [(first.starts_at, "x > 5")]


def test_of_two_rules_that_make_the_same_alert_the_one_that_fires_counts():
    wire = Wire(group("{alert: A, expr: sum(x) > 1}", "{alert: A, expr: sum(y) > 1}"))
    assert len(wire.tick(x=2, y=2)) == 1
    assert wire.tick(x=0, y=2) == []
    [over] = wire.tick(x=0, y=0)
    assert over.ends_at == wire.at


def test_beyond_its_limit_a_rule_tells_nothing():
    wire = Wire(group("{alert: A, expr: x > 1}", more="  limit: 1\n"))
    assert len(wire.tick({("x", labels(job="a")): 2})) == 1
    assert wire.tick({("x", labels(job="a")): 2, ("x", labels(job="b")): 2}) == []
    assert wire.memory == {}


def test_a_clock_that_was_set_back_keeps_nobody_waiting():
    wire = Wire()
    wire.tick(x=2)
    [again] = wire.tick(x=2, step=-3_600_000)
    assert again.ends_at == wire.at + 4 * MINUTE
    assert again.starts_at <= again.ends_at


def test_nothing_is_due_without_alerts():
    assert due({}, (), (), 0, resend_ms=MINUTE) == ({}, ())


class Prometheus:
    """``needsSending`` and what sets it, written down once more as Prometheus has it: one alert without labels."""

    def __init__(self, hold, resend):
        self.hold, self.resend = hold, resend
        self.active_at = self.fired_at = self.resolved_at = self.sent_at = None

    def step(self, at, true):
        """Return (startsAt, endsAt) of what is sent at an evaluation, or None."""
        if true and (self.active_at is None or self.resolved_at is not None):
            self.active_at, self.fired_at, self.resolved_at, self.sent_at = at, None, None, None
        elif not true and self.active_at is not None:
            if self.fired_at is None or (self.resolved_at is not None and at - self.resolved_at > 15 * MINUTE):
                self.active_at = None
            elif self.resolved_at is None:
                self.resolved_at = at
        if self.active_at is None:
            return None
        if true and self.fired_at is None and at - self.active_at >= self.hold:
            self.fired_at = at
        return self.send(at)

    def send(self, at):
        if self.fired_at is None:
            return None
        news = self.sent_at is None or (self.resolved_at is not None and self.resolved_at > self.sent_at)
        if not news and not self.sent_at + self.resend < at:
            return None
        self.sent_at = at
        return self.fired_at, self.resolved_at or at + 4 * max(self.resend, TICK)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 30)), max_size=20),
    st.sampled_from([0, 15_000, 40_000]),
    st.sampled_from([1, 15_000, 20_000, MINUTE, 20 * MINUTE]),
)
def test_whatever_an_alert_does_it_is_sent_as_prometheus_sends_it(runs, hold, resend):
    wire = Wire(group(f"{{alert: A, expr: x > 1, for: {hold}ms}}"), resend=resend)
    model = Prometheus(hold, resend)
    for true, ticks in runs:
        for _ in range(ticks):
            told = [(each.starts_at, each.ends_at) for each in wire.tick(x=2 if true else 0)]
            wanted = model.step(wire.at, true)
            assert told == ([wanted] if wanted else []), from_ms(wire.at)
