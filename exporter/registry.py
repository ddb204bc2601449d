"""Which collectors there are: the built-in ones of the system, and those of other packages."""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from exporter.collector import Collector
from exporter.collectors import (
    diskstats,
    filefd,
    hwmon,
    loadavg,
    meminfo,
    netdev,
    os,
    pressure,
    processes,
    stat,
    thermal,
    time,
    uname,
    vmstat,
)
from exporter.collectors.cpu import Cpu
from exporter.collectors.filesystem import Filesystems
from medic.core.clock import Clock
from medic.core.errors import MedicError
from medic.core.samples import Family

ENTRY_POINTS = "medic.collectors"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Roots:
    """Where the kernel's files are; others than the host's own in tests and in containers."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    root: Path = Path("/")


Collect = Callable[[], Iterable[Family]]

SYSTEM: dict[str, Callable[[Roots, Clock], Collect]] = {
    "cpu": lambda roots, _: Cpu(roots.proc).collect,
    "diskstats": lambda roots, _: partial(diskstats.collect, roots.proc),
    "filefd": lambda roots, _: partial(filefd.collect, roots.proc),
    "filesystem": lambda roots, clock: Filesystems(roots.proc, time=clock.monotonic).collect,
    "hwmon": lambda roots, _: partial(hwmon.collect, roots.sys),
    "loadavg": lambda roots, _: partial(loadavg.collect, roots.proc),
    "meminfo": lambda roots, _: partial(meminfo.collect, roots.proc),
    "netdev": lambda roots, _: partial(netdev.collect, roots.proc),
    "os": lambda roots, _: partial(os.collect, roots.root),
    "pressure": lambda roots, _: partial(pressure.collect, roots.proc),
    "processes": lambda roots, _: partial(processes.collect, roots.proc),
    "stat": lambda roots, _: partial(stat.collect, roots.proc),
    "thermal_zone": lambda roots, _: partial(thermal.collect, roots.sys),
    "time": lambda _, clock: lambda: time.describe(clock.now()),
    "uname": lambda roots, _: partial(uname.collect, roots.proc),
    "vmstat": lambda roots, _: partial(vmstat.collect, roots.proc),
}
"""How the collectors of the group ``system`` are built, under node_exporter's names of them."""
EXPENSIVE = {"processes"}
"""Those that look at each process and so run on a clock of their own."""


def system_collectors(clock: Clock, roots: Roots = Roots(), *, expose: bool = True) -> list[Collector]:
    """Build the collectors of the group ``system``; with *expose* false rules see them and ``/metrics`` does not."""
    return [
        Collector(name, "system", build(roots, clock), cheap=name not in EXPENSIVE, expose=expose)
        for name, build in SYSTEM.items()
    ]


def third_party_collectors(taken: Collection[str]) -> list[Collector]:
    """Load what other packages declare under the entry point group ``medic.collectors``.

    Each entry point names a callable without arguments that returns a Collector. One that cannot be loaded, or whose
    name is in *taken* or used twice, becomes a collector ``plugin:NAME`` that fails at each run and says why.
    """
    used = set(taken)
    collectors = []
    for entry in sorted(entry_points(group=ENTRY_POINTS)):
        each = _load(entry, used)
        used.add(each.name)
        collectors.append(each)
    return collectors


def _load(entry: EntryPoint, used: Collection[str]) -> Collector:
    try:
        loaded = entry.load()()
    except Exception as error:  # noqa: BLE001 - the home for one collector: a broken package harms itself alone
        return _broken(entry, f"cannot be loaded: {type(error).__name__}: {error}")
    if not isinstance(loaded, Collector):
        return _broken(entry, f"must return an exporter.collector.Collector, not {type(loaded).__name__}")
    if loaded.name in used:
        return _broken(entry, f"is named {loaded.name!r} like another collector: give it another name")
    return loaded


def _broken(entry: EntryPoint, why: str) -> Collector:
    text = f"the collector {entry.value!r} of another package {why}"
    log.warning("collector of another package is broken", extra={"entry": entry.name, "reason": why})

    def collect() -> list[Family]:
        raise MedicError(text)

    return Collector(f"plugin:{entry.name}", "plugins", collect)
