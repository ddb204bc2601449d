import gc
import tracemalloc

import pytest

from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.blocks import ROWS
from rules.promql import compile_query
from rules.series import Series

TICK = 15_000


def tick(at, identities, own=None):
    samples = [Sample("x", one, float(at % 7 + index), own) for index, one in enumerate(identities)]
    return Snapshot(at * TICK, [Family("m", Kind.GAUGE, "", samples)])


def named(count, start=0):
    return [labels(i=str(index), host="a") for index in range(start, start + count)]


def count(series):
    found = compile_query("count(x)").at(series.view(), series.view().at_ms).samples
    return found[0].value if found else 0


@pytest.mark.parametrize(("width", "rows"), [(1000, 480), (2000, 60)])
def test_what_the_series_say_they_weigh_is_what_they_take(width, rows):
    identities = named(width)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        series = Series()
        for at in range(1, rows + 1):
            series.append(tick(at, identities))
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert series.bytes == pytest.approx(taken, rel=0.15)
    if rows == 480:
        assert taken / width / rows < 12


def test_the_weight_of_what_was_dropped_is_taken_off_again():
    series = Series(history=ROWS)
    series.append_samples([Sample("r", (), 1.0)], 1, source="rule")
    empty = series.bytes
    for at in range(1, 10 * ROWS):
        series.append(tick(at, named(20, start=at // 50 * 10)))
        series.append_samples([Sample("r", labels(i=str(at)), 1.0)] * (at % 3), at * TICK, source=f"rule {at % 5}")
    for number in range(5):
        series.mark_stale(f"rule {number}", 10 * ROWS * TICK)
    for at in range(10 * ROWS, 14 * ROWS):
        series.append(tick(at, named(20)))
    assert series.size == 21  # the first rule goes on
    assert empty < series.bytes < 8 * 20 * 3 * ROWS + 20 * 1200 + 20_000


def test_a_series_beyond_the_bound_is_refused_and_counted_and_the_others_go_on():
    series = Series(max_bytes=100 * (1100 + 8 * 600))
    for at in range(1, 600):
        series.append(tick(at, named(200)))
    kept = count(series)
    assert 80 <= kept < 110
    assert series.counts.over_memory == (200 - kept) * 599
    assert series.counts.refused == 0
    assert series.bytes - 10_000 <= series.promised_bytes <= 100 * (1100 + 8 * 600)
    assert compile_query("min(count_over_time(x[2h]))").at(series.view(), 599 * TICK).samples[0].value >= 479


def test_a_refused_series_is_taken_in_once_others_are_forgotten():
    series = Series(history=20, max_bytes=10 * (1200 + 8 * 160))
    series.append(tick(1, named(10)))
    assert count(series) == 10
    for at in range(2, 4 * ROWS):
        series.append(tick(at, named(10, start=5)))
    assert count(series) == 10


def test_slow_collectors_and_rules_meet_the_bound_as_well():
    series = Series(max_bytes=1000)
    series.append(tick(1, named(3), own=TICK))
    series.append_samples([Sample("r", (), 1.0)], TICK, source="rule")
    assert series.size == 0
    assert series.counts.over_memory == 4


def test_what_rules_look_back_on_counts_with_its_whole_length():
    series = Series()
    series.append(tick(1, named(10)))
    short = series.promised_bytes
    series.keep({"x": 24 * 3600 * 1000})
    assert series.promised_bytes - short == 10 * 8 * (24 * 240 - 480)
    series.keep({})
    assert series.promised_bytes == short


def test_only_what_rules_look_back_on_is_kept_for_long():
    series = Series(history=ROWS)
    series.keep({"y": 20 * ROWS * TICK})
    for at in range(1, 12 * ROWS):
        samples = [Sample("x", one, 1.0) for one in named(30)]
        series.append(Snapshot(at * TICK, [Family("m", Kind.GAUGE, "", [*samples, Sample("y", (), 1.0)])]))
    assert series.bytes < 8 * (30 * 3 * ROWS + 12 * ROWS * 3) + 31 * 1200 + 20_000
    series.keep({"x": 20 * ROWS * TICK})
    for at in range(12 * ROWS, 24 * ROWS):
        samples = [Sample("x", one, 1.0) for one in named(30)]
        series.append(Snapshot(at * TICK, [Family("m", Kind.GAUGE, "", [*samples, Sample("y", (), 1.0)])]))
    at = series.view().at_ms
    assert compile_query('count_over_time(x{i="1"}[1w])').at(series.view(), at).samples[0].value >= 12 * ROWS
    assert compile_query("count_over_time(y[1w])").at(series.view(), at).samples[0].value <= 3 * ROWS


def test_a_value_that_is_no_number_harms_no_row():
    series = Series()
    series.append(tick(1, named(2)))
    for wrong in (None, "1"):
        with pytest.raises(TypeError):
            series.append(Snapshot(2 * TICK, [Family("m", Kind.GAUGE, "", [Sample("x", (), wrong)])]))
    series.append(tick(2, named(2)))
    assert count(series) == 2


def test_with_short_ticks_too_only_what_a_rule_needs_is_kept_for_it():
    series = Series(history=100, tick_ms=1_000)
    series.keep({"long": 600_000})
    for at in range(1, 10 * ROWS):
        families = [Family(name, Kind.GAUGE, "", [Sample(name, (), float(at))]) for name in ("long", "short")]
        series.append(Snapshot(at * 1_000, families))
    kept = {name: compile_query(f"count_over_time({name}[1h])") for name in ("long", "short")}
    rows = {name: query.at(series.view(), series.view().at_ms).samples[0].value for name, query in kept.items()}
    assert rows["long"] >= 600
    assert 100 <= rows["short"] <= 3 * ROWS
