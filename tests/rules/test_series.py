import sys
from threading import Event, Thread

import pytest

from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.blocks import ROWS
from rules.promql import compile_query
from rules.series import Series

TICK = 15_000


def tick(at, *samples):
    return Snapshot(at * TICK, [Family("m", Kind.GAUGE, "", list(samples))])


def x(value, at=None, **more):
    return Sample("x", labels(**more), float(value), None if at is None else at * TICK)


def now(series, text="x", at=None):
    view = series.view()
    answer = compile_query(text).at(view, view.at_ms if at is None else at * TICK)
    return {dict(pairs).get("i", ""): value for pairs, value in answer.samples}


def test_a_series_that_the_tick_lacks_is_stale_at_once():
    series = Series()
    series.append(tick(1, x(1, i="a"), x(2, i="b")))
    series.append(tick(2, x(3, i="a")))
    assert now(series) == {"a": 3}
    assert now(series, at=1) == {"a": 1, "b": 2}


def test_a_series_that_comes_back_has_a_gap_and_no_stale_mark_in_its_windows():
    series = Series()
    for at, samples in enumerate([[x(1, i="a")], [], [x(3, i="a")]], start=1):
        series.append(tick(at, x(0), *samples))
    assert now(series)["a"] == 3
    assert now(series, "count_over_time(x[1h])") == {"": 3, "a": 2}
    assert now(series, "sum_over_time(x[1h])")["a"] == 4


def test_a_slow_sample_is_stored_once_and_stays_current_at_the_next_ticks():
    series = Series()
    series.append(tick(1, x(1, i="fast"), x(7, at=1, i="slow")))
    for at in range(2, 6):
        series.append(tick(at, x(1, i="fast"), x(7, at=1, i="slow")))
    assert now(series)["slow"] == 7
    assert now(series, "count_over_time(x[1h])") == {"fast": 5, "slow": 1}
    assert now(series, "timestamp(x)") == {"fast": 75, "slow": 15}
    assert series.counts.repeated == 4


def test_a_slow_series_goes_stale_when_its_collector_runs_again_without_it():
    series = Series()
    series.append(tick(1, x(1, at=1, i="a"), x(2, at=1, i="b")))
    series.append(tick(2, x(1, at=1, i="a"), x(2, at=1, i="b")))
    series.append(tick(3, x(5, at=3, i="a")))
    assert now(series) == {"a": 5}


def test_a_slow_collector_that_fails_to_run_leaves_its_samples_to_the_lookback():
    series = Series()
    series.append(tick(1, x(1), x(2, at=1, i="slow")))
    series.append(tick(2, x(1)))
    assert now(series) == {"": 1, "slow": 2}
    assert now(series, at=21) == {"": 1}


def test_slow_collectors_that_once_ran_together_do_not_make_each_other_stale():
    series = Series()
    series.append(tick(1, x(1, at=1, i="a"), x(2, at=1, i="b")))
    series.append(tick(2, x(3, at=2, i="a"), x(2, at=1, i="b")))
    series.append(tick(3, x(3, at=2, i="a"), x(4, at=3, i="b")))
    series.append(tick(4, x(5, at=4, i="a"), x(6, at=4, i="b")))
    assert now(series) == {"a": 5, "b": 6}
    assert now(series, "count_over_time(x[1h])") == {"a": 3, "b": 3}
    series.append(tick(5, x(7, at=5, i="a"), x(6, at=4, i="b")))
    assert now(series) == {"a": 7, "b": 6}


def test_a_snapshot_that_is_not_later_than_the_last_is_refused_and_counted():
    series = Series()
    series.append(tick(3, x(0)))
    series.append(tick(5, x(1)))
    series.append(tick(5, x(2)))
    series.append(tick(4, x(3)))
    assert series.counts.refused == 2
    assert now(series) == {"": 1}
    assert series.view().at_ms == 5 * TICK


def test_a_clock_that_was_wrong_and_is_set_back_begins_the_store_anew():
    series = Series()
    for at in range(400, 500):
        series.append(tick(at, x(at), x(7, at=at, i="slow")))
        series.append_samples([Sample("r", (), 1.0)], at * TICK, source="rule")
    before = series.view()
    series.append(tick(450, x(1), x(7, at=499, i="slow")))
    series.append_samples([Sample("r", (), 2.0)], 450 * TICK, source="rule")
    assert now(series, '{__name__=~"x|r"}') == {"": 2}
    assert now(series, "count_over_time(x[1h])") == {"": 1}
    series.append(tick(451, x(2), x(8, at=451, i="slow")))
    assert now(series) == {"": 2, "slow": 8}
    assert [answer.value for answer in compile_query("r").at(before, 499 * TICK).samples] == [1]


def test_a_clock_that_is_set_back_a_little_keeps_what_is_stored():
    series = Series()
    series.append(tick(90, x(0)))
    series.append(tick(100, x(1)))
    series.append(tick(96, x(2)))
    assert now(series) == {"": 1}


def test_a_clock_that_is_set_back_before_the_first_tick_begins_the_store_anew():
    series = Series()
    series.append(tick(100, x(1)))
    series.append(tick(101, x(2)))
    series.append(tick(99, x(3)))
    assert now(series) == {"": 3}
    assert series.view().at_ms == 99 * TICK
    assert series.counts.refused == 0


def test_a_slow_sample_older_than_its_series_is_refused_and_counted():
    series = Series()
    series.append(tick(1, x(1, at=5)))
    series.append(tick(2, x(2, at=4)))
    assert series.counts.refused == 1
    assert now(series, at=6) == {"": 1}


def test_the_same_series_twice_in_a_tick_keeps_the_first_value():
    series = Series()
    series.append(tick(1, x(1), x(2)))
    assert now(series) == {"": 1}
    assert series.counts.refused == 1


def test_what_a_source_no_longer_writes_goes_stale_and_other_sources_are_left_alone():
    series = Series()
    series.append_samples([x(1, i="a"), x(1, i="b")], TICK, source="rule 1")
    series.append_samples([x(1, i="c")], TICK, source="rule 2")
    series.append_samples([x(2, i="a")], 2 * TICK, source="rule 1")
    assert now(series, at=2) == {"a": 2, "c": 1}
    series.append_samples([], 3 * TICK, source="rule 1")
    assert now(series, at=3) == {"c": 1}
    series.mark_stale("rule 2", 4 * TICK)
    assert now(series, at=4) == {}


def test_a_source_that_never_wrote_can_be_ended():
    series = Series()
    series.mark_stale("nothing", TICK)
    assert series.size == 0


def test_a_series_may_pass_from_one_source_to_another():
    series = Series()
    series.append_samples([x(1)], TICK, source="old")
    series.append_samples([x(2)], 2 * TICK, source="new")
    series.mark_stale("old", 3 * TICK)
    assert now(series, at=3) == {"": 2}


def test_a_view_does_not_see_what_is_written_after_it():
    series = Series()
    series.append(tick(1, x(1, i="a")))
    view = series.view()
    series.append(tick(2, x(2, i="a"), x(2, i="b"), x(9, at=1, i="slow")))
    answer = compile_query("count_over_time(x[1h])").at(view, 3 * TICK)
    assert [(dict(pairs), value) for pairs, value in answer.samples] == [({"i": "a"}, 1)]
    assert view.at_ms == TICK


def test_a_view_stays_as_it_is_when_its_column_is_sealed():
    series = Series()
    for at in range(1, ROWS):
        series.append(tick(at, x(at)))
    view = series.view()
    for at in range(ROWS, 3 * ROWS):
        series.append(tick(at, x(at)))
    count = compile_query("count_over_time(x[10h])")
    assert count.at(view, 5 * ROWS * TICK).samples[0].value == ROWS - 1
    assert count.at(series.view(), 5 * ROWS * TICK).samples[0].value == 3 * ROWS - 1


def test_trimming_drops_whole_blocks_and_keeps_the_history():
    series = Series(history=2 * ROWS)
    for at in range(1, 10 * ROWS):
        series.append(tick(at, x(at)))
    kept = now(series, "count_over_time(x[100h])")[""]
    assert 2 * ROWS <= kept <= 3 * ROWS + 20
    assert now(series, "max_over_time(x[100h])")[""] == 10 * ROWS - 1


def test_a_metric_that_rules_look_back_on_is_kept_for_longer():
    series = Series(history=ROWS)
    series.keep({"y": 5 * ROWS * TICK})
    for at in range(1, 10 * ROWS):
        series.append(tick(at, x(at), Sample("y", (), 1.0)))
    assert now(series, "count_over_time(x[100h])")[""] <= 2 * ROWS + 20
    assert now(series, "count_over_time(y[100h])")[""] >= 5 * ROWS


def test_a_series_that_ended_long_ago_is_forgotten():
    series = Series(history=ROWS)
    series.append(tick(1, x(1, i="gone"), x(1)))
    assert series.size == 2
    for at in range(2, 4 * ROWS):
        series.append(tick(at, x(1)))
    assert series.size == 1
    assert now(series, "present_over_time(x[100h])") == {"": 1}


def test_labels_of_forgotten_series_are_let_go():
    series = Series(history=ROWS)
    for at in range(1, 6 * ROWS):
        series.append(tick(at, x(1, i=str(at))))
    assert series.size <= 2 * ROWS + 20
    assert len(series.view().index.values("i")) == series.size


@pytest.mark.parametrize("kin", [lambda _: "the same ones", str], ids=["that go on", "that come and go"])
def test_readers_in_another_thread_never_see_half_a_tick(kin):
    series = Series(history=ROWS)

    def append(at):
        series.append(tick(at, *(x(at, i=str(one), kin=kin(at)) for one in range(50))))

    append(1)
    done, torn = Event(), []

    def read():
        query = compile_query("max(x) - min(x) > 0 or count(x) != 50")
        while not done.is_set():
            view = series.view()
            try:
                torn.extend(query.at(view, view.at_ms).samples)
            except Exception as error:  # noqa: BLE001 - a thread's own error would be lost
                torn.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    reader = Thread(target=read)
    reader.start()
    try:
        for at in range(2, 3 * ROWS):
            append(at)
    finally:
        done.set()
        reader.join(10)
        sys.setswitchinterval(before)
    assert not reader.is_alive()
    assert torn == []
