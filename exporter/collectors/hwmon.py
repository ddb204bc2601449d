"""Temperatures and fans of sensors, from /sys/class/hwmon (kernel documentation: hwmon/sysfs-interface)."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from exporter.files import entries, read_or_none
from medic.core.samples import Family, Labels, gauge, labels

MILLI = 1000


class Reading(NamedTuple):
    """One value of one sensor; the name is the family's."""

    name: str
    help: str
    labels: Labels
    value: float


FILES = {
    ("temp", "input"): ("node_hwmon_temp_celsius", "Hardware monitor for temperature (input)", MILLI),
    ("temp", "max"): ("node_hwmon_temp_max_celsius", "Hardware monitor for temperature (max)", MILLI),
    ("temp", "crit"): ("node_hwmon_temp_crit_celsius", "Hardware monitor for temperature (crit)", MILLI),
    ("fan", "input"): ("node_hwmon_fan_rpm", "Hardware monitor for fan revolutions per minute (input)", 1),
}

_FILE = re.compile(r"(temp|fan)(\d+)_(input|max|crit|label)")
_NUMBER = re.compile(r"-?\d+")
_FOREIGN = re.compile(r"[^a-z0-9:_]")


def collect(sys: Path) -> list[Family]:
    """Give temperatures, their limits and fans by chip and sensor; nothing where there are no sensors."""
    grouped: dict[str, list[Reading]] = {}
    for folder in entries(f"{sys}/class/hwmon"):
        for reading in _chip(f"{sys}/class/hwmon/{folder}"):
            grouped.setdefault(reading.name, []).append(reading)
    return [
        gauge(name, readings[0].help, *((each.labels, each.value) for each in readings))
        for name, readings in grouped.items()
    ]


def _chip(folder: str) -> Iterator[Reading]:
    # Older drivers put their files into the device's folder instead of the monitor's own.
    place = folder if _FILE.search(" ".join(entries(folder))) else f"{folder}/device"
    title = read_or_none(f"{folder}/name") or read_or_none(f"{place}/name") or ""
    chip = _name_chip(folder, title)
    if title:
        help_ = "Annotation metric for human-readable chip names"
        yield Reading("node_hwmon_chip_names", help_, labels(chip=chip, chip_name=_clean(title)), 1)
    for file in entries(place):
        match = _FILE.fullmatch(file)
        text = read_or_none(f"{place}/{file}") if match else None
        if match and text:
            yield from _sensor(chip, match, text)


def _sensor(chip: str, file: re.Match[str], text: str) -> Iterator[Reading]:
    kind, number, what = file.groups()
    sensor = f"{kind}{number}"
    if what == "label":
        help_ = "Label for given chip and sensor"
        yield Reading("node_hwmon_sensor_label", help_, labels(chip=chip, sensor=sensor, label=text), 1)
    elif (kind, what) in FILES and _NUMBER.fullmatch(text):  # a driver that answers with words has no reading
        name, help_, per = FILES[kind, what]
        yield Reading(name, help_, labels(chip=chip, sensor=sensor), int(text) / per)


def _name_chip(folder: str, title: str) -> str:
    """Name a chip by its bus and device, which outlive a reboot, else by its driver's name, else by its folder."""
    device = os.path.realpath(f"{folder}/device")
    if device != os.path.normpath(f"{folder}/device"):
        bus, name = _clean(Path(device).parent.name), _clean(Path(device).name)
        return f"{bus}_{name}" if bus and name else name
    return _clean(title) or _clean(Path(folder).name)


def _clean(text: str) -> str:
    return _FOREIGN.sub("_", text.lower()).strip("_")
