"""Thermal zones and cooling devices, from /sys/class/thermal."""

from collections.abc import Callable
from pathlib import Path

from exporter.files import entries, read_or_none
from medic.core.samples import Family, Labels, gauge, labels

MILLI = 1000
ZONE, DEVICE = "thermal_zone", "cooling_device"


def collect(sys: Path) -> list[Family]:
    """Give temperatures of zones and states of cooling devices; nothing where there are none.

    A zone whose driver does not answer (EAGAIN while it is switched off) has no sample.
    """
    folder = f"{sys}/class/thermal"
    names = entries(folder)
    zones = [name for name in names if name.startswith(ZONE)]
    devices = [name for name in names if name.startswith(DEVICE)]
    found = [
        gauge("node_thermal_zone_temp", "Zone temperature in Celsius", *_rows(folder, zones, "temp", _zone)),
        gauge(
            "node_cooling_device_cur_state",
            "Current throttle state of the cooling device",
            *_rows(folder, devices, "cur_state", _device),
        ),
        gauge(
            "node_cooling_device_max_state",
            "Maximum throttle state of the cooling device",
            *_rows(folder, devices, "max_state", _device),
        ),
    ]
    return [family for family in found if family.samples]


def _rows(
    folder: str, names: list[str], file: str, build: Callable[[str, str, int], tuple[Labels, float]]
) -> list[tuple[Labels, float]]:
    rows = []
    for name in names:
        kind, value = read_or_none(f"{folder}/{name}/type"), read_or_none(f"{folder}/{name}/{file}")
        if kind is not None and value is not None:
            rows.append(build(name, kind, int(value)))
    return rows


def _zone(name: str, kind: str, value: int) -> tuple[Labels, float]:
    return labels(zone=name.removeprefix(ZONE), type=kind), value / MILLI


def _device(name: str, kind: str, value: int) -> tuple[Labels, float]:
    return labels(name=name.removeprefix(DEVICE), type=kind), value
