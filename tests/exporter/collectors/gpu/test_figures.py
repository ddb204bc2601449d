import re

import pytest

from exporter.collectors.gpu import declared
from exporter.collectors.gpu.fields import metric
from medic.core.samples import Kind
from tests.exporter.collectors.gpu.host import FIRST, SECOND

pytestmark = pytest.mark.needs("cc")

MIB = 1 << 20


def test_figures_are_in_base_units_under_the_names_of_nvidia_gpu_exporter(host):
    page = host.look()
    assert page.of("utilization_gpu_ratio") == pytest.approx(0.97)
    assert page.of("utilization_memory_ratio") == pytest.approx(0.07)
    assert page.of("utilization_decoder_ratio") == pytest.approx(0.2)
    assert page.of("memory_total_bytes") == 143771 * MIB
    assert page.of("memory_used_bytes") == 32362 * MIB
    assert page.of("memory_reserved_bytes") == 614 * MIB
    assert page.of("temperature_gpu") == 52
    assert page.of("temperature_memory") == 40
    assert page.of("power_draw_watts") == pytest.approx(627.4)
    assert page.of("enforced_power_limit_watts") == pytest.approx(650)
    assert page.of("power_min_limit_watts") == pytest.approx(200)
    assert page.of("power_max_limit_watts") == pytest.approx(700)
    assert page.of("clocks_current_sm_clock_hz") == 1.755e9
    assert page.of("clocks_current_memory_clock_hz") == 3.201e9
    assert page.of("clocks_max_sm_clock_hz") == 2.001e9
    assert page.of("fan_speed_ratio") == pytest.approx(0.38)
    assert page.of("pstate") == 0
    assert page.of("energy_joules_total") == pytest.approx(123456.789)
    assert page.of("compute_cap") == 9
    assert page.of("compute_mode") == 3
    assert page.of("gpu_recovery_action") == 0
    assert page.of("clocks_event_reasons_counters_sw_power_cap_seconds") == pytest.approx(221.310321)


def test_the_reasons_of_low_clocks_are_told_one_by_one(host):
    page = host.look()
    assert page.of("clocks_event_reasons_active") == 0x84
    set_ = {
        name.removeprefix("nvidia_smi_clocks_event_reasons_")
        for name in page
        if name.startswith("nvidia_smi_clocks_event_reasons_") and page.one(name, uuid=FIRST) == 1
    }
    assert set_ == {"sw_power_cap", "hw_power_brake_slowdown"}


def test_ecc_errors_are_told_by_kind_since_when_and_place(host):
    page = host.look()
    assert page.of("ecc_errors_corrected_volatile_total") == 0
    assert page.of("ecc_errors_uncorrected_aggregate_total") == 11
    assert page.of("ecc_errors_uncorrected_volatile_dram") == 210
    assert page.of("ecc_errors_corrected_aggregate_sram") == 701
    assert "nvidia_smi_ecc_errors_corrected_volatile_l1_cache" not in page


def test_who_a_gpu_is_stands_in_the_labels_of_its_info(host):
    host.orders.say(gpus=2)
    ((one, value), (two, _)) = host.look()["nvidia_smi_gpu_info"]
    assert value == 1
    assert one == {
        "uuid": FIRST,
        "name": "NVIDIA H200",
        "driver_version": "590.48.01",
        "cuda_version": "13.1",
        "vbios_version": "96.00.A5.00.03",
        "pci_bus_id": "00000000:83:00.0",
        "pci_sub_device_id": "0x18BE10DE",
        "serial": "1650123000000",
        "compute_cap": "9.0",
        "index": "0",
    }
    assert two["uuid"] == SECOND
    assert two["index"] == "1"


def test_each_of_two_gpus_has_its_figures(host):
    host.orders.say(gpus=2)
    page = host.look()
    assert page.present == page.expected == 2
    assert page.of("temperature_gpu") == page.of("temperature_gpu", SECOND) == 52


def test_what_a_gpu_does_not_know_is_absent_and_not_asked_for_again_for_minutes(host):
    host.orders.say(refuse="nvmlDeviceGetFanSpeed:3,nvmlDeviceGetEccMode:3,nvmlDeviceGetSerial:3")
    page = host.look()
    assert "nvidia_smi_fan_speed_ratio" not in page
    assert "nvidia_smi_ecc_mode_current" not in page
    assert "serial" not in page["nvidia_smi_gpu_info"][0][0]
    assert page.of("temperature_gpu") == 52
    for _ in range(8):
        host.look(after=60)
    assert host.orders.calls()["nvmlDeviceGetFanSpeed"] == 1
    assert host.orders.calls()["nvmlDeviceGetEccMode"] == 1
    host.orders.say(refuse=None)
    assert host.look(after=300).of("fan_speed_ratio") == pytest.approx(0.38)


def test_what_a_gpu_could_not_say_once_is_asked_for_again_at_the_next_look(host):
    host.orders.say(refuse="nvmlDeviceGetFanSpeed:999")
    assert host.look().of("fan_speed_ratio") is None
    host.orders.say(refuse=None)
    assert host.look().of("fan_speed_ratio") == pytest.approx(0.38)


def test_a_performance_state_that_is_not_known_is_absent(host):
    host.orders.say(pstate=32)
    assert host.look().of("pstate") is None


def test_an_older_driver_counts_what_it_reserves_as_used(host):
    host.orders.say(refuse="nvmlDeviceGetMemoryInfo_v2:13", processes="7:1000")
    host.runs(7)
    page = host.look()
    assert page.of("memory_used_bytes") == 34577842176
    assert page.of("memory_reserved_bytes") is None
    assert "medic_gpu_orphaned_memory_bytes" not in page


def test_an_older_driver_gives_reasons_under_their_older_name(host):
    host.orders.say(refuse="nvmlDeviceGetCurrentClocksEventReasons:13")
    page = host.look()
    assert page.of("clocks_event_reasons_sw_power_cap") == 1
    assert host.orders.calls()["nvmlDeviceGetCurrentClocksThrottleReasons"] == 1


def test_what_changes_rarely_is_asked_for_once_a_minute_and_shown_each_time(host):
    for _ in range(4):
        assert host.look(after=15).of("power_limit_watts") == 700
    calls = host.orders.calls()
    assert calls["nvmlDeviceGetPowerManagementLimit"] == 1
    assert calls["nvmlDeviceGetPowerUsage"] == 4
    host.look(after=15)
    assert host.orders.calls()["nvmlDeviceGetPowerManagementLimit"] == 2


def test_traffic_on_pcie_is_asked_for_only_where_it_was_switched_on(host):
    assert host.look().of("pcie_throughput_tx_bytes_per_second") is None
    assert host.orders.calls()["nvmlDeviceGetPcieThroughput"] == 0
    host.restart()
    host.options = {"pcie_throughput": True}
    page = host.look()
    assert page.of("pcie_throughput_tx_bytes_per_second") == 250_000
    assert page.of("pcie_throughput_rx_bytes_per_second") == 500_000


def test_all_that_is_shown_was_declared(host):
    host.orders.say(gpus=2, mig=1, processes="7:1000")
    host.options = {"pcie_throughput": True}
    host.runs(7)
    assert set(host.look()) <= {family.name for family in declared()}


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("power.draw [W]", "nvidia_smi_power_draw_watts"),
        ("clocks.current.sm [MHz]", "nvidia_smi_clocks_current_sm_clock_hz"),
        ("memory.used [MiB]", "nvidia_smi_memory_used_bytes"),
        ("utilization.gpu [%]", "nvidia_smi_utilization_gpu_ratio"),
        ("encoder.stats.averageFps", "nvidia_smi_encoder_stats_average_fps"),
        (
            "clocks_event_reasons_counters.sync_boost [us]",
            "nvidia_smi_clocks_event_reasons_counters_sync_boost_seconds",
        ),
        ("temperature.gpu", "nvidia_smi_temperature_gpu"),
    ],
)
def test_a_metric_is_named_after_its_field_and_its_base_unit(field, name):
    assert metric(field).name == name
    assert metric(field).help == field


def test_declared_families_are_of_known_kinds_and_have_no_samples():
    found = declared()
    assert len({family.name for family in found}) == len(found)
    assert {family.name for family in found if family.kind is Kind.COUNTER} == {
        "nvidia_smi_energy_joules_total",
        "nvidia_smi_xid_errors_total",
    }
    assert not any(family.samples for family in found)
    assert all(re.fullmatch("(nvidia_smi|medic_gpu|medic_worker_gpu)_[a-z0-9_]+", family.name) for family in found)
