from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.groups.counts import NOTHING, ZERO, Counts, add, risen

NUMBERS = st.none() | st.integers(0, 1 << 40)
COUNTS = st.builds(Counts, *(NUMBERS for _ in Counts._fields))


def test_what_a_new_process_has_counted_is_all_of_it_a_rise():
    assert risen(None, Counts(user=7, read=None), is_new=True) == Counts(user=7)


def test_of_a_process_that_was_there_all_along_the_first_reading_is_no_rise():
    assert risen(None, Counts(user=700, system=30), is_new=False) == Counts(user=0, system=0)


def test_a_counter_that_could_not_be_read_before_begins_at_its_first_reading():
    before, now = Counts(user=10), Counts(user=15, read=5000)
    assert risen(before, now, is_new=False) == Counts(user=5, read=0)


def test_what_cannot_be_read_any_more_is_unknown_and_not_zero():
    assert risen(Counts(read=5), NOTHING, is_new=False) == NOTHING


@given(st.none() | COUNTS, COUNTS, st.booleans())
def test_nothing_ever_falls(before, now, is_new):
    assert all(rise is None or rise >= 0 for rise in risen(before, now, is_new=is_new))


@given(COUNTS, COUNTS)
def test_sums_are_the_same_from_both_sides_and_nothing_known_is_lost(one, other):
    assert add(one, other) == add(other, one)
    assert add(one, NOTHING) == one
    assert all((a is None and b is None) == (c is None) for a, b, c in zip(one, other, add(one, other), strict=True))
    assert add(ZERO, one) == Counts(*(value or 0 for value in one))
