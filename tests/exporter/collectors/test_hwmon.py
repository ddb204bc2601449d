from exporter.collectors.hwmon import collect
from medic.core.samples import labels
from tests.exporter.tree import SYS, by_name, values

CORE = "platform_coretemp_0"


def test_temperatures_limits_and_fans_of_the_recorded_chips_are_read():
    families = collect(SYS)
    assert values(families, "node_hwmon_temp_celsius") == {
        labels(chip=CORE, sensor="temp1"): 45.0,
        labels(chip="nct_6779", sensor="temp2"): 38.5,
    }
    assert values(families, "node_hwmon_temp_max_celsius") == {labels(chip=CORE, sensor="temp1"): 100.0}
    assert values(families, "node_hwmon_temp_crit_celsius") == {labels(chip=CORE, sensor="temp1"): 105.0}
    assert values(families, "node_hwmon_fan_rpm") == {labels(chip=CORE, sensor="fan1"): 1180}


def test_chips_and_sensors_have_their_names_for_people():
    families = collect(SYS)
    assert set(values(families, "node_hwmon_chip_names")) == {
        labels(chip=CORE, chip_name="coretemp"),
        labels(chip="nct_6779", chip_name="nct_6779"),
    }
    assert set(values(families, "node_hwmon_sensor_label")) == {labels(chip=CORE, sensor="temp1", label="Package id 0")}


def test_an_older_driver_keeps_its_files_in_the_devices_folder(tmp_path):
    device = tmp_path / "class/hwmon/hwmon3/device"
    device.mkdir(parents=True)
    (device / "name").write_text("lm75\n")
    (device / "temp1_input").write_text("21000\n")
    assert values(collect(tmp_path), "node_hwmon_temp_celsius") == {labels(chip="lm75", sensor="temp1"): 21.0}


def test_a_chip_without_a_name_is_called_by_its_folder(tmp_path):
    folder = tmp_path / "class/hwmon/hwmon7"
    folder.mkdir(parents=True)
    (folder / "temp1_input").write_text("1000\n")
    families = collect(tmp_path)
    assert list(by_name(families)) == ["node_hwmon_temp_celsius"]
    assert set(values(families, "node_hwmon_temp_celsius")) == {labels(chip="hwmon7", sensor="temp1")}


def test_a_host_without_sensors_has_no_families(tmp_path):
    assert collect(tmp_path) == []


def test_a_sensor_that_answers_with_words_is_left_out_and_the_others_are_there(tmp_path):
    folder = tmp_path / "class/hwmon/hwmon0"
    folder.mkdir(parents=True)
    (folder / "temp1_input").write_text("N/A\n")
    (folder / "temp2_input").write_text("-4000\n")
    assert values(collect(tmp_path), "node_hwmon_temp_celsius") == {labels(chip="hwmon0", sensor="temp2"): -4.0}
