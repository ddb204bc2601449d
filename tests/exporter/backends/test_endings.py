from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.endings import Endings, Entry, take

A, B, C = (Entry(letter.encode(), 100.0 + place) for place, letter in enumerate("abc"))


def read(*readings, most=1_000):
    known, told = Endings(), []
    for reading in readings:
        known, new = take(known, sorted(reading, key=lambda entry: -entry.score)[:most], most=most)
        told.append(new)
    return known, told


def test_the_first_reading_only_says_where_counting_begins():
    known, told = read([A, B])
    assert (known.count, told) == (0, [()])


def test_each_new_entry_counts_once():
    known, told = read([A], [A, B], [A, B], [A, B, C])
    assert (known.count, told) == (2, [(), (B,), (), (C,)])


def test_entries_that_leave_take_nothing_away():
    assert read([], [A, B], [])[0].count == 2


def test_an_entry_that_came_again_counts_again():
    assert read([], [A], [A._replace(score=500.0)])[0].count == 2


def test_canaries_do_not_count():
    assert read([], [Entry(b"medic-canary-1", 1.0), A])[0].count == 1


def test_what_only_came_into_view_is_not_new():
    old = [Entry(b"old%d" % number, float(number)) for number in range(10)]
    known, _ = read(old, old[:5], most=5)
    assert known.count == 0


def test_what_is_new_counts_though_the_registry_is_longer_than_what_is_read():
    old = [Entry(b"old%d" % number, float(number)) for number in range(10)]
    known, _ = read(old, [*old, Entry(b"new", 99.0)], most=5)
    assert known.count == 1


entries = st.builds(Entry, st.sampled_from([b"a", b"b", b"c"]), st.sampled_from([1.0, 2.0, float("inf")]))


@given(st.lists(st.sets(entries), min_size=1, max_size=8), st.integers(1, 4))
def test_counters_never_fall_and_never_exceed_what_was_seen(readings, most):
    counts, known = [], Endings()
    for reading in readings:
        known, _ = take(known, sorted(reading, key=lambda entry: -entry.score)[:most], most=most)
        counts.append(known.count)
    assert counts == sorted(counts)
    assert counts[-1] <= sum(map(len, readings[1:]))
