from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from medic.core.samples import Sample
from rules.promql import Compat, compile_query
from rules.series import Series
from tests.rules.promql.engine import ask, load

counts = st.lists(st.integers(0, 1000), min_size=0, max_size=30)
gaps = st.lists(st.integers(1, 300), min_size=30, max_size=30)


def stored(values, steps):
    series, at, times = Series(), 0, []
    for value, step in zip(values, steps, strict=False):
        at += step * 100
        times.append(at)
        series.append_samples([Sample("x", (), float(value))], at, source="x")
    return series, times


def single(series, text, at, compat=Compat.PROMETHEUS_3):
    return [value for _, value in compile_query(text, compat=compat).at(series.view(), at).samples]


def test_a_rate_is_the_increase_per_second_of_the_window():
    series = load("x 0+60x20")
    assert ask(series, "rate(x[5m])", 10) == {"{}": pytest.approx(1)}
    assert ask(series, "increase(x[5m])", 10) == {"{}": pytest.approx(300)}


def test_a_counter_that_fell_began_again_at_zero():
    series = load("x 5 10 3 4")
    assert ask(series, "increase(x[4m])", 3) == {"{}": pytest.approx(9 * 4 / 3)}
    assert ask(series, "delta(x[4m])", 3) == {"{}": pytest.approx(-1 * 4 / 3)}
    assert ask(series, "resets(x[4m])", 3) == {"{}": 1}


def test_extrapolation_stops_where_the_counter_was_zero():
    series = load("x _ _ _ _ _ 1+10x5")
    assert ask(series, "increase(x[10m])", 10) == {"{}": pytest.approx(51)}


def test_the_far_end_is_judged_before_or_after_zero_by_version():
    series = load("x _ _ _ _ _ 7+10x5")
    assert ask(series, "increase(x[10m])", 10) == {"{}": pytest.approx(55)}
    assert ask(series, "increase(x[10m])", 10, compat=Compat.PROMETHEUS_2) == {"{}": pytest.approx(57)}


def test_one_sample_has_no_rate():
    series = load("x 1")
    for name in ("rate", "increase", "delta", "irate", "idelta", "deriv"):
        assert ask(series, f"{name}(x[5m])") == {}


def test_irate_takes_the_last_two_samples():
    assert ask(load("x 0 60 180"), "irate(x[5m])", 2) == {"{}": 2}
    assert ask(load("x 0 100 60"), "irate(x[5m])", 2) == {"{}": 1}
    assert ask(load("x 0 100 60"), "idelta(x[5m])", 2) == {"{}": -40}


@given(counts, gaps, st.integers(1, 100))
def test_a_rate_of_any_series_that_is_never_negative_is_never_negative(values, steps, minutes):
    series, times = stored(values, steps)
    for at in times:
        assert all(value >= 0 for value in single(series, f"rate(x[{minutes}s])", at))


@given(counts, gaps, st.integers(1, 3000))
def test_an_increase_is_at_least_what_the_samples_themselves_rose(values, steps, seconds):
    series, times = stored(values, steps)
    assume(times)
    inside = [value for at, value in zip(times, values, strict=False) if at > times[-1] - seconds * 1000]
    rose = sum(b - a if b >= a else b for a, b in pairwise(inside))
    got = single(series, f"increase(x[{seconds}s])", times[-1])
    assert got == [] if len(inside) < 2 else got[0] >= rose * (1 - 1e-9)


@given(counts, gaps, st.integers(1, 3000), st.sampled_from(["rate", "increase", "delta", "resets"]))
def test_the_sum_of_a_window_and_its_points_agree(values, steps, seconds, name):
    series = Series()
    for index, value in enumerate(values):
        series.append_samples([Sample("x", (), float(value))], index * 1000, source="x")
    at = len(values) * 1000 - 1000
    direct = single(series, f"{name}(x[{seconds}s])", at)
    assert single(series, f"{name}(x[{seconds}s])", at) == direct
    if seconds < 300 and direct:
        assert single(series, f"{name}(x[{seconds}s:1s])", at) == pytest.approx(direct)


def test_drops_are_found_again_after_more_samples_came():
    series, values = Series(), [5, 7, 2, 3, 1, 9, 9, 0, 4] * 30
    query = compile_query("resets(x[1h])")
    for at, value in enumerate(values):
        series.append_samples([Sample("x", (), float(value))], at * 1000, source="x")
        expected = sum(after < before for before, after in pairwise(values[: at + 1]))
        assert query.at(series.view(), at * 1000).samples[0].value == expected
