from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.clock import EPOCH, SystemClock, from_ms, to_ms
from tests.fakes import HandClock


@pytest.mark.parametrize("clock", [SystemClock(), HandClock()], ids=["system", "hand"])
def test_a_clock_tells_aware_time_in_utc_and_never_runs_back(clock):
    first, began = clock.now(), clock.monotonic()
    assert first.utcoffset() == timedelta(0)
    assert clock.now() >= first
    assert clock.monotonic() >= began


def test_the_hand_moves_both_clocks_and_setting_moves_the_wall_alone():
    clock = HandClock()
    now, monotonic = clock.now(), clock.monotonic()
    clock.pass_by(minutes=1)
    assert (clock.now() - now, clock.monotonic() - monotonic) == (timedelta(minutes=1), 60.0)
    clock.set(hours=-1)
    assert (clock.now() - now, clock.monotonic() - monotonic) == (timedelta(minutes=-59), 60.0)


@settings(deadline=None)
@given(st.integers(-(2**41), 2**42))
def test_milliseconds_survive_the_way_through_a_datetime(milliseconds):
    assert to_ms(from_ms(milliseconds)) == milliseconds


def test_what_is_finer_than_a_millisecond_is_rounded_down():
    assert to_ms(datetime(1970, 1, 1, 0, 0, 0, 1999, tzinfo=UTC)) == 1
    assert to_ms(EPOCH - timedelta(microseconds=1)) == -1
