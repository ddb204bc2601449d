"""Medic itself: its version, what it uses, and the ticks that it missed."""

import os
import platform
from collections.abc import Callable
from pathlib import Path

from exporter.collector import Collector
from exporter.collectors import stat
from exporter.files import read
from exporter.table import PAGE
from medic.core.processes import CLOCK_TICKS
from medic.core.samples import Family, counter, gauge, labels

USER, SYSTEM, START, VIRTUAL, RESIDENT = 11, 12, 19, 20, 21
"""Where they stand behind the command's name: fields 14, 15, 22, 23 and 24 of proc_pid_stat(5)."""


def collector(version: str, missed: Callable[[], int], proc: Path = Path("/proc"), *, expose: bool = True) -> Collector:
    """Build the collector ``medic``; *missed* says how many ticks were missed so far and is asked in a thread."""

    def collect() -> list[Family]:
        return [
            describe(version),
            counter("medic_ticks_missed_total", "Ticks that were skipped because one before took too long.",
                    ((), missed())),
            *measure(read(f"{proc}/self/stat"), read(f"{proc}/stat")),
            gauge("process_open_fds", "Number of open file descriptors.", ((), _count(f"{proc}/self/fd"))),
            *_limit(),
        ]  # fmt: skip

    return Collector("medic", "medic", collect, expose=expose)


def describe(version: str) -> Family:
    """Give ``medic_build_info``."""
    pairs = labels(version=version, python=platform.python_version())
    return gauge("medic_build_info", "A constant 1, labeled by the versions of Medic and of Python.", (pairs, 1))


def measure(own: str, host: str) -> list[Family]:
    """Read *own*, a stat line of this process, and *host*, /proc/stat, for the families every exporter has."""
    fields = own.rpartition(")")[2].split()
    booted = next(family for family in stat.parse(host) if family.name == "node_boot_time_seconds").samples[0].value
    return [
        counter(
            "process_cpu_seconds_total",
            "Total user and system CPU time spent in seconds.",
            ((), (int(fields[USER]) + int(fields[SYSTEM])) / CLOCK_TICKS),
        ),
        gauge("process_resident_memory_bytes", "Resident memory size in bytes.", ((), int(fields[RESIDENT]) * PAGE)),
        gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", ((), int(fields[VIRTUAL]))),
        gauge(
            "process_start_time_seconds",
            "Start time of the process since unix epoch in seconds.",
            ((), booted + int(fields[START]) / CLOCK_TICKS),
        ),
    ]


def _count(folder: str) -> int:
    with os.scandir(folder) as found:
        return sum(1 for _ in found) - 1  # the descriptor that reads the folder is one of them


def _limit() -> list[Family]:
    """Give how many files may be open; nothing where the system has no such limits."""
    try:
        import resource
    except ImportError:
        return []
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return [gauge("process_max_fds", "Maximum number of open file descriptors.", ((), soft))]
