from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from exporter.backends.recount import GAP, REMEMBERED, SLICE, Ended, Reading, count, gained, recall
from medic.core.queue import Slice
from medic.core.rollups import Rollup
from medic.core.samples import labels

HOUR = 3_600_000
PERIOD = 300_000
NOW = 1_000 * HOUR


def counted(*readings):
    ended = Ended()
    for reading in readings:
        ended = count(ended, Reading(*reading))
    return ended


def sums(ended, *, after=0):
    parts = [part for part in ended.slices if part.at > after]
    return sum(part.completed for part in parts), sum(part.failed for part in parts)


def rollup(at, first, last, *, low=None, high=None):
    low, high = min(first, last) if low is None else low, max(first, last) if high is None else high
    return Rollup("x_total", labels(queue="q"), at, low, (low + high) / 2, high, last, 20)


def test_the_first_reading_only_says_where_counting_begins():
    assert counted((NOW, 500, 90)) == Ended(Reading(NOW, 500, 90), ())


def test_what_the_counters_rose_by_ended_in_the_slice_of_the_reading():
    ended = counted((NOW, 500, 90), (NOW + 15_000, 503, 90), (NOW + 30_000, 503, 92))
    assert ended.slices == (Slice(NOW, 3, 0), Slice(NOW + 30_000, 0, 2))


def test_counters_that_fell_began_at_nothing_again():
    assert gained(500, 7) == 7
    assert sums(counted((NOW, 500, 90), (NOW + 15_000, 7, 2))) == (7, 2)


def test_after_a_gap_what_ended_is_spread_over_it():
    ended = counted((NOW, 0, 0), (NOW + 8 * HOUR, 800, 80))
    completed, failed = sums(ended, after=NOW + 7 * HOUR)
    assert sums(ended) == (800, 80)
    assert (abs(completed - 100) <= 1, abs(failed - 10) <= 1) == (True, True)


def test_a_clock_that_leaps_by_years_makes_no_mountain_of_slices():
    ended = counted((0, 0, 0), (NOW * 100, 10**9, 0))
    assert len(ended.slices) <= REMEMBERED // SLICE + 1


def test_what_is_ahead_of_a_clock_that_was_set_back_is_forgotten():
    ended = counted((NOW, 0, 0), (NOW + 15_000, 5, 0), (NOW - 2 * HOUR, 6, 0))
    assert sums(ended) == (1, 0)


steps = st.lists(
    st.tuples(st.integers(1_000, 2 * HOUR), st.integers(0, 500), st.integers(0, 500), st.booleans()), max_size=30
)


@given(steps)
def test_any_window_holds_what_a_recount_of_the_readings_finds(plan):
    at, completed, failed, readings, ends = NOW, 10, 10, [(NOW, 10, 10)], []
    for wait, good, bad, reset in plan:
        since, at = at, at + wait
        completed, failed = (good, bad) if reset else (completed + good, failed + bad)
        before = readings[-1]
        readings.append((at, completed, failed))
        ends.append((since, at, gained(before[1], completed), gained(before[2], failed)))
    ended = counted(*readings)
    for length in (HOUR, 24 * HOUR):
        inside = [each for each in ends if each[0] >= at - length + 2 * SLICE]
        touching = [each for each in ends if each[1] > at - length - 2 * SLICE]
        for which, found in zip((2, 3), sums(ended, after=at - length), strict=True):
            assert sum(each[which] for each in inside) <= found <= sum(each[which] for each in touching)


@given(steps)
def test_slices_are_in_order_whole_and_never_negative(plan):
    at, readings = NOW, [(NOW, 0, 0)]
    for wait, good, bad, _ in plan:
        at += wait
        readings.append((at, good, bad))
    slices = counted(*readings).slices
    assert all(first.at < second.at for first, second in pairwise(slices))
    assert all(part.at % SLICE == 0 and part.completed >= 0 and part.failed >= 0 for part in slices)
    assert all(isinstance(part.completed, int) for part in slices)


@given(st.integers(GAP + 1, 30 * HOUR), st.integers(0, 10**6), st.integers(0, 10**6))
def test_nothing_is_lost_or_added_when_it_is_spread(gap, good, bad):
    assume(gap < REMEMBERED - SLICE)
    assert sums(counted((NOW, 0, 0), (NOW + gap, good, bad))) == (good, bad)


def test_a_restart_goes_on_where_the_rollups_end():
    windows = [NOW + index * PERIOD for index in range(12)]
    completed = [rollup(at, 10 * index, 10 * index + 9) for index, at in enumerate(windows)]
    failed = [rollup(at, 2 * index, 2 * index + 1) for index, at in enumerate(windows)]
    now = NOW + 2 * HOUR
    before = recall(completed, failed, period=PERIOD, now=now)
    assert before.last == Reading(NOW + HOUR, 119, 23)
    assert sums(before) == (110, 22)
    assert sums(count(before, Reading(now, 219, 23))) == (210, 22)


def test_a_reset_within_a_window_counts_what_came_before_and_after_it():
    before, reset = rollup(NOW, 90, 100), rollup(NOW + PERIOD, 103, 8, low=0, high=110)
    zero = [rollup(each.at, 0, 0) for each in (before, reset)]
    assert sums(recall([before, reset], zero, period=PERIOD, now=NOW + HOUR)) == (18, 0)


def test_a_reset_while_nobody_looked_counts_from_nothing():
    before, after = rollup(NOW, 90, 100), rollup(NOW + HOUR, 3, 8)
    zero = [rollup(each.at, 0, 0) for each in (before, after)]
    assert sums(recall([before, after], zero, period=PERIOD, now=NOW + 2 * HOUR)) == (8, 0)


def test_windows_in_which_only_one_counter_is_known_tell_nothing():
    assert recall([rollup(NOW, 1, 5)], [], period=PERIOD, now=NOW + HOUR) == Ended()
    assert recall([], [], period=PERIOD, now=NOW) == Ended()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=300))
def test_a_day_of_rollups_gives_what_the_counters_rose_by(rises):
    completed, failed, at = [], [], NOW
    good = bad = 0
    for more_good, more_bad in rises:
        completed.append(rollup(at, good, good + more_good))
        failed.append(rollup(at, bad, bad + more_bad))
        good, bad, at = good + more_good, bad + more_bad, at + PERIOD
    first = completed[0].last, failed[0].last
    found = sums(recall(completed, failed, period=PERIOD, now=at))
    if at - NOW < REMEMBERED - SLICE:
        assert found == (good - first[0], bad - first[1])
