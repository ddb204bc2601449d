"""Sensors of temperature, voltage, current, power and the like, from /sys/class/hwmon."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from exporter.collectors.hwmon_units import Title, title
from exporter.sources import Remembered, attribute, names
from medic.core.samples import Family, Kind, Labels, Sample, labels

AGE = 60.0
"""Seconds after which chips are looked for anew, and limits and settings read again: a bus may be slow to ask."""
FILE = re.compile(r"(?P<kind>[^0-9]+)(?P<number>[0-9]*)(?:_(?P<element>.+))?")
KINDS = frozenset({
    "vrm", "beep_enable", "update_interval", "in", "cpu", "fan", "pwm", "temp", "curr", "power", "energy", "humidity",
    "intrusion", "freq",
})  # fmt: skip
SETTINGS = frozenset({"vrm", "beep_enable", "update_interval"})
"""Files of the chip, not of a sensor."""
MEASURED = frozenset({"", "input", "average", "alarm", "fault"})
"""Elements that are measured; the others are limits and settings."""
CHIPS = Title("node_hwmon_chip_names", "Annotation metric for human-readable chip names")
LABEL = Title("node_hwmon_sensor_label", "Label for given chip and sensor")

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FOREIGN = re.compile(r"[^a-z0-9:_]")


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one sensor."""

    title: Title
    labels: Labels
    path: str
    """The file to read at each collection; empty of what seldom changes, whose value is here."""
    value: float = 1


class Hwmon:
    """Reads what is measured at each collection, and all the rest once a minute."""

    def __init__(self, sys: Path, *, time: Callable[[], float]) -> None:
        """Read from under *sys*; *time* is a monotonic clock."""
        self._folder = f"{sys}/class/hwmon"
        self._readings = Remembered(self._look, time=time, age=AGE)

    def collect(self) -> list[Family]:
        """Give ``node_hwmon_*`` by chip and sensor; nothing where there are no sensors."""
        grouped: dict[Title, list[Sample]] = {}
        for each in self._readings.get(names(self._folder)):
            value = _measure(each)
            if value is not None:
                samples = grouped.setdefault(each.title, [])
                samples.append(Sample(each.title.name, each.labels, value))
        return [_family(heading, samples) for heading, samples in grouped.items()]

    def _look(self) -> list[Reading]:
        return [reading for name in names(self._folder) for reading in _chip(f"{self._folder}/{name}")]


def _family(heading: Title, samples: list[Sample]) -> Family:
    kind = Kind.COUNTER if heading.name.endswith("_total") else Kind.GAUGE
    return Family(heading.name, kind, heading.help, samples)


def _measure(reading: Reading) -> float | None:
    if not reading.path:
        return reading.value
    text = attribute(reading.path)
    # A driver that answers with words has no reading.
    return float(text) / reading.title.per if text and _NUMBER.fullmatch(text) else None


def _chip(folder: str) -> Iterator[Reading]:
    name = attribute(f"{folder}/name") or attribute(f"{folder}/device/name") or ""
    chip = _name_chip(folder, name)
    if name:
        yield Reading(CHIPS, labels(chip=chip, chip_name=_clean(name)), "")
    # Older drivers put their files into the device's folder instead of the monitor's own.
    sensors: dict[tuple[str, str], dict[str, str]] = {}
    for place in (folder, f"{folder}/device"):
        for file in names(place):
            match = FILE.fullmatch(file)
            if match and match["kind"] in KINDS:
                elements = sensors.setdefault((match["kind"], match["number"] or "0"), {})
                elements[match["element"] or ""] = f"{place}/{file}"
    for (kind, number), elements in sensors.items():
        yield from _sensor(chip, kind, number, elements)


def _sensor(chip: str, kind: str, number: str, elements: dict[str, str]) -> Iterator[Reading]:
    pairs = labels(chip=chip, sensor=kind + number)
    label = attribute(elements["label"]) if "label" in elements else None
    if label:
        yield Reading(LABEL, labels(dict(pairs), label=label), "")
    for element, path in elements.items():
        if element == "label":
            continue
        heading = title(kind, element, plain="" in elements)
        if element in MEASURED and kind not in SETTINGS:
            # A clock of a graphics card is named by its label.
            named = labels(chip=chip, sensor=_clean(label)) if label and kind == "freq" else pairs
            yield Reading(heading, named, path)
        elif (value := _measure(Reading(heading, pairs, path))) is not None:
            yield Reading(heading, pairs, "", value)


def _name_chip(folder: str, title_: str) -> str:
    """Name a chip by its bus and device, which outlive a reboot, else by its driver's name, else by its folder."""
    device = os.path.realpath(f"{folder}/device")
    if device != os.path.normpath(f"{folder}/device"):
        bus, name = _clean(Path(device).parent.name), _clean(Path(device).name)
        return f"{bus}_{name}" if bus and name else name
    return _clean(title_) or _clean(Path(folder).name)


def _clean(text: str) -> str:
    return _FOREIGN.sub("_", text.lower()).strip("_")
