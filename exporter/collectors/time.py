"""The host's clock, its time zone, and what the clock is made of (/sys/devices/system/clocksource)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from exporter.sources import Remembered, attribute, names
from medic.core.clock import Clock
from medic.core.samples import Family, gauge, labels

AGE = 60.0
"""Seconds after which the clock's sources are looked at again."""


class Time:
    """Tells the time at each collection, and the sources of the clock as they were within the last minute."""

    def __init__(self, sys: Path, clock: Clock) -> None:
        """Read from under *sys*."""
        self._now: Callable[[], datetime] = clock.now
        self._sources = Remembered(lambda: sources(sys), time=clock.monotonic, age=AGE)

    def collect(self) -> list[Family]:
        """Give ``node_time_*``."""
        return [*describe(self._now()), *self._sources.get()]


def describe(now: datetime) -> list[Family]:
    """Give ``node_time_seconds`` and the offset of the host's time zone at *now*, an aware datetime."""
    local = now.astimezone()
    offset = local.utcoffset() or timedelta()
    zone = labels(time_zone=local.tzname() or "")
    return [
        gauge("node_time_seconds", "System time in seconds since epoch (1970).", ((), now.timestamp())),
        gauge("node_time_zone_offset_seconds", "System time zone offset in seconds.", (zone, offset.total_seconds())),
    ]


def sources(sys: Path) -> list[Family]:
    """Give which sources of time there are and which is used; nothing where the kernel does not tell."""
    folder = f"{sys}/devices/system/clocksource"
    devices = [name for name in names(folder) if name.startswith("clocksource")]
    available, current = [], []
    for device, name in enumerate(devices):
        offered = (attribute(f"{folder}/{name}/available_clocksource") or "").split()
        available += [(labels(device=str(device), clocksource=source), 1) for source in offered]
        if used := attribute(f"{folder}/{name}/current_clocksource"):
            current.append((labels(device=str(device), clocksource=used), 1))
    given = [
        gauge(
            "node_time_clocksource_available_info",
            "Available clocksources read from '/sys/devices/system/clocksource'.",
            *available,
        ),
        gauge(
            "node_time_clocksource_current_info",
            "Current clocksource read from '/sys/devices/system/clocksource'.",
            *current,
        ),
    ]
    return [family for family in given if family.samples]
