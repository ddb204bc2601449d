import pytest

from exporter.collectors.timex import FIELDS, STA_NANO, UNSYNCHRONISED, Timekeeping, Timex, families
from tests.exporter.tree import by_name, value


@pytest.mark.parametrize(("status", "seconds"), [(STA_NANO, 0.0000015), (0, 0.0015)])
def test_the_status_tells_whether_an_offset_is_in_nanoseconds(status, seconds):
    told = families(Timex(offset=1500, status=status), 0)
    assert value(told, "node_timex_offset_seconds") == pytest.approx(seconds)


def test_the_frequencys_fixed_point_is_a_ratio_around_one():
    assert value(families(Timex(freq=65536), 0), "node_timex_frequency_adjustment_ratio") == pytest.approx(1.000001)


def test_errors_and_ticks_are_microseconds_whatever_the_status():
    told = families(Timex(maxerror=16_000_000, esterror=5, tick=10_000, status=STA_NANO), 0)
    assert value(told, "node_timex_maxerror_seconds") == 16
    assert value(told, "node_timex_estimated_error_seconds") == 0.000005
    assert value(told, "node_timex_tick_seconds") == 0.01


@pytest.mark.parametrize(("state", "synchronised"), [(0, 1), (UNSYNCHRONISED, 0)])
def test_the_calls_answer_tells_whether_a_server_sets_the_clock(state, synchronised):
    assert value(families(Timex(), state), "node_timex_sync_status") == synchronised


def test_this_hosts_clock_answers():
    told = Timekeeping().collect()
    assert len(by_name(told)) == len(FIELDS) + 1
    assert 0.9 < value(told, "node_timex_frequency_adjustment_ratio") < 1.1
