import math

from hypothesis import given
from hypothesis import strategies as st

from medic.core.rollups import Rollup
from medic.core.samples import Sample, Snapshot, gauge, labels
from rhythm.rollup import PERIOD, pick, roll_up

A = labels(queue="a")


def sample(value, at, name="x", pairs=A):
    return Sample(name, pairs, value, at)


def test_a_window_is_summed_up():
    found = roll_up([sample(3.0, 20), sample(1.0, 10), sample(2.0, 299_999)])
    assert found == (Rollup("x", A, 0, 1.0, 2.0, 3.0, 2.0, 3),)


def test_a_sample_on_the_edge_belongs_to_the_window_that_it_begins():
    assert [one.at for one in roll_up([sample(1.0, PERIOD), sample(1.0, PERIOD - 1)])] == [0, PERIOD]


def test_a_window_without_samples_has_no_row():
    assert [one.at for one in roll_up([sample(1.0, 0), sample(1.0, 4 * PERIOD)])] == [0, 4 * PERIOD]


def test_series_are_kept_apart():
    found = roll_up([sample(1.0, 1), sample(2.0, 1, pairs=labels(queue="b")), sample(3.0, 1, name="y")])
    assert len(found) == 3


def test_a_sample_that_is_seen_twice_counts_once():
    assert roll_up([sample(4.0, 7), sample(4.0, 7)])[0].count == 1


def test_what_is_no_number_and_what_has_no_time_is_left_out():
    found = roll_up([sample(math.nan, 1), sample(math.inf, 2), sample(1.0, None), sample(5.0, 3)])
    assert found == (Rollup("x", A, 0, 5.0, 5.0, 5.0, 5.0, 1),)


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(numbers, st.integers(0, 10 * PERIOD)), unique_by=lambda point: point[1]))
def test_nothing_is_lost_and_means_lie_between_the_ends(points):
    found = roll_up(sample(value, at) for value, at in points)
    assert sum(one.count for one in found) == len(points)
    assert all(one.min <= one.mean <= one.max and one.min <= one.last <= one.max for one in found)
    assert {one.at for one in found} == {at // PERIOD * PERIOD for _, at in points}


def test_picked_samples_carry_the_time_of_their_measurement():
    family = gauge("x", "help", (A, 1.0))
    slow = Sample("x", A, 2.0, 5)
    snapshot = Snapshot(9, [family, gauge("y", "help", (A, 1.0))])
    assert pick(snapshot, {"x"}) == [sample(1.0, 9)]
    assert pick(Snapshot(9, [type(family)("x", family.kind, "help", [slow])]), {"x"}) == [slow]
