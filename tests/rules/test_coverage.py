import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.coverage import Coverage
from rules.promql import compile_query
from rules.series import Series

TICK = 15_000
A, B = (("job", "a"),), (("job", "b"),)


def tick(series, at, *jobs, **more):
    samples = [Sample("x_total", labels(job=job, **more), float(at)) for job in jobs]
    series.append(Snapshot(at, [Family("x_total", Kind.COUNTER, "", samples)]))


def coverage(expression):
    return Coverage(compile_query(expression).reaches)


EXPRESSIONS = (
    "rate(x_total[1m])",
    "increase(x_total[3m] offset 1m)",
    "rate(x_total[5m]) + rate(x_total[2m])",
    "max_over_time(rate(x_total[1m])[3m:15s])",
)


@given(
    st.sampled_from(EXPRESSIONS),
    st.lists(st.tuples(st.integers(1, 5), st.sets(st.sampled_from("ab"))), min_size=5, max_size=40),
)
def test_no_window_is_taken_for_covered_because_it_was_once(expression, ticks):
    series, kept, at = Series(), coverage(expression), TICK
    for step, jobs in ticks:
        at += TICK * (step if step > 3 else 1)
        tick(series, at, *sorted(jobs))
        view = series.view()
        fresh = coverage(expression)
        said = kept.lacking(view, at, [A, B], seen_since=0)
        assert list(map(bool, said)) == list(map(bool, fresh.lacking(view, at, [A, B], seen_since=0)))


def test_a_covered_window_is_not_looked_at_again_before_it_can_have_emptied():
    series, kept = Series(), coverage("rate(x_total[5m])")
    for number in range(1, 31):
        tick(series, number * TICK, "a")
    at = 30 * TICK
    assert kept.lacking(series.view(), at, [A], seen_since=0) == [""]
    assert at + 3 * TICK <= kept.until <= at + 60_000


def test_of_the_series_that_an_alert_sums_up_the_best_covered_counts():
    series, kept = Series(), coverage("sum by (job) (rate(x_total[1m]))")
    for number in range(1, 5):
        tick(series, number * TICK, "a", "b", instance="1")
    tick(series, 5 * TICK, "a", instance="1")
    series.append_samples([Sample("x_total", labels(job="b", instance="2"), 1.0)], 5 * TICK, source="s")
    a, b = kept.lacking(series.view(), 5 * TICK, [A, B], seen_since=0)
    assert a == ""
    assert b == "the window of x_total[1m] is covered by 75%, 80% are needed"


@pytest.mark.parametrize(("seen_since", "covered"), [(TICK, False), (0, True)])
def test_a_window_of_nothing_is_covered_when_medic_has_looked_long_enough(seen_since, covered):
    series, kept = Series(), coverage("absent_over_time(nowhere[5m])")
    tick(series, 16 * TICK, "a")
    [said] = kept.lacking(series.view(), 16 * TICK, [()], seen_since=seen_since)
    assert (said == "") is covered
