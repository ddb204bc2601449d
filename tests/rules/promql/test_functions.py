from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.promql import EvaluationError, QueryError, compile_query
from rules.promql.literals import number, show_number
from rules.promql.mathematics import NUMERIC
from rules.promql.sums import kahan, mean, quantile, total
from tests.rules.promql.engine import ask, load

SERIES = load('x{i="1",g="a"} 1 2 4', 'x{i="2",g="a"} 3 3 3', 'x{i="3",g="b"} NaN 7 -7')
A, B, C = "{g=a,i=1}", "{g=a,i=2}", "{g=b,i=3}"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("sum by (g) (x)", {"{g=a}": 7, "{g=b}": -7}),
        ("sum without (i) (x)", {"{g=a}": 7, "{g=b}": -7}),
        ("sum(x)", {"{}": 0}),
        ("count(x)", {"{}": 3}),
        ("avg by (g) (x)", {"{g=a}": 3.5, "{g=b}": -7}),
        ("min(x)", {"{}": -7}),
        ("max by (nosuch) (x)", {"{}": 4}),
        ("group by (g) (x)", {"{g=a}": 1, "{g=b}": 1}),
        ("stdvar by (g) (x)", {"{g=a}": 0.25, "{g=b}": 0}),
        ("topk(2, x)", {"x" + A: 4, "x" + B: 3}),
        ("bottomk(1, x)", {"x" + C: -7}),
        ("topk by (g) (1, x)", {"x" + A: 4, "x" + C: -7}),
        ("topk(0, x)", {}),
        ("quantile(0.5, x)", {"{}": 3}),
        ('count_values("v", x)', {"{v=4}": 1, "{v=3}": 1, "{v=-7}": 1}),
        ("sum(nosuch)", {}),
        ("count(nosuch) or vector(0)", {"{}": 0}),
        ("sum_over_time(x[3m])", {A: 7, B: 9, C: nan}),
        ("avg_over_time(x[2m])", {A: 3, B: 3, C: 0}),
        ("min_over_time(x[3m])", {A: 1, B: 3, C: -7}),
        ("max_over_time(x[3m])", {A: 4, B: 3, C: 7}),
        ("last_over_time(x[3m])", {"x" + A: 4, "x" + B: 3, "x" + C: -7}),
        ("changes(x[3m])", {A: 2, B: 0, C: 2}),
        ("quantile_over_time(0.5, x[2m])", {A: 3, B: 3, C: 0}),
        ("present_over_time(x[3m])", {A: 1, B: 1, C: 1}),
        ("deriv(x[2m])", {A: 2 / 60, B: 0, C: -14 / 60}),
        ("predict_linear(x[2m], 60)", {A: 6, B: 3, C: -21}),
        ("clamp(x, 0, 3)", {A: 3, B: 3, C: 0}),
        ("clamp(x, 3, 0)", {}),
        ("clamp_min(x, 4)", {A: 4, B: 4, C: 4}),
        ("clamp_max(x, 3)", {A: 3, B: 3, C: -7}),
        ("round(x / 3)", {A: 1, B: 1, C: -2}),
        ("round(x, 5)", {A: 5, B: 5, C: -5}),
        ("sgn(x)", {A: 1, B: 1, C: -1}),
        ("timestamp(x offset 1m)", {A: 60, B: 60, C: 60}),
        ("timestamp(x + 0)", {A: 120, B: 120, C: 120}),
        ('absent(x{i="9", g=~"a"})', {"{i=9}": 1}),
        ("absent(x)", {}),
        ('absent_over_time(y{a="b"}[5m])', {"{a=b}": 1}),
        ("absent_over_time(x[5m])", {}),
        ('label_join(x{i="1"}, "j", "-", "g", "i", "no")', {"x{g=a,i=1,j=a-1-}": 4}),
        ('label_replace(x{i="1"}, "j", "${1}0$$", "i", "(.)")', {"x{g=a,i=1,j=10$}": 4}),
        ('label_replace(x{i="1"}, "i", "", "i", ".*")', {"x{g=a}": 4}),
        ('label_replace(x{i="1"}, "__name__", "y", "i", "1")', {"y" + A: 4}),
        ("day_of_week(vector(0))", {"{}": 4}),
        ("hour()", {"{}": 0}),
        ("minute()", {"{}": 2}),
        ("year(vector(86400e9))", {"{}": 2739877}),
        ("month(vector(-1)) * 100 + day_of_month(vector(-1))", {"{}": 1231}),
    ],
)
def test_functions_and_aggregations_give_what_prometheus_gives(text, result):
    assert ask(SERIES, text, 2) == pytest.approx(result, nan_ok=True)


def test_sorting_orders_the_result_and_puts_nan_last():
    assert [name[-2] for name in ask(SERIES, "sort(x)", 0)] == ["1", "2", "3"]
    assert [name[-2] for name in ask(SERIES, "sort_desc(x)", 0)] == ["2", "1", "3"]


def test_a_quantile_outside_of_0_to_1_is_infinite_and_annotated():
    for text, value in (("quantile(2, x)", inf), ("quantile(-1, x)", -inf)):
        answer = compile_query(text).answer(SERIES.view(), 0)
        assert answer.value.samples[0].value == value
        assert any(note.startswith("PromQL warning") for note in answer.notes)


BUCKETS = load(
    *(f'h_bucket{{le="{le}",p="x"}} {count}' for le, count in [("0.1", 10), ("0.5", 20), ("1e0", 30), ("+Inf", 40)])
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("histogram_quantile(0.5, h_bucket)", 0.5),
        ("histogram_quantile(0.125, h_bucket)", 0.05),
        ("histogram_quantile(0.9, h_bucket)", 1),
        ("histogram_quantile(0, h_bucket)", 0),
        ("histogram_quantile(2, h_bucket)", inf),
        ("histogram_quantile(0.5, h_bucket != 40)", nan),
        ("histogram_quantile(0.5, h_bucket * 0)", nan),
        ("histogram_fraction(0, 0.1, h_bucket)", 0.25),
        ("histogram_fraction(0.1, 0.3, h_bucket)", 0.125),
        ("histogram_fraction(-1, +Inf, h_bucket)", 1),
        ("histogram_fraction(1, 0, h_bucket)", 0),
    ],
)
def test_classic_histograms_are_interpolated(text, value):
    assert ask(BUCKETS, text) == {"{p=x}": pytest.approx(value, nan_ok=True)}


def test_buckets_that_fall_are_raised_and_annotated_and_bad_bounds_left_out():
    series = load(
        'h_bucket{le="1"} 10', 'h_bucket{le="2"} 5', 'h_bucket{le="+Inf"} 20', 'h_bucket{le="x"} 1', "h_bucket 1"
    )
    answer = compile_query("histogram_quantile(0.25, h_bucket)").answer(series.view(), 0)
    assert answer.value.samples[0].value == 0.5
    assert len(answer.notes) == 3


@given(st.sampled_from(sorted(NUMERIC)), st.floats())
def test_no_function_of_a_number_raises(name, value):
    assert isinstance(NUMERIC[name](value), float)


floats = st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=50)


@given(floats)
def test_sums_do_not_depend_on_how_they_are_reached(values):
    plain, lost = kahan(values, 0.0, 0.0)
    assert total(values) == pytest.approx(plain + lost, rel=1e-12, abs=1e-300)
    assert min(values) - 1e-6 * abs(min(values)) <= mean(values) <= max(values) + 1e-6 * abs(max(values))


def test_cancellation_loses_nothing_and_infinities_stay():
    assert total([1.0, 1e100, 1.0, -1e100]) == 2
    assert total([1.0, inf]) == inf
    assert isnan(total([inf, -inf]))
    assert mean([1e308, 1e308]) == pytest.approx(1e308)
    assert mean([inf, 0.0, inf]) == inf


@given(floats, st.floats(0, 1))
def test_a_quantile_lies_between_the_extremes(values, share):
    assert min(values) <= quantile(share, values) + 1e-6 * abs(min(values))
    assert quantile(0, values) == min(values)
    assert quantile(1, values) == max(values)


def test_a_large_number_is_written_with_as_few_digits_as_tell_it():
    assert show_number(216506350946109664.0) == "216506350946109660"
    assert show_number(1e-7) == "0.0000001"
    assert (show_number(-0.0), show_number(5e17), show_number(1e300)) == ("-0", "5" + "0" * 17, "1" + "0" * 300)


@given(st.floats(allow_nan=False))
def test_a_number_is_written_without_exponent_and_reads_back(value):
    text = show_number(value)
    assert "e" not in text
    assert number(text) == value


def test_a_label_for_values_must_be_a_name():
    with pytest.raises(QueryError, match="invalid label name"):
        compile_query('count_values("", x)')


def test_labels_that_double_are_stopped_before_they_fill_the_memory():
    text = 'label_replace(x, "a", "aaaaaaaaaa", "", "")'
    for _ in range(40):
        text = f'label_join({text}, "a", "", "a", "a")'
    with pytest.raises(EvaluationError, match="a label would have more than 10000 characters"):
        ask(SERIES, text)


def test_any_repeats_may_stand_where_groups_are_asked_for():
    found = ask(SERIES, 'label_replace(x{i="1"}, "j", "[$1|$2]", "g", "((a+)+)+")')
    assert found == {"x{g=a,i=1,j=[a|a]}": 1}
