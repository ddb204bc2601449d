from exporter.collectors.thermal import AGE, Thermal
from medic.core.samples import labels
from tests.exporter.tree import SYS, values
from tests.fakes import HandClock


def collect(sys, clock=None):
    return Thermal(sys, time=(clock or HandClock()).monotonic).collect()


def test_the_recorded_zone_and_device_are_read():
    families = collect(SYS)
    assert values(families, "node_thermal_zone_temp") == {labels(zone="0", type="x86_pkg_temp"): 47.0}
    assert values(families, "node_cooling_device_cur_state") == {
        labels(name="0", type="Processor"): 2,
        labels(name="1", type="Processor"): 0,
    }
    assert values(families, "node_cooling_device_max_state") == {
        labels(name="0", type="Processor"): 10,
        labels(name="1", type="Processor"): 3,
    }


def test_a_host_without_zones_has_no_families(tmp_path):
    assert collect(tmp_path) == []


def test_a_zone_that_does_not_answer_is_absent_and_the_others_are_not(tmp_path):
    for zone, temperature in (("0", None), ("1", "-5000\n")):
        folder = tmp_path / f"class/thermal/thermal_zone{zone}"
        folder.mkdir(parents=True)
        (folder / "type").write_text("acpitz\n")
        if temperature is None:
            (folder / "temp").mkdir()  # reading it fails as that of a zone that is switched off does
        else:
            (folder / "temp").write_text(temperature)
    assert values(collect(tmp_path), "node_thermal_zone_temp") == {labels(zone="1", type="acpitz"): -5.0}


def test_a_temperature_is_read_each_time_and_a_new_zone_is_found(tmp_path):
    zone = tmp_path / "class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "type").write_text("acpitz")
    (zone / "temp").write_text("1000")
    thermal = Thermal(tmp_path, time=HandClock().monotonic)
    assert list(values(thermal.collect(), "node_thermal_zone_temp").values()) == [1.0]
    (zone / "temp").write_text("2000")
    assert list(values(thermal.collect(), "node_thermal_zone_temp").values()) == [2.0]
    zone.rename(zone.with_name("thermal_zone1"))
    assert list(values(thermal.collect(), "node_thermal_zone_temp")) == [labels(zone="1", type="acpitz")]


def test_a_limit_is_read_again_after_a_while(tmp_path):
    device = tmp_path / "class/thermal/cooling_device0"
    device.mkdir(parents=True)
    for file, text in (("type", "Fan"), ("cur_state", "1"), ("max_state", "3")):
        (device / file).write_text(text)
    clock = HandClock()
    thermal = Thermal(tmp_path, time=clock.monotonic)
    assert list(values(thermal.collect(), "node_cooling_device_max_state").values()) == [3]
    (device / "max_state").write_text("5")
    assert list(values(thermal.collect(), "node_cooling_device_max_state").values()) == [3]
    clock.pass_by(seconds=AGE)
    assert list(values(thermal.collect(), "node_cooling_device_max_state").values()) == [5]
