import json
from math import copysign, inf, isfinite, isinf, isnan, nan
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.promql import Compat, EvaluationError
from rules.promql.folds import CLASSIC, COMPENSATED
from rules.promql.mathematics import ceil, floor, lower_bounded, upper_bounded
from rules.promql.sums import kahan, mean, total
from tests.rules import promtool
from tests.rules.promql.engine import ask, load

OLD, NEW = Compat.PROMETHEUS_2, Compat.PROMETHEUS_3
finite = st.floats(allow_nan=False, allow_infinity=False)
several = st.lists(st.floats(0, 1e6), min_size=1, max_size=30)
OVER_TIME = (
    "avg_over_time(x[{n}m])",
    "sum_over_time(x[{n}m])",
    "stddev_over_time(x[{n}m])",
    "stdvar_over_time(x[{n}m])",
    "quantile_over_time(0.37, x[{n}m])",
    "deriv(x[{n}m])",
    "predict_linear(x[{n}m], 1000)",
    "avg_over_time((x / 3)[{n}m:30s])",
    "stdvar(x)",
    "avg(x)",
    "sum(x)",
)
"""Those of groups have one element here, since promtool orders more at random."""


def same(left, right):
    return left == right or (isnan(left) and isnan(right))


@pytest.mark.parametrize(
    ("values", "old", "new"),
    [
        ([0.1, 0.2, 0.3, 0.7], 0.32499999999999996, 0.325),
        ([1e308, 1e308], 1e308, 1e308),
        ([inf, 1.0], inf, inf),
        ([1.0, -inf, 5.0, -inf], -inf, -inf),
        ([inf, -inf], nan, nan),
        ([inf, nan, 1.0], nan, nan),
    ],
)
def test_an_average_over_time_rounds_as_its_generation_does(values, old, new):
    assert same(CLASSIC.mean_over_time(values), old)
    assert same(COMPENSATED.mean_over_time(values), new)


def test_a_group_is_summed_and_averaged_without_compensation_before_prometheus_3():
    values = [0.1, 0.2, 0.3, 0.7]
    assert (CLASSIC.total([0.1] * 10), COMPENSATED.total([0.1] * 10)) == (0.1 + 0.8999999999999999, 1.0)
    assert (CLASSIC.total([1e100, 1.0, -1e100]), COMPENSATED.total([1e100, 1.0, -1e100])) == (0.0, 1.0)
    assert CLASSIC.mean(values) == 0.1 + (0.2 / 2 - 0.1 / 2) + (0.3 / 3 - 0.15 / 3) + (0.7 / 4 - 0.2 / 4)
    assert same(CLASSIC.mean([inf, 1.0, inf]), inf)
    assert same(CLASSIC.mean([inf, -inf]), nan)


def test_a_single_element_that_is_not_finite_deviates_by_nothing_before_prometheus_3():
    for value in (nan, inf, -inf):
        assert CLASSIC.variance([value]) == 0
        assert isnan(COMPENSATED.variance([value]))
    assert isnan(CLASSIC.variance([inf, 1.0]))


def test_squares_that_overflow_are_infinite_and_before_prometheus_3_no_number():
    assert isnan(CLASSIC.variance_over_time([1e200, -1e200]))
    assert isinf(COMPENSATED.variance_over_time([1e200, -1e200]))


def test_a_deviation_without_a_root_is_no_number():
    series = load('x{i="1"} 1e308', 'x{i="2"} -1e308')
    assert isnan(ask(series, "stddev(x)")["{}"])


@given(several)
def test_the_quick_mean_is_the_one_of_single_steps_to_the_last_bit(values):
    result, lost = kahan(values, 0.0, 0.0)
    assert mean(values) == result / len(values) + lost / len(values)
    assert total(values) == result + lost


@given(st.lists(finite, min_size=1, max_size=30))
def test_all_averages_agree_but_for_their_last_digits(values):
    largest = max(map(abs, values))
    for fold in (CLASSIC.mean, CLASSIC.mean_over_time, COMPENSATED.mean):
        assert abs(fold(values) - fold(values[::-1])) <= 1e-12 * largest


@given(st.lists(st.floats(), min_size=1, max_size=10))
def test_no_fold_raises_whatever_the_values_are(values):
    for folds in (CLASSIC, COMPENSATED):
        for fold in (folds.total, folds.mean, folds.variance, folds.mean_over_time, folds.variance_over_time):
            assert isinstance(fold(values), float)


def test_atan2_keeps_the_name_before_prometheus_3():
    series = load('x{i="1",g="a"} 1', 'y{i="1"} 0')
    for text in ("x atan2 0", "x atan2 ignoring (g) y", "x atan2 ignoring (g) group_left y"):
        (old,), (new,) = ask(series, text, compat=OLD), ask(series, text, compat=NEW)
        assert (old[0], new[0]) == ("x", "{")
    assert set(ask(series, "0 atan2 x", compat=OLD)) == {"x{g=a,i=1}"}
    assert set(ask(series, "x atan2 on (i) y", compat=OLD)) == {"{i=1}"}


@pytest.mark.parametrize("matched", ["many > on (j) one", "one < on (j) group_right (n) many"])
def test_what_a_comparison_filters_away_is_a_match_only_from_prometheus_3_on(matched):
    series = load('many{j="a",n="1"} 0', 'many{j="a",n="1",i="2"} 1', 'many{j="a",n="1",i="3"} 5', 'one{j="a"} 3')
    assert list(ask(series, matched, compat=OLD).values()) == [3 if "group" in matched else 5]
    if "group" not in matched:
        with pytest.raises(EvaluationError, match="many-to-one"):
            ask(series, matched, compat=NEW)
    with pytest.raises(EvaluationError, match="many-to-one"):
        ask(series, "many >= bool on (j) one", compat=OLD)
    with pytest.raises(EvaluationError, match="many-to-one"):
        ask(series, "many < on (j) one", compat=OLD)


@given(st.sampled_from((0.0, -0.0)), st.sampled_from((0.0, -0.0)))
def test_of_two_zeros_the_negative_one_is_smaller(left, right):
    signs = copysign(1, left), copysign(1, right)
    assert copysign(1, lower_bounded(left, right)) == max(signs)
    assert copysign(1, upper_bounded(left, right)) == min(signs)


def test_a_number_that_is_rounded_to_zero_keeps_its_sign():
    assert [str(ceil(-0.5)), str(ceil(0.0)), str(floor(-0.0)), str(floor(0.5))] == ["-0.0", "0.0", "-0.0", "0.0"]


def drawn(chance):
    """Draw the values of a series: of many sizes, and sometimes not finite."""
    pool = (0.1, 1 / 3, 7.7, 123.456, -2.9, 5e17, -5e17, 1e-9, 1e154, -1e154, 1e308)
    kind = chance.random()
    wild = pool if kind < 0.5 else (*pool, inf, -inf)
    count = chance.randint(1, 12)
    return [chance.choice(wild) if kind < 0.7 else round(chance.uniform(-9, 99), 3) for _ in range(count)]


def suite(values):
    """Write what the engine gives as the expectation of a unit test."""
    line = " ".join(repr(value).replace("inf", "Inf") for value in values)
    series, at = load(f"x {line}"), len(values) - 1
    checks = []
    for text in OVER_TIME:
        expr = text.format(n=len(values))
        found = ask(series, expr, at, compat=OLD)
        checks += [
            {"expr": expr, "eval_time": f"{at}m", "exp_samples": [{"labels": "{}", "value": value}]}
            for value in found.values()
            if not isnan(value)  # promtool finds no NaN to be as expected
        ]
    return {"interval": "1m", "input_series": [{"series": "x", "values": line}], "promql_expr_test": checks}


def agree(folder, seed, count):
    chance = Random(seed)
    suites = [suite(drawn(chance)) for _ in range(count)]
    assert sum(len(each["promql_expr_test"]) for each in suites) > 5 * count
    (folder / "t.yml").write_text(json.dumps({"tests": suites}).replace("Infinity", ".inf"))
    assert promtool.tested(["t.yml"], cwd=folder) == {"t.yml": ""}


@pytest.mark.needs("promtool")
def test_each_fold_rounds_as_promtool_of_prometheus_2_does(tmp_path):
    agree(tmp_path, 20261201, 40)


@pytest.mark.stress
@pytest.mark.needs("promtool")
@pytest.mark.parametrize("seed", range(5))
def test_many_folds_round_as_promtool_of_prometheus_2_does(tmp_path, seed):
    agree(tmp_path, seed, 200)


def test_the_averages_in_these_tests_tell_the_generations_apart():
    chance = Random(1)
    cases = [values for values in (drawn(chance) for _ in range(100)) if all(map(isfinite, values))]
    assert sum(CLASSIC.mean_over_time(values) != COMPENSATED.mean_over_time(values) for values in cases) > 10
