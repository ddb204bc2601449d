from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.promql import EvaluationError
from rules.promql.arithmetic import ARITHMETIC
from tests.rules.promql.engine import ask, load

EMPTY = load("nothing 0")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("2 ^ 3 ^ 2", 512),
        ("-2 ^ 2", -4),
        ("7 % 3", 1),
        ("-7 % 3", -1),
        ("1 / 0", inf),
        ("-1 / 0", -inf),
        ("1 / -0", -inf),
        ("0 ^ -1", inf),
        ("10 ^ 400", inf),
        ("-10 ^ 401", -inf),
        ("(-10) ^ 401", -inf),
        ("(-10) ^ 400", inf),
        ("1 < bool 2", 1),
        ("1 > bool 2", 0),
        ("1_000 + 0x10", 1016),
        ("5m + 1", 301),
        ("time() - 60", 0),
        ("scalar(vector(3))", 3),
        ("pi() > bool 3", 1),
    ],
)
def test_numbers_are_computed_as_in_go(text, value):
    assert ask(EMPTY, text, 1) == value


@pytest.mark.parametrize("text", ["0 / 0", "1 % 0", "Inf % 2", "Inf - Inf", "(-1) ^ 0.5", "scalar(x)", "NaN"])
def test_what_is_undefined_is_nan(text):
    assert isnan(ask(EMPTY, text))


numbers = st.floats() | st.sampled_from([0.0, -0.0, inf, -inf, nan, 1.0, -1.0, 1e308])


@given(st.sampled_from(sorted(ARITHMETIC)), numbers, numbers)
def test_no_operator_raises(op, left, right):
    assert isinstance(float(ARITHMETIC[op](left, right)), float)


SERIES = load('a{i="1",p="x"} 10', 'a{i="2",p="x"} 20', 'b{i="1"} 5', 'b{i="3"} 1', 'info{p="x",v="9"} 1')


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a > 15", {"a{i=2,p=x}": 20}),
        ("15 < a", {"a{i=2,p=x}": 20}),
        ("a > bool 15", {"{i=1,p=x}": 0, "{i=2,p=x}": 1}),
        ("a * 2", {"{i=1,p=x}": 20, "{i=2,p=x}": 40}),
        ("-a", {"{i=1,p=x}": -10, "{i=2,p=x}": -20}),
        ("a - on(i) b", {"{i=1}": 5}),
        ("a - ignoring(p) b", {"{i=1}": 5}),
        ("a > ignoring(p) b", {"a{i=1}": 10}),
        ("a > on(i) b", {"{i=1}": 10}),
        ("a > bool on(i) b", {"{i=1}": 1}),
        ("a * on(p) group_left(v) info", {"{i=1,p=x,v=9}": 10, "{i=2,p=x,v=9}": 20}),
        ("info * on(p) group_right(v) a", {"{i=1,p=x,v=9}": 10, "{i=2,p=x,v=9}": 20}),
        ("info / on(p) group_right a", {"{i=1,p=x}": 0.1, "{i=2,p=x}": 0.05}),
        ("info < on(p) group_right a", {"a{i=1,p=x}": 1, "a{i=2,p=x}": 1}),
        ("a and on(i) b", {"a{i=1,p=x}": 10}),
        ("a unless on(i) b", {"a{i=2,p=x}": 20}),
        ("b or on(i) a", {"b{i=1}": 5, "b{i=3}": 1, "a{i=2,p=x}": 20}),
        ("a and nosuch", {}),
        ("nosuch unless a", {}),
        ("a + nosuch", {}),
        ("a and on() vector(1)", {"a{i=1,p=x}": 10, "a{i=2,p=x}": 20}),
    ],
)
def test_vectors_are_joined_by_their_labels(text, result):
    assert ask(SERIES, text) == result


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a * on(p) info * on(p) info", "many-to-one matching must be explicit"),
        ("a > on(p) info * 100", "many-to-one matching must be explicit"),
        ("info * on(p) a", "many-to-many matching not allowed"),
        ("a * on(p) group_left a", "duplicate series"),
        ("label_replace(a, 'i', 'z', '', '')", "same labelset"),
        ("topk(NaN, a)", "NaN"),
    ],
)
def test_ambiguous_joins_fail_with_a_reason(text, reason):
    with pytest.raises(EvaluationError, match=reason):
        ask(SERIES, text)


def test_dropping_names_must_not_make_series_equal():
    series = load('x{a="1"} 1', 'y{a="1"} 2')
    for text in ("-{a='1'}", "abs({a='1'})", "rate({a='1'}[5m:1m])", "{a='1'} * 2", "last_over_time({a='1'}[5m]) + 0"):
        with pytest.raises(EvaluationError, match="same labelset"):
            ask(series, text, 1)
    assert len(ask(series, "last_over_time({a='1'}[5m])", 1)) == 2


@given(
    st.dictionaries(st.sampled_from("123456"), st.integers(0, 9)),
    st.dictionaries(st.sampled_from("123456"), st.integers(0, 9)),
)
def test_and_unless_and_or_are_those_of_sets(left, right):
    lines = [f'l{{i="{key}"}} {value}' for key, value in left.items()] + [
        f'r{{i="{key}"}} {value}' for key, value in right.items()
    ]
    series = load(*lines, "always 1")

    def keys(text):
        return {name.partition("i=")[2].rstrip("}") for name in ask(series, text)}

    assert keys("l and r") == left.keys() & right.keys()
    assert keys("l unless r") == left.keys() - right.keys()
    assert keys("l or r") == left.keys() | right.keys()
    assert keys("l == r") == {key for key in left.keys() & right.keys() if left[key] == right[key]}
