import pytest

from rules.promql import Budget, EvaluationError, compile_query
from tests.rules.promql.engine import MINUTE, load

SERIES = load(*(f'x{{i="{number}"}} 0+1x100' for number in range(10)))
AT = 100 * MINUTE


class Clock:
    """Shows a second more at each look."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1
        return self.now


def budget(samples=10**9, looks=10**9):
    return Budget(max_samples=samples, deadline=float(looks), clock=Clock())


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("x", 10),
        ("x > 1", 10),
        ("x + x", 20),
        ("timestamp(x)", 10),
        ("x[5m]", 50),
        ("rate(x[5m])", 50),
        ("sum(rate(x[5m]))", 50),
        ("avg_over_time(x[5m])", 50),
        ("absent(nothing)", 0),
        ("max_over_time(x[10m:1m])", 100),
        ("rate(x[10m:1m])", 100),
        ("1", 0),
    ],
)
def test_a_query_is_charged_for_each_sample_that_it_reads(text, samples):
    spent = budget(samples)
    compile_query(text).at(SERIES.view(), AT, budget=spent)
    assert spent.spent == samples
    if samples:
        with pytest.raises(EvaluationError, match=rf"more than {samples - 1} samples.*rules\.max_samples"):
            compile_query(text).at(SERIES.view(), AT, budget=budget(samples - 1))


def test_a_query_over_time_is_charged_at_each_step():
    spent = budget()
    compile_query("x").over(SERIES.view(), range(0, 10 * MINUTE, MINUTE), budget=spent)
    assert spent.spent == 100
    with pytest.raises(EvaluationError, match="more than 99 samples"):
        compile_query("x").over(SERIES.view(), range(0, 10 * MINUTE, MINUTE), budget=budget(99))


@pytest.mark.parametrize("text", ["x", "x[1h]", "rate(x[1h])", "max_over_time(x[1h:1m])", "x * on (i) x", "x and x"])
def test_a_query_that_takes_too_long_is_given_up(text):
    with pytest.raises(EvaluationError, match=r"timed out.*rules\.timeout"):
        compile_query(text).at(SERIES.view(), AT, budget=budget(looks=1))


def test_a_query_over_time_looks_at_the_clock_at_each_step():
    with pytest.raises(EvaluationError, match="timed out"):
        compile_query("1").over(SERIES.view(), range(0, 10 * MINUTE, MINUTE), budget=budget(looks=5))


def test_a_subquery_looks_at_the_clock_at_each_step_though_it_reads_nothing():
    with pytest.raises(EvaluationError, match="timed out"):
        compile_query("max_over_time(vector(1)[10m:1m])").at(SERIES.view(), AT, budget=budget(looks=5))


def test_without_a_budget_everything_may_be_read():
    assert compile_query("sum(count_over_time(x[2h]))").at(SERIES.view(), AT).samples[0].value == 1010
