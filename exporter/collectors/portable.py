"""What psutil knows of any system, under the names that node_exporter has for it there."""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator

import psutil

from medic.core.samples import Family, Labels, counter, gauge, labels

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
"""Of time of a CPU; on Windows there are three of them, elsewhere four or more."""
DISK = {
    "read_count": ("node_disk_reads_completed_total", "The total number of reads completed successfully.", 1),
    "read_bytes": ("node_disk_read_bytes_total", "The total number of bytes read successfully.", 1),
    "read_time": ("node_disk_read_time_seconds_total", "The total number of seconds spent by all reads.", 1000),
    "write_count": ("node_disk_writes_completed_total", "The total number of writes completed successfully.", 1),
    "write_bytes": ("node_disk_written_bytes_total", "The total number of bytes written successfully.", 1),
    "write_time": (
        "node_disk_write_time_seconds_total",
        "This is the total number of seconds spent by all writes.",
        1000,
    ),
}
NETWORK = {
    "bytes_recv": "receive_bytes",
    "packets_recv": "receive_packets",
    "errin": "receive_errs",
    "dropin": "receive_drop",
    "bytes_sent": "transmit_bytes",
    "packets_sent": "transmit_packets",
    "errout": "transmit_errs",
    "dropout": "transmit_drop",
}
DARWIN = {"total": "total", "free": "free", "active": "active", "inactive": "inactive", "wired": "wired"}
"""node_exporter's names of memory on macOS, by psutil's."""


def cpu() -> list[Family]:
    """Give the seconds of each CPU by mode."""
    rows = [
        (labels(cpu=str(number), mode=mode), getattr(times, mode))
        for number, times in enumerate(psutil.cpu_times(percpu=True))
        for mode in MODES
        if hasattr(times, mode)
    ]
    return [counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.", *rows)]


def loadavg() -> list[Family]:
    """Give the load averages; Windows has none, and psutil counts them there from its first call on."""
    loads = zip((1, 5, 15), psutil.getloadavg(), strict=True)
    return [gauge(f"node_load{minutes}", f"{minutes}m load average.", ((), load)) for minutes, load in loads]


def meminfo() -> list[Family]:
    """Give memory and swap under the names of Linux, which rules read, and on macOS under its own too."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    fields = {
        "MemTotal": memory.total,
        "MemAvailable": memory.available,
        "MemFree": memory.free,
        "SwapTotal": swap.total,
        "SwapFree": swap.free,
    }
    if sys.platform == "darwin":
        fields |= {ours: getattr(memory, theirs) for theirs, ours in DARWIN.items()}
        fields |= {"swap_total": swap.total, "swap_used": swap.used}
    return [
        gauge(f"node_memory_{field}_bytes", f"Memory information field {field}_bytes.", ((), value))
        for field, value in fields.items()
    ]


def filesystem() -> list[Family]:
    """Give the space of the disks that are mounted; those of a network are left out, as they may not answer."""
    found = [
        (labels(device=each.device, mountpoint=each.mountpoint, fstype=each.fstype), each.mountpoint)
        for each in psutil.disk_partitions(all=False)
    ]
    answers = [(pairs, space) for pairs, point in found if (space := _space(point)) is not None]
    return [
        gauge("node_filesystem_size_bytes", "Filesystem size in bytes.", *((at, size) for at, (size, _, _) in answers)),
        gauge(
            "node_filesystem_free_bytes",
            "Filesystem free space in bytes.",
            *((at, free) for at, (_, free, _) in answers),
        ),
        gauge(
            "node_filesystem_avail_bytes",
            "Filesystem space available to non-root users in bytes.",
            *((at, available) for at, (_, _, available) in answers),
        ),
    ]


def _space(point: str) -> tuple[int, int, int] | None:
    """Return size, free and available bytes; None of a drive without a disk in it."""
    try:
        if sys.platform == "win32":
            usage = shutil.disk_usage(point)
            return usage.total, usage.free, usage.free
        answer = os.statvfs(point)
    except OSError:
        return None
    return answer.f_blocks * answer.f_frsize, answer.f_bfree * answer.f_frsize, answer.f_bavail * answer.f_frsize


def diskstats() -> list[Family]:
    """Give what was read and written by each disk."""
    disks = psutil.disk_io_counters(perdisk=True) or {}
    return [
        counter(name, help_, *_scaled(field, per, disks.items())) for field, (name, help_, per) in DISK.items() if disks
    ]


def _scaled(field: str, per: int, disks: Iterable[tuple[str, object]]) -> Iterator[tuple[Labels, float]]:
    for disk, counters in disks:
        if hasattr(counters, field):
            value = getattr(counters, field)
            yield labels(device=disk), value if per == 1 else value / per


def netdev() -> list[Family]:
    """Give what each network interface received and sent."""
    devices = [(labels(device=name), each) for name, each in psutil.net_io_counters(pernic=True).items()]
    return [
        counter(
            f"node_network_{column}_total",
            f"Network device statistic {column}.",
            *((device, getattr(counters, field)) for device, counters in devices),
        )
        for field, column in NETWORK.items()
    ]


def stat() -> list[Family]:
    """Give when the host was booted."""
    return [gauge("node_boot_time_seconds", "Node boot time, in unixtime.", ((), psutil.boot_time()))]


def uname() -> list[Family]:
    """Give what the system calls itself."""
    names = platform.uname()
    pairs = labels(
        sysname=names.system,
        release=names.release,
        version=names.version,
        machine=names.machine,
        nodename=names.node,
    )
    return [gauge("node_uname_info", "Labeled system information as provided by the uname system call.", (pairs, 1))]


COLLECTORS: dict[str, Callable[[], list[Family]]] = {
    each.__name__: each for each in (cpu, diskstats, filesystem, loadavg, meminfo, netdev, stat, uname)
}
