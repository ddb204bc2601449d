import pytest

from exporter.collectors.hwmon import AGE, Hwmon
from exporter.collectors.hwmon_units import title
from medic.core.samples import labels
from tests.exporter.tree import SYS, by_name, values
from tests.fakes import HandClock

BOARD = "board"

CORE = "platform_coretemp_0"


def collect(sys):
    return Hwmon(sys, time=HandClock().monotonic).collect()


def chip(tmp_path, **files):
    folder = tmp_path / "class/hwmon/hwmon0"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n")
    return folder


def test_temperatures_limits_and_fans_of_the_recorded_chips_are_read():
    families = collect(SYS)
    assert values(families, "node_hwmon_temp_celsius") == {
        labels(chip=CORE, sensor="temp1"): 45.0,
        labels(chip="nct_6779", sensor="temp2"): 38.5,
        labels(chip=BOARD, sensor="temp3"): 40.0,
    }
    assert values(families, "node_hwmon_temp_max_celsius") == {labels(chip=CORE, sensor="temp1"): 100.0}
    assert values(families, "node_hwmon_temp_crit_celsius") == {labels(chip=CORE, sensor="temp1"): 105.0}
    assert values(families, "node_hwmon_fan_rpm") == {
        labels(chip=CORE, sensor="fan1"): 1180,
        labels(chip=BOARD, sensor="fan2"): 900,
    }


def test_chips_and_sensors_have_their_names_for_people():
    families = collect(SYS)
    assert set(values(families, "node_hwmon_chip_names")) == {
        labels(chip=CORE, chip_name="coretemp"),
        labels(chip="nct_6779", chip_name="nct_6779"),
        labels(chip=BOARD, chip_name="board"),
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


@pytest.mark.parametrize(
    ("file", "name", "per"),
    [
        (("in", "input"), "node_hwmon_in_volts", 1_000),
        (("cpu", "vid"), "node_hwmon_cpu_vid_volts", 1_000),
        (("curr", "crit"), "node_hwmon_curr_crit_amps", 1_000),
        (("energy", "input"), "node_hwmon_energy_joule_total", 1_000_000),
        (("power", "input"), "node_hwmon_power_watt", 1_000_000),
        (("power", "accuracy"), "node_hwmon_power_accuracy", 1_000_000),
        (("power", "average_interval_max"), "node_hwmon_power_average_interval_max_seconds", 1_000),
        (("humidity", "input"), "node_hwmon_humidity", 1_000_000),
        (("freq", "input"), "node_hwmon_freq_freq_mhz", 1_000_000),
        (("fan", "target"), "node_hwmon_fan_target_rpm", 1),
        (("fan", "pulses"), "node_hwmon_fan_pulses", 1),
        (("temp", "type"), "node_hwmon_temp_type", 1),
        (("temp", "crit_hyst"), "node_hwmon_temp_crit_hyst_celsius", 1_000),
        (("in", "alarm"), "node_hwmon_in_alarm", 1),
        (("intrusion", "beep"), "node_hwmon_intrusion_beep_enabled", 1),
        (("pwm", ""), "node_hwmon_pwm", 1),
        (("update_interval", ""), "node_hwmon_update_interval_seconds", 1_000),
    ],
)
def test_each_kind_of_sensor_has_its_name_and_unit(file, name, per):
    told = title(*file, plain=False)
    assert (told.name, told.per) == (name, per)


def test_where_a_plain_file_is_the_value_the_input_says_so():
    assert title("pwm", "input", plain=True).name == "node_hwmon_pwm_input"


def test_what_is_measured_is_read_each_time_and_what_is_set_after_a_while(tmp_path):
    folder = chip(tmp_path, temp1_input=1000, temp1_max=90000)
    clock = HandClock()
    hwmon = Hwmon(tmp_path, time=clock.monotonic)

    def told(name):
        return list(values(hwmon.collect(), name).values())

    assert (told("node_hwmon_temp_celsius"), told("node_hwmon_temp_max_celsius")) == ([1.0], [90.0])
    (folder / "temp1_input").write_text("2000")
    (folder / "temp1_max").write_text("80000")
    assert (told("node_hwmon_temp_celsius"), told("node_hwmon_temp_max_celsius")) == ([2.0], [90.0])
    clock.pass_by(seconds=AGE)
    assert told("node_hwmon_temp_max_celsius") == [80.0]


def test_a_clock_of_a_graphics_card_is_named_by_its_label(tmp_path):
    chip(tmp_path, name="amdgpu", freq1_input=214000000, freq1_label="sclk")
    assert values(collect(tmp_path), "node_hwmon_freq_freq_mhz") == {labels(chip="amdgpu", sensor="sclk"): 214.0}
