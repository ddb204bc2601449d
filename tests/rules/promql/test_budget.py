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


@pytest.mark.parametrize(
    "text", ["rate(x[10m:1m])", "increase(x[10m:1m])", 'rate({i="1"}[10m:1m])', "deriv(x[10m:1m])"]
)
def test_a_subquery_is_evaluated_once_though_annotations_are_looked_for_in_it_too(text):
    plainly, annotated = budget(), budget()
    value = compile_query(text).at(SERIES.view(), AT, budget=plainly)
    answer = compile_query(text).answer(SERIES.view(), AT, budget=annotated)
    assert (answer.value, annotated.spent) == (value, plainly.spent)


def test_subqueries_in_subqueries_are_compiled_once_each_and_evaluated_once_at_each_step():
    text = "x"
    for _ in range(30):
        text = f"rate({text}[1m:1m])"
    compile_query(text)
    spent = budget()
    compile_query("rate(rate(rate(x[2m:1m])[2m:1m])[2m:1m])").answer(SERIES.view(), AT, budget=spent)
    assert spent.spent == 2 * 2 * 2 * 10


def test_a_budget_can_be_renewed_for_the_next_query():
    spent = budget(15)
    for _ in range(3):
        spent.renew(10.0**9)
        compile_query("x").at(SERIES.view(), AT, budget=spent)
        assert spent.spent == 10
    with pytest.raises(EvaluationError, match="more than 15 samples"):
        compile_query("x").at(SERIES.view(), AT, budget=spent)
