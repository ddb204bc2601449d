import math

from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.timing import BOUNDS, MOST, Durations, Tally
from medic.core.samples import labels


def test_a_histogram_is_cumulative_and_ends_with_infinity():
    tally = Tally()
    for seconds in (0.2, 0.25, 7_200.0):
        tally.add(seconds)
    told = tally.histogram()
    assert (dict(told.buckets)[0.1], dict(told.buckets)[0.25], told.buckets[-1]) == (0, 2, (math.inf, 3))
    assert (told.count, told.sum, told.labels) == (3, 7_200.45, ())


def test_a_clock_that_was_set_back_makes_no_negative_time():
    tally = Tally()
    tally.add(-5.0)
    assert (tally.histogram().sum, tally.histogram().buckets[0]) == (0.0, (BOUNDS[0], 1))


def test_types_are_told_apart_up_to_a_bound_and_none_is_lost():
    durations = Durations()
    for number in range(MOST + 20):
        durations.add(f"task{number}", 1.0)
    durations.add("task0", 1.0)
    durations.add("", 1.0)
    told = {each.labels: each.count for each in durations.histograms()}
    assert len(told) == MOST + 1
    assert told[labels(task="task0")] == 2
    assert told[labels(task="other")] == 21


@given(st.lists(st.floats(0, 1e9), max_size=50))
def test_buckets_rise_and_hold_everything(values):
    tally = Tally()
    for value in values:
        tally.add(value)
    counts = [count for _, count in tally.histogram().buckets]
    assert counts == sorted(counts)
    assert counts[-1] == len(values)
