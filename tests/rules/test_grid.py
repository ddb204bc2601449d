from hypothesis import given
from hypothesis import strategies as st

from rules.grid import Grid, rounded

TICK = 15_000


def due(grid, times):
    """Offer ticks to a grid; return those that it takes."""
    taken = []
    for at in times:
        if grid.is_due(at):
            grid.advance(at)
            taken.append(at)
    return taken


def test_an_interval_is_rounded_up_to_whole_ticks():
    assert [rounded(wanted, TICK) for wanted in (None, 1, 15_000, 15_001, 60_000)] == [
        TICK,
        TICK,
        TICK,
        2 * TICK,
        4 * TICK,
    ]


def test_slots_that_no_tick_came_for_are_counted_as_missed():
    grid = Grid(60_000, TICK)
    assert due(grid, [0, 60_000, 240_000, 300_000]) == [0, 60_000, 240_000, 300_000]
    assert (grid.iterations, grid.missed) == (6, 2)


def test_a_tick_that_is_a_little_late_misses_nothing_and_leaves_the_grid_as_it_is():
    grid = Grid(30_000, TICK)
    assert due(grid, [0, 30_400, 59_700, 90_000]) == [0, 30_400, 59_700, 90_000]
    assert (grid.iterations, grid.missed) == (4, 0)


def test_a_clock_that_is_set_back_begins_a_new_grid_and_misses_nothing():
    grid = Grid(30_000, TICK)
    assert due(grid, [3_600_000, 7_000, 37_000]) == [3_600_000, 7_000, 37_000]
    assert (grid.iterations, grid.missed) == (3, 0)


def test_a_reload_keeps_counts_and_place_but_a_changed_interval_begins_at_once():
    before = Grid(60_000, TICK)
    due(before, [0, 180_000])
    same, other = Grid(60_000, TICK), Grid(30_000, TICK)
    same.inherit(before)
    other.inherit(before)
    assert (same.iterations, same.missed, same.is_due(195_000), same.is_due(240_000)) == (4, 2, False, True)
    assert (other.missed, other.is_due(195_000)) == (2, True)


@given(st.integers(1, 8), st.lists(st.integers(1, 12), min_size=1, max_size=60))
def test_each_slot_is_evaluated_once_or_missed(ticks, steps):
    grid = Grid(ticks * TICK, TICK)
    at, times = 0, [0]
    for step in steps:
        at += step * TICK
        times.append(at)
    taken = due(grid, times)
    assert grid.iterations == len(taken) + grid.missed == taken[-1] // grid.interval_ms + 1
    assert len({at // grid.interval_ms for at in taken}) == len(taken)
