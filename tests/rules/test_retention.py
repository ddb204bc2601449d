from rules.retention import Retention

TICK = 15_000
HOUR = 3_600_000


def ticked(*distances):
    kept, at = Retention(480), TICK
    kept.needed = {"x": 8 * HOUR}
    kept.ticked(at)
    for distance in distances:
        at += distance
        kept.ticked(at)
    return kept


def test_a_pause_between_two_ticks_does_not_change_how_long_series_are_kept():
    steady = ticked(TICK, TICK, TICK)
    for paused in (ticked(TICK, TICK, 8 * HOUR), ticked(TICK, TICK, 1), ticked(TICK, 8 * HOUR)):
        assert paused.grade_of("x") == steady.grade_of("x") > 0
        assert paused.promised("x", 3) == steady.promised("x", 3)


def test_another_distance_of_ticks_is_taken_over():
    assert ticked(60_000, 60_000).promised("x", 3) == ticked(TICK, TICK, 60_000, 60_000).promised("x", 3)
