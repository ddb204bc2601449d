import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.alerts import AlertState
from rules.states import (
    CONDITION_FALSE,
    NONE,
    RETENTION_MS,
    RULE_REMOVED,
    AlertRuleError,
    Found,
    Holds,
    LimitError,
    check_limit,
    remove,
    samples,
    step,
)

MINUTE = 60_000
A, B = (("alertname", "A"),), (("alertname", "A"), ("job", "b"))


def found(*every, value=1.0):
    return [Found(labels, (), value) for labels in every]


def run(holds, *evaluations):
    """Evaluate once a minute; each evaluation is the labels that the rule finds."""
    alerts, told = NONE, []
    for minute, every in enumerate(evaluations):
        alerts = step(alerts, found(*every), minute * MINUTE, holds, lambda _: CONDITION_FALSE)
        told.append({labels: alert.state.value for labels, alert in alerts.items()})
    return alerts, told


def test_without_for_an_alert_fires_at_once():
    _, told = run(Holds(), [A], [])
    assert told == [{A: "firing"}, {A: "inactive"}]


def test_with_for_an_alert_is_pending_until_it_has_held_so_long():
    _, told = run(Holds(2 * MINUTE), [A], [A], [A], [A])
    assert [states[A] for states in told] == ["pending", "pending", "firing", "firing"]


def test_a_pending_alert_that_goes_away_is_forgotten_and_begins_anew():
    _, told = run(Holds(2 * MINUTE), [A], [A], [], [A], [A], [A])
    assert [states.get(A) for states in told] == ["pending", "pending", None, "pending", "pending", "firing"]


def test_keep_firing_for_bridges_gaps_and_counts_from_the_first_absence():
    _, told = run(Holds(0, 2 * MINUTE), [A], [], [A], [], [], [], [])
    states = ["firing", "firing", "firing", "firing", "firing", "inactive", "inactive"]
    assert [states[A] for states in told] == states


def test_keep_firing_for_does_not_keep_a_pending_alert():
    _, told = run(Holds(5 * MINUTE, 5 * MINUTE), [A], [])
    assert told[-1] == {}


def test_a_resolved_alert_says_when_and_why_and_is_kept_for_a_quarter_of_an_hour():
    evaluations = [[A], *([[]] * 17)]
    alerts, _ = run(Holds(), *evaluations[:17])
    assert (alerts[A].resolved_at, alerts[A].why_resolved) == (MINUTE, CONDITION_FALSE)
    alerts, _ = run(Holds(), *evaluations)
    assert A not in alerts
    assert RETENTION_MS == 15 * MINUTE


def test_a_resolved_alert_that_comes_back_is_a_new_one():
    alerts, told = run(Holds(MINUTE), [A], [A], [], [A])
    assert told[-1] == {A: "pending"}
    assert (alerts[A].active_at, alerts[A].resolved_at, alerts[A].why_resolved) == (3 * MINUTE, None, "")


def test_value_and_annotations_follow_and_the_beginning_stays():
    alerts = step(NONE, [Found(A, (("s", "1"),), 1.0)], 0, Holds(), str)
    alerts = step(alerts, [Found(A, (("s", "2"),), 2.0)], MINUTE, Holds(), str)
    assert (alerts[A].value, alerts[A].annotations, alerts[A].active_at) == (2.0, (("s", "2"),), 0)


def test_equal_labels_are_an_error_and_change_nothing():
    alerts = step(NONE, found(A), 0, Holds(), str)
    before = dict(alerts)
    with pytest.raises(AlertRuleError, match="same labels"):
        step(alerts, found(A, B, B), MINUTE, Holds(), str)
    assert alerts == before


def test_a_removed_rule_resolves_what_fires_and_forgets_the_rest():
    alerts = step(NONE, found(A), 0, Holds(), str)
    alerts = step({**alerts, **step(NONE, found(B), 0, Holds(MINUTE), str)}, found(A, B), 1, Holds(MINUTE), str)
    removed = remove(alerts, 5)
    assert {labels: (alert.resolved_at, alert.why_resolved) for labels, alert in removed.items()} == {
        A: (5, RULE_REMOVED)
    }


def test_the_limit_counts_living_alerts_and_zero_and_less_are_no_limit():
    alerts = step(NONE, found(A, B), 0, Holds(), str)
    check_limit(alerts, 0)
    check_limit(alerts, -1)
    check_limit(alerts, 2)
    with pytest.raises(LimitError, match="exceeded limit of 1 with 2 alerts"):
        check_limit(alerts, 1)
    check_limit(step(alerts, found(A), 1, Holds(), str), 1)


def test_alerts_and_their_beginning_are_written_as_series_while_they_live():
    alerts = step(NONE, found(A), 5_999, Holds(MINUTE), str)
    state = (("alertname", "A"), ("alertstate", "pending"))
    assert [tuple(sample) for sample in samples(alerts)] == [
        ("ALERTS", state, 1.0, None),
        ("ALERTS_FOR_STATE", A, 5.0, None),
    ]
    assert samples(step(step(NONE, found(A), 0, Holds(), str), [], 1, Holds(), str)) == []


@given(
    st.lists(st.sets(st.sampled_from([A, B])), max_size=30),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_an_alert_fires_only_after_holding_and_lives_only_while_found_or_kept(history, hold, keep):
    alerts = NONE
    held = dict.fromkeys((A, B), 0)
    missed = dict.fromkeys((A, B), 0)
    fired = dict.fromkeys((A, B), False)
    for minute, every in enumerate(history):
        alerts = step(alerts, found(*every), minute, Holds(hold, keep), str)
        for labels in (A, B):
            present = labels in every
            missed[labels] = 0 if present else missed[labels] + 1
            bridged = fired[labels] and 0 < missed[labels] <= keep
            held[labels] = held[labels] + 1 if present or bridged else 0
            fired[labels] = (fired[labels] and held[labels] > 0) or held[labels] > hold
            expected = "firing" if fired[labels] else "pending" if held[labels] else "inactive"
            state = alerts[labels].state if labels in alerts else AlertState.INACTIVE
            assert state.value == expected
