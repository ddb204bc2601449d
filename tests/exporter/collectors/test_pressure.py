from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.pressure import Pressure, parse, totals
from tests.exporter.tree import PROC, by_name, value

TEXT = "some avg10=5.16 avg60=2.27 avg300=0.63 total=7518198\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=12\n"


def test_totals_are_seconds():
    families = parse("io", TEXT)
    assert value(families, "node_pressure_io_waiting_seconds_total") == 7.518198
    assert value(families, "node_pressure_io_stalled_seconds_total") == 0.000012


def test_a_full_stall_of_the_cpu_means_nothing_and_is_left_out():
    assert list(by_name(parse("cpu", TEXT))) == ["node_pressure_cpu_waiting_seconds_total"]


def test_the_recorded_kernel_has_an_account_of_all_four():
    assert len(by_name(Pressure(PROC).collect())) == 6


def test_a_kernel_without_an_account_of_interrupts_tells_of_the_others(tmp_path):
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure/memory").write_text(TEXT)
    assert len(Pressure(tmp_path).collect()) == 2


def test_a_kernel_without_pressure_has_nothing_to_say(tmp_path):
    assert Pressure(tmp_path).collect() == []


@given(st.text())
def test_any_text_is_read_or_passed_over(text):
    assert all(seconds >= 0 for _, seconds in totals(text))
