"""Thermal zones and cooling devices, from /sys/class/thermal (kernel documentation: driver-api/thermal)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exporter.sources import Remembered, attribute, names, number
from medic.core.samples import Family, Labels, gauge, labels

MILLI = 1000
AGE = 60.0
"""Seconds after which zones and devices are looked for anew."""
ZONE, DEVICE = "thermal_zone", "cooling_device"

Files = tuple[tuple[Labels, str], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Which files there are to read."""

    zones: Files
    states: Files
    limits: Family


class Thermal:
    """Remembers which zones and devices there are, and reads one file of each."""

    def __init__(self, sys: Path, *, time: Callable[[], float]) -> None:
        """Read from under *sys*; *time* is a monotonic clock."""
        self._folder = f"{sys}/class/thermal"
        self._found = Remembered(self._look, time=time, age=AGE)

    def collect(self) -> list[Family]:
        """Give temperatures of zones and states of cooling devices; nothing where there are none.

        A zone whose driver does not answer (EAGAIN while it is switched off) has no sample.
        """
        found = self._found.get(names(self._folder))
        zones = [(pairs, value / MILLI) for pairs, value in _read(found.zones)]
        given = [
            gauge("node_thermal_zone_temp", "Zone temperature in Celsius", *zones),
            gauge(
                "node_cooling_device_cur_state", "Current throttle state of the cooling device", *_read(found.states)
            ),
            found.limits,
        ]
        return [family for family in given if family.samples]

    def _look(self) -> Found:
        limits = _read(self._files(DEVICE, "name", "max_state"))
        return Found(
            self._files(ZONE, "zone", "temp"),
            self._files(DEVICE, "name", "cur_state"),
            gauge("node_cooling_device_max_state", "Maximum throttle state of the cooling device", *limits),
        )

    def _files(self, kind: str, label: str, file: str) -> Files:
        places = ((name, f"{self._folder}/{name}") for name in names(self._folder) if name.startswith(kind))
        return tuple(
            (labels({label: name.removeprefix(kind)}, type=type_), f"{place}/{file}")
            for name, place in places
            if (type_ := attribute(f"{place}/type")) is not None
        )


def _read(files: Files) -> list[tuple[Labels, int]]:
    read = ((pairs, number(path)) for pairs, path in files)
    return [(pairs, value) for pairs, value in read if value is not None]
