"""An engine and its series before and after a restart: what goes on, what ends, and what is told of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.clock import from_ms
from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.keeping.encoding import MAGIC, Encoder
from rules.restoring import Restoration
from tests.rules.host import TICK, Host, group, states

MINUTE = 60_000
HOUR = 60 * MINUTE


class Kept(Host):
    """A host whose rows are kept, so that it can be restarted."""

    def __init__(self, content, **options):
        super().__init__(content, **options)
        self.rows = []
        self.series.observer = lambda row: self.rows.append(row)  # noqa: PLW0108 - a test replaces the list

    def restart(self, content, *, down=TICK, torn=0, **options):
        """Begin anew with other rules, the first tick of which comes *down* after the last one of now."""
        after = Kept(content, **options)
        after.at = self.at + down - TICK
        restoration = Restoration(after.series, now=after.at, interval_ms=TICK)
        encoder = Encoder()
        data = MAGIC + b"".join(encoder.frame([row]) for row in self.rows)
        replayed = restoration.replay(data[: len(data) - torn])
        assert bool(replayed.damage) == bool(torn)
        after.rows = list(self.rows)
        after.engine.restore(restoration.before())
        return after

    def tick_slow(self, at, **values):
        """Make a tick of which *values* were measured at another time."""
        self.at += TICK
        samples = [Sample(name, (), value, at) for name, value in values.items()]
        self.series.append(Snapshot(self.at, [Family("all", Kind.UNTYPED, "", samples)]))
        return self.engine.evaluate(from_ms(self.at))

    def latest(self, name):
        return [sample.value for sample in self._vector(name)]

    def _vector(self, name):
        return [Sample("", key, value) for key, value in self.value(name).items()]


PENDING = group("{alert: A, expr: x > 1, for: 2m}")


def ticked(content, ticks, **values):
    host = Kept(content)
    for _ in range(ticks):
        host.tick(**values)
    return host


@pytest.mark.parametrize("down", [TICK, 100_000, 50 * MINUTE])
def test_a_pending_alert_fires_when_it_was_pending_long_enough_and_the_time_down_does_not_count(down):
    host = ticked(PENDING, 5, x=2)  # pending for a minute
    since = host.latest("ALERTS_FOR_STATE")[0]
    after = host.restart(PENDING, down=down)
    told = [states(after.tick(x=2)) for _ in range(6)]
    assert [one["A"] for one in told] == ["pending"] * 4 + ["firing"] * 2
    assert after.latest("ALERTS_FOR_STATE") == [pytest.approx(since + down // 1000, abs=1)]


def test_a_pending_alert_that_is_not_found_again_is_over_and_begins_anew():
    after = ticked(PENDING, 8, x=2).restart(PENDING)
    assert after.tick(x=0) == ()
    assert [states(after.tick(x=2))["A"] for _ in range(9)] == ["pending"] * 8 + ["firing"]


def test_what_fired_goes_on_firing_since_the_same_time():
    host = ticked(PENDING, 20, x=2)
    [before] = host.tick(x=2)
    after = host.restart(PENDING, down=30 * MINUTE)
    [alert] = after.tick(x=3)
    assert (alert.state, alert.value) == ("firing", 3)
    assert (alert.active_at, alert.fingerprint) == (before.active_at, before.fingerprint)
    assert alert.frozen == ""


def test_what_fired_and_is_over_resolves_at_the_first_tick_with_its_reason():
    after = ticked(PENDING, 20, x=2).restart(PENDING)
    [alert] = after.tick(x=0)
    assert (alert.state, alert.why_resolved) == ("inactive", "condition false")
    assert after.tick(x=0) == ()
    assert after.latest("ALERTS") == []


def test_after_an_hour_nothing_comes_back():
    host = ticked(PENDING, 20, x=2)
    assert states(host.restart(PENDING, down=HOUR - TICK).tick(x=2)) == {"A": "firing"}
    after = host.restart(PENDING, down=HOUR + 2 * TICK)
    assert states(after.tick(x=2)) == {"A": "pending"}
    assert after.tick(x=0) == ()
    assert after.latest("ALERTS") == []


def test_what_had_resolved_before_does_not_come_back():
    host = ticked(PENDING, 20, x=2)
    host.tick(x=0)
    after = host.restart(PENDING)
    assert states(after.tick(x=2)) == {"A": "pending"}


def test_alerts_with_templates_come_back_one_by_one():
    content = group("{alert: A, expr: x > 1, for: 1m, labels: {who: '{{ $labels.job }}'}}")
    one, two = ("x", labels(job="a")), ("x", labels(job="b"))
    host = Kept(content)
    for found in [{one: 2}] * 5 + [{one: 2, two: 2}] * 3:
        host.tick(found)
    after = host.restart(content)
    assert [alert.state.value for alert in after.tick({one: 2, two: 2})] == ["firing", "pending"]
    assert [alert.state.value for alert in after.tick({one: 2, two: 2})] == ["firing", "pending"]
    assert [alert.state.value for alert in after.tick({one: 2, two: 2})] == ["firing", "firing"]


def test_an_alert_about_what_is_measured_slowly_waits_for_its_collector_and_heals_nothing():
    host = Kept(PENDING)
    for _ in range(20):
        host.tick_slow(host.at, x=2.0)
    after = host.restart(PENDING, down=20 * MINUTE)
    [waits] = after.tick()
    assert (waits.state, waits.frozen) == ("firing", "its series have not been measured since the start")
    [found] = after.tick_slow(after.at, x=2.0)
    assert (found.state, found.frozen, found.active_at) == ("firing", "", waits.active_at)
    [over] = after.tick_slow(after.at, x=0.0)
    assert over.state == "inactive"


def test_what_is_never_measured_again_is_over_after_two_minutes():
    host = Kept(PENDING)
    for _ in range(20):
        host.tick_slow(host.at, x=2.0)
    after = host.restart(PENDING, down=20 * MINUTE)
    told = [[alert.state.value for alert in after.tick()] for _ in range(10)]
    assert told == [["firing"]] * 8 + [["inactive"], []]


def test_a_pending_alert_about_what_is_measured_slowly_does_not_count_the_wait():
    host = Kept(PENDING)
    for _ in range(6):
        host.tick_slow(host.at, x=2.0)
    after = host.restart(PENDING, down=20 * MINUTE)
    assert [after.tick(), after.tick()] == [(), ()]
    told = [states(after.tick_slow(after.at, x=2.0))["A"] for _ in range(5)]
    assert told == ["pending"] * 3 + ["firing"] * 2


def test_keep_firing_for_begins_anew_after_a_restart():
    content = group("{alert: A, expr: x > 1, keep_firing_for: 1m}")
    host = ticked(content, 3, x=2)
    host.tick(x=0)
    after = host.restart(content)
    assert [[alert.state.value for alert in after.tick(x=0)] for _ in range(5)] == [["firing"]] * 4 + [["inactive"]]


def test_a_rule_whose_evaluation_fails_keeps_what_came_back():
    content = group("{alert: A, expr: x > 1, labels: {job: same}}")
    after = ticked(content, 3, x=2).restart(content)
    one, two = ("x", labels(job="a")), ("x", labels(job="b"))
    [alert] = after.tick({one: 2, two: 2})
    assert (alert.state, alert.frozen[:14]) == ("firing", "the rule errs:")
    [alert] = after.tick(x=2)
    assert (alert.state, alert.frozen) == ("firing", "")


def test_series_of_rules_that_are_gone_end_at_the_first_tick_and_those_taken_over_do_not():
    content = group("{record: 'a:x', expr: x}", "{record: 'b:x', expr: x}", "{alert: A, expr: x > 1}")
    after = ticked(content, 5, x=2).restart("groups:\n- name: other\n  rules:\n  - {record: 'b:x', expr: x}\n")
    assert after.tick(x=2) == ()
    assert (after.latest("a:x"), after.latest("b:x"), after.latest("ALERTS")) == ([], [2], [])


def test_a_recording_rule_that_gives_nothing_any_more_ends_its_series_at_the_first_tick():
    content = group("{record: 'a:x', expr: x > 1}")
    after = ticked(content, 5, x=2).restart(content)
    after.tick(x=0)
    assert after.latest("a:x") == []


def test_a_rule_that_recorded_before_and_alerts_now_begins_anew_and_ends_what_it_wrote():
    after = ticked(group("{record: A, expr: x}"), 5, x=2).restart(PENDING)
    assert states(after.tick(x=2)) == {"A": "pending"}
    assert after.latest("A") == []


def test_windows_go_on_over_the_restart():
    content = group("{record: 'a:x', expr: x}")
    host = Kept(content)
    for number in range(20):
        host.tick(c_total=number * 15)
    after = host.restart(content, down=45_000)
    after.tick(c_total=20 * 15 + 30)
    assert after.latest("sum_over_time(c_total[1m])") == [19 * 15 + 330]
    assert after.latest("changes(c_total[10m])") == [20]
    assert after.latest("increase(c_total[5m])") == [pytest.approx(330 / 330 * 300, rel=0.02)]


def test_windows_that_were_covered_before_are_covered_after_a_short_pause_only():
    content = group("{alert: A, expr: 'absent_over_time(y[10m]) > 0'}")
    host = ticked(content, 41, x=1)
    [alert] = host.tick(x=1)
    assert alert.frozen == ""
    assert host.restart(content, down=MINUTE).tick(x=1)[0].frozen == ""
    assert "is covered by 0%" in host.restart(content, down=5 * MINUTE).tick(x=1)[0].frozen


def test_a_group_with_a_query_offset_counts_its_own_time():
    content = group("{alert: A, expr: x > 1, for: 2m}", more="  query_offset: 30s\n")
    host = ticked(content, 7, x=2)
    told = [states(host.restart(content).tick(x=2))["A"]]
    assert told == ["pending"]
    after = host.restart(content)
    assert [states(after.tick(x=2))["A"] for _ in range(5)] == ["pending"] * 4 + ["firing"]


def test_rows_of_the_future_are_left_out():
    host = ticked(PENDING, 20, x=2)
    after = host.restart(PENDING, down=-10 * TICK)
    [alert] = after.tick(x=2)
    assert alert.state == "firing"
    assert after.latest("count_over_time(x[1h])") == [10]


def test_a_torn_end_costs_what_was_torn_and_no_more():
    host = ticked(PENDING, 20, x=2)
    after = host.restart(PENDING, torn=3)
    assert states(after.tick(x=2)) == {"A": "firing"}


@pytest.mark.parametrize("ms", [0, 1, 999])
def test_a_pending_alert_of_fractions_of_a_second_fires_at_its_very_time(ms):
    content = group("{alert: A, expr: x > 1, for: 30500ms}")
    host = Kept(content)
    host.at += ms
    for _ in range(3):
        host.tick(x=2)
    after = host.restart(content, down=20_001)
    assert [states(after.tick(x=2))["A"] for _ in range(2)] == ["pending", "firing"]


def test_after_a_second_restart_the_time_of_both_pauses_does_not_count():
    host = ticked(PENDING, 3, x=2)
    again = host.restart(PENDING, down=10 * MINUTE)
    again.tick(x=2)
    again.rows = host.rows + [row for row in again.rows if row not in host.rows]
    last = again.restart(PENDING, down=7 * MINUTE)
    assert [states(last.tick(x=2))["A"] for _ in range(7)] == ["pending"] * 6 + ["firing"]


@given(
    st.lists(st.booleans(), min_size=1, max_size=30),
    st.integers(1, 29),
    st.sampled_from([0, 15, 60, 300]),
    st.sampled_from([1, 3, 7, 100]),
)
def test_whenever_it_is_restarted_an_alert_moves_as_if_the_evaluation_had_only_come_later(truths, cut, hold, down):
    content = group(f"{{alert: A, expr: x > 1, for: {hold}s}}")
    whole = [states(host.tick(x=2 if truth else 0)) for host in [Kept(content)] for truth in truths]
    host, told = Kept(content), []
    for number, truth in enumerate(truths):
        if number == cut:
            host = host.restart(content, down=down * TICK)
        told.append(states(host.tick(x=2 if truth else 0)))
    assert told == delayed(whole, truths, cut, hold)


def delayed(whole, truths, cut, hold):
    """Of an alert that is pending at the cut the time between two evaluations is lost; nothing else is."""
    if cut >= len(truths) or not all(truths[cut - 1 : cut + 1]) or whole[cut - 1] != {"A": "pending"}:
        return whole
    began = max((number for number in range(cut) if not truths[number]), default=-1) + 1
    expected = list(whole)
    for number in range(cut, len(truths)):
        if not truths[number]:
            break
        expected[number] = {"A": "firing" if (number - began - 1) * 15 >= hold else "pending"}
    else:
        return expected
    was_pending = expected[number - 1] == {"A": "pending"}
    return [*expected[:number], {} if was_pending else {"A": "inactive"}, *whole[number + 1 :]]
