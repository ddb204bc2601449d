from math import isnan, nan

from hypothesis import given
from hypothesis import strategies as st

from medic.core.samples import Family, Kind, Sample, Snapshot
from rules.blocks import ROWS, STALE
from rules.promql import EvaluationError, compile_query
from rules.series import Series

STEP = 1000
values = st.one_of(st.integers(-5, 5).map(float), st.just(nan), st.just(STALE))
ticks = st.lists(st.dictionaries(st.sampled_from("abcd"), values, max_size=4), min_size=1, max_size=40)
runs = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), max_size=6)


def snapshot(at, found):
    samples = [Sample(name, (), value) for name, value in found.items()]
    return Snapshot(at * STEP, [Family("m", Kind.GAUGE, "", samples)])


def stored(history, start=1):
    series = Series()
    for at, found in enumerate(history, start=start):
        series.append(snapshot(at, found))
    return series


def same(left, right):
    return len(left) == len(right) and all(a == b or (isnan(a) and isnan(b)) for a, b in zip(left, right, strict=True))


def window(series, name, since, until):
    view = series.view()
    tracks = [track for track in view.select(()) if track.labels.get("__name__") == name]
    return next((found for _, found in view.windows(tracks, since * STEP, until * STEP)), None)


@given(ticks, st.integers(0, 40), st.integers(0, 40))
def test_a_window_holds_exactly_what_was_appended_in_it(history, since, until):
    series = stored(history)
    for name in "abcd":
        expected = [
            (at, found[name]) for at, found in enumerate(history, start=1) if since < at <= until and name in found
        ]
        got = window(series, name, since, until)
        assert (got is None) == (not expected)
        if got is not None:
            assert list(got.times) == [at * STEP for at, _ in expected]
            assert same(list(got.values), [value for _, value in expected])


@given(ticks, st.integers(1, 40))
def test_the_latest_value_is_that_of_the_last_tick_unless_the_series_vanished_there(history, at):
    view = stored(history).view()
    found = {labels.get("__name__"): value for labels, value in view.latest(view.select(()), -1, at * STEP).items()}
    expected = history[min(at, len(history)) - 1]
    assert found.keys() == expected.keys()
    assert same([found[name] for name in expected], list(expected.values()))


@given(ticks, st.integers(0, 40), st.sampled_from(["sum_over_time({__name__=~'.+'}[1h])", "a", "changes(b[10s])"]))
def test_a_view_since_a_moment_equals_the_series_without_what_was_before(history, since, text):
    query = compile_query(text)
    whole = stored(history).view(since * STEP)
    rest = stored(history[since:], start=since + 1).view()
    left = {one.labels: one.value for one in _answer(query, whole, len(history))}
    right = {one.labels: one.value for one in _answer(query, rest, len(history))}
    assert left.keys() == right.keys()
    assert same(list(left.values()), [right[labels] for labels in left])


def _answer(query, view, at):
    try:
        return query.at(view, at * STEP).samples
    except EvaluationError:  # names are dropped, so series may fall together, on both sides alike
        return ()


@given(st.lists(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 30)), max_size=6), max_size=15))
def test_slow_samples_are_stored_once_each_at_their_own_time(batches):
    series = Series()
    expected = {}
    for at, batch in enumerate(batches, start=31):
        samples = []
        for name, own in batch:
            known = expected.setdefault(name, [])
            samples.append(Sample(name, (), float(own), own * STEP))
            if not known or known[-1] < own:
                known.append(own)
        samples.extend(Sample(name, (), float(known[-1]), known[-1] * STEP) for name, known in expected.items())
        series.append(Snapshot(at * STEP, [Family("m", Kind.GAUGE, "", samples)]))
    for name, known in expected.items():
        got = window(series, name, -1, 100)
        assert got is not None
        assert list(got.values) == [float(own) for own in known]
        assert list(got.times) == [own * STEP for own in known]


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(1, 3))
def test_trimming_never_drops_what_the_history_promises(pattern, blocks):
    history = blocks * 40
    series = Series(history=history)
    at = 0
    for present in pattern:
        for _ in range(ROWS // 3):
            at += 1
            series.append(snapshot(at, {"a": float(at), "b": 1.0} if present else {"b": 1.0}))
    got = window(series, "b", at - history, at)
    assert got is not None
    assert len(got.values) == min(history, at)
    kept = window(series, "a", -1, at)
    assert kept is None or list(kept.values) == [float(time // STEP) for time in kept.times]
