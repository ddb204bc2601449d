import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.queue import CanaryEnd, QueueTally, Slice, Window
from workers.queue.figures import HALF_LIFE, HOUR, count_windows, figure, judge_canaries, ratio, weigh

NOW = 100 * HOUR
slices = st.lists(
    st.builds(Slice, st.integers(NOW - 30 * HOUR, NOW), st.integers(0, 1000), st.integers(0, 1000)), max_size=20
)


def test_the_ratio_is_completed_of_all_that_ended():
    assert ratio(3, 1) == 0.75


def test_the_ratio_of_nothing_is_absent_and_neither_zero_nor_one():
    assert ratio(0, 0) is None
    assert weigh([], NOW) is None


def test_windows_count_the_last_hour_and_day_alone():
    parts = [Slice(NOW - 30 * HOUR, 100, 100), Slice(NOW - 2 * HOUR, 5, 1), Slice(NOW - HOUR, 9, 0), Slice(NOW, 2, 3)]
    assert count_windows(parts, NOW) == (Window("1h", 2, 3), Window("24h", 16, 4))


def test_a_task_weighs_half_after_each_half_life():
    assert weigh([Slice(NOW - HALF_LIFE, 1, 0), Slice(NOW, 0, 1)], NOW) == pytest.approx(1 / 3)


def test_one_task_of_long_ago_is_no_data():
    assert weigh([Slice(NOW - 9 * HALF_LIFE, 1, 0)], NOW) == 1.0
    assert weigh([Slice(NOW - 11 * HALF_LIFE, 1, 0)], NOW) is None


@settings(deadline=None)
@given(slices)
def test_the_weighted_ratio_lies_between_the_worst_and_the_best_slice(parts):
    weighted = weigh(parts, NOW)
    ratios = [part.completed / (part.completed + part.failed) for part in parts if part.completed + part.failed]
    if weighted is not None:
        assert min(ratios) - 1e-9 <= weighted <= max(ratios) + 1e-9


@settings(deadline=None)
@given(slices)
def test_a_longer_window_never_holds_less(parts):
    hour, day = count_windows(parts, NOW)
    assert hour.completed <= day.completed <= sum(part.completed for part in parts)
    assert hour.failed <= day.failed


def test_canaries_succeed_when_the_last_of_each_type_did():
    good, bad = CanaryEnd("a", True, 0.5, NOW), CanaryEnd("b", False, 2.0, NOW - 1000)
    assert judge_canaries([good]) == (True, 0.5)
    assert judge_canaries([good, bad]) == (False, 2.0)
    assert judge_canaries([]) == (None, None)


def test_a_canary_type_that_is_no_longer_sent_says_nothing():
    assert judge_canaries([CanaryEnd("new", True, 0.5, NOW), CanaryEnd("old", False, 2.0, NOW - HOUR)]) == (True, 0.5)


def test_a_queue_in_which_nothing_ran_has_counters_and_no_ratio():
    figures = figure("default", QueueTally(0, 0, 0, 0, 0, None, (), (), (), ()), NOW)
    assert (figures.completed, figures.failed, figures.weighted_ratio, figures.canary_success) == (0, 0, None, None)
    assert figures.windows == (Window("1h", 0, 0), Window("24h", 0, 0))
