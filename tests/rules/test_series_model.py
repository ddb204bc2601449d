"""The store beside a plain dictionary of lists, while series come, go, come back and pass from hand to hand."""

import sys
from itertools import pairwise
from math import isnan
from random import Random
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.samples import Family, Kind, Sample, Snapshot
from rules.blocks import ROWS
from rules.promql import Compat, EvaluationError, compile_query
from rules.series import Series

STEP = 1000
NAMES = "abcdefgh"
GONE = None

batches = st.tuples(st.frozensets(st.sampled_from(NAMES)), st.integers(1, 70), st.booleans())
"""Which series a run of ticks measures, how many ticks, and whether the last one is a lone flicker without any."""


class Model:
    """Each series as a list of times and values, GONE where it was marked stale."""

    def __init__(self):
        self.rows = {}

    def write(self, at, found, members):
        for name in members - found.keys():
            self.rows[name].append((at, GONE))
        for name, value in found.items():
            self.rows.setdefault(name, []).append((at, value))

    def latest(self, at):
        newest = {name: [row for row in rows if row[0] <= at][-1:] for name, rows in self.rows.items()}
        return {name: rows[0][1] for name, rows in newest.items() if rows and rows[0][1] is not GONE}

    def window(self, name, since, until):
        return [row for row in self.rows.get(name, ()) if since < row[0] <= until and row[1] is not GONE]


def tick(at, found):
    samples = [Sample(name, (("i", name),), value) for name, value in found.items()]
    return Snapshot(at * STEP, [Family("m", Kind.GAUGE, "", samples)])


def played(runs, series, see=lambda _at: None):
    """Write *runs* into the store and the model; the values of a series rise and now and then begin anew."""
    model, random, at, members = Model(), Random(5), 0, set()
    for names, ticks, flicker in runs:
        for _ in range(ticks):
            at += 1
            found = {name: float(random.randrange(at)) for name in sorted(names)}
            series.append(tick(at, found))
            model.write(at, found, members)
            members = set(found)
            see(at)
        if flicker:
            at += 1
            series.append(tick(at, {}))
            model.write(at, {}, members)
            members = set()
            see(at)
    return model, at


def name_of(labels):
    return labels.get("i")


def check(view, model, at):
    tracks = view.select(())
    assert {name_of(labels): value for labels, value in view.latest(tracks, -1, at * STEP).items()} == model.latest(at)
    for since in (-1, at - 3, at - ROWS, at - ROWS - 1):
        windows = {name_of(labels): points for labels, points in view.windows(tracks, since * STEP, at * STEP)}
        spans = {name_of(labels): span for labels, span in view.spans(tracks, since * STEP, at * STEP)}
        assert windows.keys() == spans.keys()
        for name in NAMES:
            rows = model.window(name, since, at)
            assert bool(rows) == (name in windows)
            if rows:
                assert [(time // STEP, value) for time, value in zip(*windows[name], strict=True)] == rows
                values = [value for _, value in rows]
                fallen = [a for a, b in pairwise(values) if b < a]
                expected = (len(rows), rows[0][0] * STEP, values[0], rows[-1][0] * STEP, values[-1])
                assert spans[name][:5] == expected
                assert list(spans[name].fallen) == fallen


@settings(deadline=None, max_examples=60)
@given(st.lists(batches, min_size=1, max_size=12))
def test_whatever_comes_and_goes_a_view_shows_what_was_written(runs):
    series = Series(history=10**6)
    model, at = played(runs, series)
    for moment in {at, at - 1, at // 2, 1}:
        check(series.view(), model, moment)


@settings(deadline=None, max_examples=30)
@given(st.lists(batches, min_size=1, max_size=8), st.integers(1, 400))
def test_a_view_taken_on_the_way_stays_as_it_was(runs, moment):
    series, views = Series(history=10**6), {}
    model, at = played(runs, series, lambda at: views.setdefault(at, series.view()) if at == moment else None)
    if moment in views:
        seen = Model()
        seen.rows = {name: [row for row in rows if row[0] <= moment] for name, rows in model.rows.items()}
        check(views[moment], seen, at)


@settings(deadline=None, max_examples=30)
@given(st.lists(batches, min_size=1, max_size=12), st.integers(20, 200), st.integers(0, 300))
def test_trimming_keeps_the_history_and_what_rules_look_back_on(runs, history, needed):
    series = Series(history=history)
    series.keep({"a": needed * STEP})
    model, at = played(runs, series)
    view = series.view()
    for name, kept in (("a", max(history, needed)), ("b", history)):
        since = at - kept + 21  # trimming looks only now and then, and an ended series counts from the tick before
        tracks = [track for track in view.select(()) if name_of(track.labels) == name]
        got = [
            (time // STEP, value)
            for _, points in view.windows(tracks, since * STEP, at * STEP)
            for time, value in zip(*points, strict=True)
        ]
        assert got == model.window(name, since, at)


@settings(deadline=None, max_examples=40)
@given(st.lists(batches, min_size=1, max_size=8), st.sampled_from([5, 30, 200]), st.data())
def test_series_read_together_have_the_rates_that_each_has_alone(runs, seconds, data):
    together, alone = Series(history=10**6), Series(history=10**6)
    model, at = played(runs, together)
    for name, rows in model.rows.items():
        for time, value in rows:
            written = [] if value is GONE else [Sample(name, (("i", name),), value)]
            alone.append_samples(written, time * STEP, source=name)
    moment = data.draw(st.integers(1, at))
    for function in ("rate", "increase", "delta", "resets", "avg_over_time", "max_over_time", "last_over_time"):
        query = compile_query(f'{function}({{i!=""}}[{seconds}s])', compat=data.draw(st.sampled_from(Compat)))
        left, right = (sorted(query.at(one.view(), moment * STEP).samples) for one in (together, alone))
        assert left == right
        query = compile_query(f'sum without () ({function}({{i!=""}}[{seconds}s]) * 2 > 0)')
        left, right = (sorted(query.at(one.view(), moment * STEP).samples) for one in (together, alone))
        assert left == right


@pytest.mark.parametrize("text", ["rate({text}[1m])", "sum(rate({text}[1m]))", "{text} * 2", "count({text} == bool 1)"])
def test_two_series_that_become_one_are_told_in_bulk_as_well(text):
    series = Series()
    for at in range(1, 5):
        series.append(tick(at, {"a": 1.0, "b": 1.0}))
        series.append_samples([Sample("c", (("i", "a"),), 1.0)], at * STEP, source="rule")
    view = series.view()
    assert compile_query(text.replace("{text}", '{__name__=~"a|b"}')).at(view, view.at_ms).samples
    for twins in ('{i="a"}', '{__name__=~"a|b|c"}'):
        with pytest.raises(EvaluationError, match="same labelset"):
            compile_query(text.replace("{text}", twins)).at(view, view.at_ms)


def test_a_counter_that_falls_at_any_row_has_the_same_resets_as_in_a_list():
    for period in (7, ROWS - 1, ROWS, ROWS + 1):
        series, model = Series(history=10**6), Model()
        for at in range(1, 3 * ROWS):
            found = {name: float((at - 1 + shift) % period) for shift, name in enumerate(NAMES[:3])}
            series.append(tick(at, found))
            model.write(at, found, set())
        for moment in range(1, 3 * ROWS, 17):
            check(series.view(), model, moment)


def test_a_series_that_was_taken_over_is_no_longer_missed_where_it_was():
    series = Series()
    series.append(tick(1, {"a": 1.0, "b": 1.0}))
    series.append_samples([Sample("b", (("i", "b"),), 2.0)], 2 * STEP, source="rule")
    series.append(tick(3, {"a": 3.0}))
    (track,) = [track for track in series.view().select(()) if name_of(track.labels) == "b"]
    assert track.lane is not None
    view = series.view()
    assert {name_of(labels): value for labels, value in view.latest(view.select(()), 0, 3 * STEP).items()} == {
        "a": 3.0,
        "b": 2.0,
    }
    series.mark_stale("rule", 4 * STEP)
    view = series.view()
    assert [name_of(labels) for labels in view.latest(view.select(()), 0, 4 * STEP)] == ["a"]


def test_what_flickers_for_long_costs_no_more_than_its_samples():
    series = Series(history=10 * ROWS)
    for at in range(1, 5 * ROWS):
        found = {name: 1.0 for index, name in enumerate(NAMES) if at % (index + 2)}
        series.append(tick(at, found))
        series.append_samples([Sample("r", (), 1.0)] * (at % 2), at * STEP, source="rule")
    places = [track.places for track in series.view().select(())]
    assert max(map(len, places)) <= 12
    assert series.bytes < 8 * ROWS * 5 * 2 * len(NAMES) + 200_000


def test_a_new_series_at_each_tick_moves_the_others_seldom():
    series = Series(history=10 * ROWS)
    for at in range(1, 4 * ROWS):
        series.append(tick(at, {f"m{one}": float(at) for one in range(max(0, at - 100), at)}))
    view = series.view()
    assert len(view.latest(view.select(()), 0, view.at_ms)) == 100
    assert max(len(track.places) for track in view.select(())) <= 20


@pytest.mark.parametrize("columns", [3, pytest.param(100, marks=pytest.mark.stress)])
def test_readers_in_other_threads_see_whole_rows_while_series_come_and_go(columns):
    series, done, wrong = Series(history=20 * ROWS), Event(), []  # what readers lag behind must not be trimmed yet

    def found_at(at):
        return {f"{name}{one}": float(at) for one in range(10) for name in NAMES if (at // 5 + one) % 4}

    def read():
        while not done.is_set():
            view = series.view()
            at, tracks = view.at_ms // STEP, view.select(())
            try:
                seen = {name_of(labels): value for labels, value in view.latest(tracks, -1, at * STEP).items()}
                if seen != found_at(at):
                    wrong.append((at, seen))
                for labels, points in view.windows(tracks, (at - 20) * STEP, at * STEP):
                    expected = [one for one in range(at - 19, at + 1) if one > 0 and name_of(labels) in found_at(one)]
                    if [time // STEP for time in points.times] != expected or list(points.values) != expected:
                        wrong.append((at, labels, points))
            except Exception as error:  # noqa: BLE001 - a thread's own error would be lost
                wrong.append(error)

    series.append(tick(1, found_at(1)))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for at in range(2, columns * ROWS):
            series.append(tick(at, found_at(at)))
    finally:
        done.set()
        for thread in threads:
            thread.join(30)
        sys.setswitchinterval(before)
    assert wrong == []


def test_a_nan_is_a_sample_and_no_mark():
    series = Series()
    for at in range(1, 4):
        series.append(tick(at, {"a": float("nan"), "b": -float("nan")}))
    view = series.view()
    assert all(isnan(value) for value in view.latest(view.select(()), 0, view.at_ms).values())
    assert [len(points.values) for _, points in view.windows(view.select(()), 0, view.at_ms)] == [3, 3]
