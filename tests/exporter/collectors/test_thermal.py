from exporter.collectors.thermal import collect
from medic.core.samples import labels
from tests.exporter.tree import SYS, values


def test_the_recorded_zone_and_device_are_read():
    families = collect(SYS)
    assert values(families, "node_thermal_zone_temp") == {labels(zone="0", type="x86_pkg_temp"): 47.0}
    assert values(families, "node_cooling_device_cur_state") == {labels(name="0", type="Processor"): 2}
    assert values(families, "node_cooling_device_max_state") == {labels(name="0", type="Processor"): 10}


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
