import pytest

from rules.promql import Compat, compile_query
from tests.rules.promql.engine import MINUTE, ask, load, points


def test_a_value_is_current_for_five_minutes_and_not_at_their_end():
    series = load("x 7")
    assert ask(series, "x", 4.99) == {"x{}": 7}
    assert ask(series, "x", 5) == {}
    assert ask(series, "x", 5, compat=Compat.PROMETHEUS_2) == {"x{}": 7}


def test_a_stale_mark_hides_the_value_at_once_and_is_no_sample():
    series = load("x 1 2 stale")
    assert ask(series, "x", 1.9) == {"x{}": 2}
    assert ask(series, "x", 2) == {}
    assert ask(series, "count_over_time(x[10m])", 3) == {"{}": 2}


def test_nan_is_a_value():
    series = load("x NaN")
    assert list(ask(series, "x")) == ["x{}"]
    assert ask(series, "count_over_time(x[1m])") == {"{}": 1}


def test_windows_are_open_at_their_older_end_since_prometheus_3():
    series = load("x 0+1x10")
    assert points(series, "x[2m]", 5) == {"x{}": [(4 * MINUTE, 4), (5 * MINUTE, 5)]}
    assert ask(series, "count_over_time(x[2m])", 5, compat=Compat.PROMETHEUS_2) == {"{}": 3}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x", 9),
        ("x offset 2m", 7),
        ("x offset -2m", 11),
        ("x @ 180", 3),
        ("x @ 180 offset 1m", 2),
        ("x offset 1m @ 180", 2),
        ("x @ end()", 9),
        ("max_over_time(x[3m] @ 300)", 5),
        ("max_over_time(x[3m:1m] @ 300 offset 1m)", 4),
        ("sum_over_time(x[2m] offset 1m)", 15),
        ("max_over_time((x offset 1m)[2m:1m] offset 2m)", 6),
    ],
)
def test_offset_and_at_move_the_moment(text, value):
    assert list(ask(load("x 0+1x20"), text, 9).values()) == [value]


def test_start_and_end_are_those_of_a_range_query():
    series = load("x 0+1x10")
    answer = compile_query("x @ start() + x @ end()").over(series.view(), range(2 * MINUTE, 5 * MINUTE + 1, MINUTE))
    assert [value for _, value in answer.value.rows[0].points] == [7, 7, 7, 7]


def test_a_subquery_stands_on_multiples_of_its_step():
    series = load("x 0+1x20")
    assert points(series, "x[3m:2m]", 7.5) == {"x{}": [(6 * MINUTE, 6)]}
    assert points(series, "x[4m:2m]", 8) == {"x{}": [(6 * MINUTE, 6), (8 * MINUTE, 8)]}
    assert points(series, "x[2m:]", 8) == {"x{}": [(7 * MINUTE, 7), (8 * MINUTE, 8)]}
    assert points(series, "vector(time())[2m:1m]", 8) == {"{}": [(7 * MINUTE, 420), (8 * MINUTE, 480)]}


def test_series_that_come_later_are_found_by_a_query_that_was_evaluated_before():
    query = compile_query('x{a="b"}')
    assert query.at(load('x{a="c"} 1').view(), 0).samples == ()
    series = load('x{a="b"} 1')
    assert len(query.at(series.view(), 0).samples) == 1


def test_a_range_vector_crosses_sealed_blocks():
    series = load("x 0+1x500")
    assert ask(series, "count_over_time(x[8h])", 500) == {"{}": 480}
    assert ask(series, "sum_over_time(x[8h])", 500) == {"{}": sum(range(21, 501))}
    assert ask(series, "x", 130) == {"x{}": 130}
    assert ask(series, "changes(x[4h])", 250) == {"{}": 239}
