"""Random expressions over the same samples, answered by a real Prometheus 2 and by the engine."""

import re
from dataclasses import replace
from functools import cache
from math import isclose, isnan

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from medic.core.errors import MedicError
from rules.promql import Compat, Matrix, Row, Scalar, Vector, compile_query
from tests.promqltest_judge import Store
from tests.promqltest_script import Load, read_line
from tests.rules.promql.grammar import expressions
from tests.rules.promql.oracle import RefusedError, holding

pytestmark = pytest.mark.needs("prometheus")

MINUTE = 60_000
STEP = 30_000
"""Milliseconds between the samples."""
LIBRARY = re.compile(r"\b(?:a?(?:cos|sin|tan)h?|atan2|exp|ln|log10|log2)\b|\^")
"""What Go computes in its own way, so that last digits differ."""
FOLDING = re.compile(r"\b(?:sum|avg|stddev|stdvar)\b")
MOVED = re.compile(r":\w*\](?: offset -?\w+)? @|:\w*\](?: @ \S+)? offset -")
"""Subqueries that look elsewhere."""
BEGIN = 60 * MINUTE
"""When the samples begin: no window reaches before 1970, where Prometheus 2 loses points of subqueries."""
LINES = (
    'c_total{i="1",g="a"} 0+7x40 3+11x40',
    'c_total{i="2",g="a"} _x5 7+10x60',
    'c_total{i="3",g="b"} 5 5 5 stale _x3 1+1x10 stale',
    'd_total{i="1",g="a"} 1 _ 4 _ 9 _ 16 _ 25 1 _ _ 4 9 16 2 2 2 8x40',
    'g{i="1"} 5 -3 8.25 1024 7 7 7 0.5x5 3 -2x10 4x20',
    'g{i="2"} 1+0.25x80',
    'g{i="4"} 1 NaN Inf -Inf 2 0x30 0-2x20',
    'h{i="1",g="b",v="1"} 3 2 1 0 -1 -2 -3 _x20 3-1x30',
    'lat_bucket{i="1",le="0.1"} 0+1x80',
    'lat_bucket{i="1",le="1"} 0+3x80',
    'lat_bucket{i="1",le="2.5"} 0+3x20 50+3x58',
    'lat_bucket{i="1",le="+Inf"} 0+4x80',
    'lat_bucket{i="2",le="-1"} 2x80',
    'lat_bucket{i="2",le="0"} 4x80',
    'lat_bucket{i="2",le="Inf"} 8x80',
    'lat_bucket{i="2",le="x"} 8x80',
    'info{i="1",v="x"} 1x80',
    'early_total{i="9"} 1+1x30',
    'later_total{i="9"} _x45 1+1x30',
    'info{i="2",v="y",g="a"} 1x80',
    'f{i="1",g="a"} 0.1+0.37x40 2.7-0.013x40',
    'f{i="2",g="a"} 3.3 0.7 1e-3 123.456 7.1 -2.9 5e17 0.3 -5e17 0.9x10 4.1 3.7 1.1+0.3x50',
    'f{i="3",g="b"} 1.9+3.1x10 _x5 0.2 0.4 0.6 1e300 -1e300 9e299 0.1x4 1e-300 0.7+0.09x40',
    'f{i="4"} 0.3-0.1x80',
    'f{i="5",v="x"} 17.17 0.29x20 2.3 Inf 0.1 0.2 NaN 0.3+1.7x40 -Inf 0.1 Inf Inf 0.2x5',
)


def loaded():
    """Load the samples, from BEGIN on."""
    found = Store()
    found.load(
        Load(STEP, [replace(line, values=(None,) * (BEGIN // STEP) + line.values) for line in map(read_line, LINES)])
    )
    return found


@pytest.fixture(scope="module")
def store():
    """Both hold the same samples."""
    return loaded()


@pytest.fixture(scope="module")
def oracle(store, tmp_path_factory):
    with holding(store.floats, tmp_path_factory.mktemp("oracle")) as running:
        yield running


def theirs(oracle, text, times):
    """Ask Prometheus; return points by labels, or None where it refuses."""
    try:
        if len(times) == 1:
            data = oracle.ask("query", query=text, time=str(times[0] / 1000))
        else:
            ends = {"start": str(times[0] / 1000), "end": str(times[-1] / 1000), "step": str(times.step / 1000)}
            data = oracle.ask("query_range", query=text, **ends)
    except RefusedError:
        return None
    rows = [{"metric": {}, "values": [data["result"]]}] if data["resultType"] == "scalar" else data["result"]
    return {
        tuple(sorted(row["metric"].items())): [
            (round(float(at) * 1000), float(value)) for at, value in row.get("values") or [row["value"]]
        ]
        for row in rows
    }


def ours(series, text, times):
    """Ask the engine; return points by labels, or None where it refuses."""
    try:
        query = compile_query(text, compat=Compat.PROMETHEUS_2)
        value = query.at(series.view(), times[0]) if len(times) == 1 else query.over(series.view(), times).value
    except MedicError:
        return None
    if isinstance(value, Scalar):
        value = Matrix((Row((), ((value.at_ms, value.value),)),))
    if isinstance(value, Vector):
        value = Matrix(tuple(Row(labels, ((value.at_ms, number),)) for labels, number in value.samples))
    return {row.labels: list(row.points) for row in value.rows}


def is_exact(text, asked):
    """Tell whether Prometheus' answer is determined to the last digit.

    What it evaluates at several times it then folds in a random order of the series.
    """
    shuffled = FOLDING.search(text) and (len(asked) > 1 or ":" in text)
    return not shuffled and not LIBRARY.search(text)


def is_comparable(text, asked):
    """Tell whether the answers can be the same.

    Digits that differ are other labels with ``count_values``. And Prometheus forgets the time of a selector that is
    fixed by @ in a subquery that begins just when the query does.
    """
    moved = MOVED.search(text)
    return (is_exact(text, asked) or "count_values" not in text) and not (
        moved and text.count("@") > moved[0].count("@")
    )


def same(text, left, right, *, exact):
    """Compare two answers to *text*; which of several equal values are the largest, Prometheus does not say."""
    if "topk" in text or "bottomk" in text:
        values = [sorted(value for points in (rows or {}).values() for _, value in points) for rows in (left, right)]
        if values[0] == values[1] or any(map(isnan, values[0] + values[1])):
            return True
    if left is None or right is None:
        return left is right
    return left.keys() == right.keys() and all(
        len(left[labels]) == len(right[labels])
        and all(same_point(*both, exact=exact) for both in zip(left[labels], right[labels], strict=True))
        for labels in left
    )


def same_point(left, right, *, exact):
    """Compare values to the last digit where it is determined, and else to nine; zeros keep their sign."""
    close = repr(left[1]) == repr(right[1]) or (not exact and isclose(left[1], right[1], rel_tol=1e-9, abs_tol=1e-9))
    return left[0] == right[0] and close


@cache
def times():
    return st.one_of(
        st.integers(-4, 50).map(lambda at: range(BEGIN + at * MINUTE, BEGIN + at * MINUTE + 1)),
        st.integers(BEGIN, BEGIN + 2_500_000).map(lambda at: range(at, at + 1)),
        st.builds(
            lambda start, step, count: range(BEGIN + start * STEP, BEGIN + start * STEP + step * count, step),
            st.integers(-3, 40),
            st.sampled_from((15_000, 60_000, 75_000)),
            st.integers(2, 8),
        ),
    )


def compare(store, oracle, text, asked):
    expected, found = theirs(oracle, text, asked), ours(store.series(), text, asked)
    assert same(text, found, expected, exact=is_exact(text, asked)), (text, asked, found, expected)


@settings(max_examples=150, derandomize=True, suppress_health_check=list(HealthCheck))
@given(expressions(2), times())
def test_random_expressions_give_what_prometheus_2_gives(store, oracle, text, asked):
    assume(is_comparable(text, asked))
    compare(store, oracle, text, asked)


@pytest.mark.stress
@pytest.mark.timeout(1800)
@settings(max_examples=5000, suppress_health_check=list(HealthCheck))
@given(expressions(3), times())
def test_thousands_of_random_expressions_give_what_prometheus_2_gives(store, oracle, text, asked):
    assume(is_comparable(text, asked))
    compare(store, oracle, text, asked)


OPEN = '{__name__=~"early.*|later.*"}'


@pytest.mark.parametrize(
    "text",
    [
        f"rate({OPEN}[2m])",
        f"sum(rate({OPEN}[2m]))",
        f"-{OPEN}",
        f"abs({OPEN})",
        f"sum_over_time(abs({OPEN})[3m:])",
        f"max_over_time(rate({OPEN}[2m])[30m:])",
        f"quantile_over_time(0.5, {OPEN}[2m])",
        f"last_over_time({OPEN}[2m])",
        f'label_replace({OPEN}, "__name__", "x", "", "")',
        f"absent_over_time({OPEN}[2m])",
        f"{OPEN} > bool 1",
    ],
)
@pytest.mark.parametrize(
    "asked", [range(BEGIN, BEGIN + 40 * MINUTE, MINUTE), range(BEGIN + 30 * MINUTE, BEGIN + 30 * MINUTE + 1)]
)
def test_series_that_become_equal_at_different_times_merge_or_fail_as_in_prometheus(store, oracle, text, asked):
    compare(store, oracle, text, asked)


def test_the_answers_are_not_all_empty(store, oracle):
    asked = range(BEGIN + 20 * MINUTE, BEGIN + 20 * MINUTE + 1)
    assert len(theirs(oracle, '{__name__=~".+"}', asked)) == len(ours(store.series(), '{__name__=~".+"}', asked)) > 10
