"""What views and queries share among themselves, and when they must not."""

from itertools import pairwise
from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st

from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.postings import Match, Matcher
from rules.promql import compile_query
from rules.selections import Selection
from rules.series import Series

TICK = 15_000
WHERE = (Matcher("__name__", Match.EQUAL, "x"),)


def tick(series, number, **values):
    families = [Family(name, Kind.GAUGE, "", [Sample(name, (), float(value))]) for name, value in values.items()]
    series.append(Snapshot(number * TICK, families))


def value(text, view, at):
    return [sample.value for sample in compile_query(text).at(view, at).samples]


def test_who_asks_for_the_same_series_shares_one_selection_until_one_of_that_name_comes():
    series = Series()
    tick(series, 1, x=1)
    index = series.view().index
    first = index.share(WHERE)
    tick(series, 2, x=1, y=1)
    assert index.share(WHERE) is first
    series.append_samples([Sample("x", labels(a="b"), 1.0)], 2 * TICK, source="rule")
    assert len(index.share(WHERE)) == 2
    assert index.share(WHERE) is index.share(tuple(WHERE))


def test_a_selection_without_a_name_knows_of_every_series():
    series = Series()
    query = compile_query('{a="b"}')
    for number, name in enumerate("xyz", start=1):
        series.append_samples([Sample(name, labels(a="b"), 1.0)], TICK, source=name)
        assert len(query.at(series.view(), TICK).samples) == number


def test_a_selection_that_nobody_holds_is_forgotten():
    series = Series()
    tick(series, 1, x=1)
    index = series.view().index
    assert isinstance(index.share(WHERE), Selection)
    assert WHERE not in index._shared


def test_what_is_remembered_of_a_metric_goes_with_its_last_series():
    series = Series(history=2)
    query = compile_query("x")
    tick(series, 1, x=1)
    assert query.at(series.view(), TICK).samples
    for number in range(2, 1000):
        tick(series, number, y=number)
    assert "x" not in series.view().index.changes
    tick(series, 1000, x=7, y=1)
    assert [sample.value for sample in query.at(series.view(), 1000 * TICK).samples] == [7]


def test_views_of_one_tick_see_what_rules_wrote_between_them():
    series = Series()
    seen = []
    for number in range(1, 6):
        tick(series, number, x=number)
        before = series.view()
        seen.append(value("sum_over_time(x[2m]) + on () count_over_time(r[2m])", before, number * TICK))
        series.append_samples([Sample("r", (), float(number))], number * TICK, source="rule")
        seen.append(value("sum_over_time(x[2m]) + on () count_over_time(r[2m])", series.view(), number * TICK))
        assert value("r", before, number * TICK) == ([number - 1] if number > 1 else [])
        assert value("r", series.view(), number * TICK) == [number]
    assert seen == [[], [2], [4], [5], [8], [9], [13], [14], [19], [20]]


def test_a_view_stays_as_it_is_whatever_later_views_remember():
    series = Series()
    tick(series, 1, x=1)
    old, later = series.view(), 10 * TICK
    assert value("x", old, later) == [1]
    tick(series, 2, x=2)
    assert value("x", series.view(), later) == [2]
    assert value("count_over_time(x[10m])", series.view(), later) == [2]
    assert value("x", old, later) == [1]
    assert value("count_over_time(x[10m])", old, later) == [1]


def test_a_view_since_a_moment_shares_nothing_with_whole_ones():
    series = Series()
    for number in range(1, 5):
        tick(series, number, x=number)
    for _ in range(2):
        assert value("count_over_time(x[10m])", series.view(), 4 * TICK) == [4]
        assert value("count_over_time(x[10m])", series.view(2 * TICK), 4 * TICK) == [2]


NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 2.0, 3.0, nan, inf, -inf])


@given(st.lists(NUMBERS, min_size=1, max_size=300), st.lists(st.integers(1, 40), max_size=5))
def test_the_drops_of_a_lone_counter_are_those_that_a_plain_look_finds(values, windows):
    series = Series()
    query = compile_query(f"resets(x[{len(values)}h])")
    short = {length: compile_query(f"resets(x[{length * 15}s])") for length in windows}
    for number, one in enumerate(values, start=1):
        tick(series, number, x=one)
        if number % 7 == 0 or number == len(values):
            for length, asked in short.items():
                window = values[max(number - length, 0) : number]
                assert value_of(asked, series, number) == drops(window)
    assert value_of(query, series, len(values)) == drops(values)


def value_of(query, series, number):
    return query.at(series.view(), number * TICK).samples[0].value


def drops(values):
    return sum(after < before for before, after in pairwise(values))
