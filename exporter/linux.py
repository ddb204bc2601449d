"""The collectors of the system on Linux, which read /proc and /sys."""

from collections.abc import Callable, Iterable
from functools import partial

from exporter.collectors import (
    arp,
    filefd,
    loadavg,
    meminfo,
    netdev,
    processes,
    schedstat,
    softnet,
    stat,
)
from exporter.collectors.cgroup import Cgroup
from exporter.collectors.conntrack import Conntrack
from exporter.collectors.cpu import Cpu
from exporter.collectors.cpufreq import Cpufreq
from exporter.collectors.diskstats import Diskstats
from exporter.collectors.dmi import Dmi
from exporter.collectors.entropy import Entropy
from exporter.collectors.filesystem import Filesystems
from exporter.collectors.hwmon import Hwmon
from exporter.collectors.netclass import Netclass
from exporter.collectors.netstat import Netstat
from exporter.collectors.os import OperatingSystem
from exporter.collectors.pressure import Pressure
from exporter.collectors.sockstat import Sockstat
from exporter.collectors.thermal import Thermal
from exporter.collectors.time import Time
from exporter.collectors.udp_queues import UdpQueues
from exporter.collectors.uname import Uname
from exporter.collectors.vmstat import Vmstat
from exporter.roots import Roots
from exporter.sources import Source
from exporter.table import Table
from medic.core.clock import Clock
from medic.core.samples import Family

Collect = Callable[[], Iterable[Family]]
Build = Callable[[Roots, Clock], Collect]


def _file(path: str, parse: Callable[[str], list[Family]]) -> Build:
    """Build collectors that do nothing but read one file of /proc, without which they fail."""

    def build(roots: Roots, _: Clock) -> Collect:
        source = Source(f"{roots.proc}/{path}")
        return lambda: parse(source.read())

    return build


def _file_if_any(path: str, parse: Callable[[str], list[Family]]) -> Build:
    """Build the same for a file that not every kernel has."""

    def build(roots: Roots, _: Clock) -> Collect:
        source = Source(f"{roots.proc}/{path}")
        return lambda: [] if (text := source.read_or_none()) is None else parse(text)

    return build


def _timex(_: Roots, __: Clock) -> Collect:
    from exporter.collectors.timex import Timekeeping  # it loads ctypes

    return Timekeeping().collect


SYSTEM: dict[str, Build] = {
    "arp": _file_if_any("net/arp", arp.parse),
    "cgroup": lambda roots, _: Cgroup(roots.own).collect,
    "conntrack": lambda roots, _: Conntrack(roots.proc).collect,
    "cpu": lambda roots, clock: Cpu(roots.proc, roots.sys, time=clock.monotonic).collect,
    "cpufreq": lambda roots, clock: Cpufreq(roots.sys, time=clock.monotonic).collect,
    "diskstats": lambda roots, _: Diskstats(roots.proc, roots.root).collect,
    "dmi": lambda roots, _: Dmi(roots.sys).collect,
    "entropy": lambda roots, _: Entropy(roots.proc).collect,
    "filefd": _file("sys/fs/file-nr", filefd.parse),
    "filesystem": lambda roots, clock: Filesystems(roots.proc, roots.root, time=clock.monotonic).collect,
    "hwmon": lambda roots, clock: Hwmon(roots.sys, time=clock.monotonic).collect,
    "loadavg": _file("loadavg", loadavg.parse),
    "meminfo": _file("meminfo", meminfo.parse),
    "netclass": lambda roots, clock: Netclass(roots.sys, time=clock.monotonic).collect,
    "netdev": _file("net/dev", netdev.parse),
    "netstat": lambda roots, _: Netstat(roots.proc).collect,
    "os": lambda roots, _: OperatingSystem(roots.root).collect,
    "pressure": lambda roots, _: Pressure(roots.proc).collect,
    "processes": lambda roots, clock: partial(processes.collect, Table(clock.monotonic, roots.proc)),
    "schedstat": _file_if_any("schedstat", schedstat.parse),
    "sockstat": lambda roots, _: Sockstat(roots.proc).collect,
    "softnet": _file_if_any("net/softnet_stat", softnet.parse),
    "stat": _file("stat", stat.parse),
    "thermal_zone": lambda roots, clock: Thermal(roots.sys, time=clock.monotonic).collect,
    "time": lambda roots, clock: Time(roots.sys, clock).collect,
    "timex": _timex,
    "udp_queues": lambda roots, _: UdpQueues(roots.proc).collect,
    "uname": lambda roots, _: Uname(roots.proc).collect,
    "vmstat": lambda roots, _: Vmstat(roots.proc).collect,
}
"""How the collectors of the group ``system`` are built, under node_exporter's names of them."""
