import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.promql import Compat, Matrix, QueryError, Scalar, Text, Vector, compile_query
from rules.promql.writing import write
from tests.rules.promql.engine import MINUTE, ask, load


def test_the_four_kinds_of_values():
    view = load("x 1").view()
    assert compile_query("1").at(view, 5) == Scalar(1, 5)
    assert compile_query('"a"').at(view, 5) == Text("a")
    assert isinstance(compile_query("x").at(view, 5), Vector)
    assert isinstance(compile_query("x[1m]").at(view, 5), Matrix)


def test_a_query_names_the_metrics_that_it_reads():
    query = compile_query('rate(a[5m]) > on(x) group_left b or absent({__name__="c"}) or {job="d"}')
    assert query.names == {"a", "b", "c"}
    assert query.is_open
    assert not compile_query("a").is_open


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1", 0),
        ("x", 5),
        ("x[1h]", 60),
        ("x offset 10m", 15),
        ("x offset -10m", 5),
        ("rate(x[10m] offset 1h)", 70),
        ("max_over_time(rate(x[5m])[30m:1m] offset 10m)", 45),
        ("x[1m] and x[1h]", None),
        ("rate(x[1m]) and rate(x[1h])", 60),
    ],
)
def test_a_query_says_how_far_back_it_reads(text, minutes):
    if minutes is None:
        with pytest.raises(QueryError):
            compile_query(text)
    else:
        assert compile_query(text).range_ms == minutes * MINUTE


def test_windows_are_told_with_their_ends():
    windows = compile_query("rate(x[5m] offset 1m) > y and max_over_time(z[10m:1m]) > 0").windows
    assert [(one.name, one.newest_ms // MINUTE, one.oldest_ms // MINUTE) for one in windows] == [
        ("x", 1, 6),
        ("z", 0, 15),
    ]


@pytest.mark.parametrize(
    ("text", "condition", "minimum"),
    [
        ("a < 0.7 and b >= 20", "a < 0.7", "b >= 20"),
        ("a < 0.7 and on (q) sum by (q) (b) > 20", "a < 0.7", "sum by (q) (b) > 20"),
        ("a < 0.7 and 20 <= b", "a < 0.7", "20 <= b"),
        ("a and b < 20", None, None),
        ("a and b", None, None),
        ("a >= 20", None, None),
        ("a and b >= bool 20", None, None),
        ("a or b >= 20", None, None),
    ],
)
def test_the_minimum_of_a_rule_is_the_right_side_of_its_and(text, condition, minimum):
    query = compile_query(text)
    assert query.condition_text == (condition or text)
    assert (query.minimum.text if query.minimum else None) == minimum


def test_a_minimum_is_a_query_of_its_own():
    series = load("a 1", "b 1+10x5")
    minimum = compile_query("a > 0 and b >= 20").minimum
    assert minimum is not None
    assert minimum.at(series.view(), 0).samples == ()
    assert len(minimum.at(series.view(), 3 * MINUTE).samples) == 1


def test_a_query_over_time_is_a_matrix_sorted_by_labels():
    series = load('x{a="2"} 1 2 stale', 'x{a="1"} 5 5 5')
    answer = compile_query("x").over(series.view(), range(0, 3 * MINUTE, MINUTE))
    assert [row.labels[1][1] for row in answer.value.rows] == ["1", "2"]
    assert answer.value.rows[1].points == ((0, 1), (MINUTE, 2))
    with pytest.raises(QueryError):
        compile_query("x[1m]").over(series.view(), range(1))


def test_names_may_be_dropped_at_the_end_instead_of_at_once():
    series = load('x{a="1"} 1', 'y{a="1"} 2')
    text = 'sum by (__name__) (abs({a="1"}))'
    assert compile_query('count(abs({a="1"}))', delayed_names=True).at(series.view(), 0).samples[0].value == 2
    assert [one.labels for one in compile_query("abs(x)", delayed_names=True).at(series.view(), 0).samples] == [
        (("a", "1"),)
    ]
    with pytest.raises(Exception, match="same labelset"):
        compile_query(text).at(series.view(), 0)


@pytest.mark.parametrize(
    "text",
    [
        'x{a="b", c!="d", e=~"f.*", g!~`\\d`}',
        "rate(x[5m] offset 1m)",
        "x @ 1.5 offset -1h30m",
        "x @ start()",
        "-x ^ 2",
        "(1 + x) * 3",
        "sum by (a, b) (x) / on (a) group_left (c) y",
        "topk without (a) (3, x)",
        "x > bool 5",
        'count_values("v", x)',
        "x[5m:1m]",
        "avg_over_time(x[5m:] @ end())",
        'label_replace(x, "a", "\\xff$1", "b", "(.*)")',
        '{"a.b", "c d"="e"}',
        "x and ignoring (a) y",
        "+Inf",
        "NaN",
        "sum(x)",
        "sum without () (x)",
        "a - (b - c)",
        "-(-x)",
        "job:x:rate5m",
        '{__name__=~"x|y"}',
        "time()",
        "1e-7 * x",
        "x atan2 y",
    ],
)
def test_a_query_written_back_means_the_same(text):
    root = compile_query(text).root
    again = compile_query(write(root)).root
    assert write(again) == write(root)
    assert again == root or "NaN" in text


exprs = st.recursive(
    st.sampled_from(["x", "y{a='1'}", "2", "rate(x[5m])", "x offset 1m", "time()"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%^"), inner).map(lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"),
        inner.map(lambda one: f"-({one})"),
        inner.map(lambda one: f"sum by (a) (vector(0) or ({one}) * vector(1))"),
    ),
    max_leaves=8,
)


@given(exprs)
def test_any_query_written_back_means_the_same(text):
    root = compile_query(text).root
    assert compile_query(write(root)).root == root


def test_a_chain_at_the_limit_is_evaluated():
    series = load("x 1")
    assert ask(series, "x" + " + x" * 249) == {"{}": 250}
    assert ask(series, "(" * 100 + "x" + ")" * 100) == {"x{}": 1}
    deep = "abs(" * 99 + "x" + ")" * 99
    assert ask(series, deep) == {"{}": 1}


def test_prometheus_2_is_a_choice_at_compilation():
    assert compile_query("x", compat=Compat.PROMETHEUS_2).dialect.closed
