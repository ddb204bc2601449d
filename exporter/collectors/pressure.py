"""Pressure stall information, from /proc/pressure."""

import re
from pathlib import Path

from exporter.files import read
from medic.core.samples import Family, counter

MICROSECONDS = 1_000_000
LINES = {
    ("cpu", "some"): (
        "node_pressure_cpu_waiting_seconds_total",
        "Total time in seconds that processes have waited for CPU time",
    ),
    ("io", "some"): (
        "node_pressure_io_waiting_seconds_total",
        "Total time in seconds that processes have waited due to IO congestion",
    ),
    ("io", "full"): (
        "node_pressure_io_stalled_seconds_total",
        "Total time in seconds no process could make progress due to IO congestion",
    ),
    ("memory", "some"): (
        "node_pressure_memory_waiting_seconds_total",
        "Total time in seconds that processes have waited for memory",
    ),
    ("memory", "full"): (
        "node_pressure_memory_stalled_seconds_total",
        "Total time in seconds no process could make progress due to memory congestion",
    ),
    ("irq", "full"): (
        "node_pressure_irq_stalled_seconds_total",
        "Total time in seconds no process could make progress due to IRQ congestion",
    ),
}

_LINE = re.compile(r"^(some|full) .*total=(\d+)$", re.MULTILINE)


def collect(proc: Path) -> list[Family]:
    """Give the stalls of CPU, I/O, memory and interrupts; nothing where the kernel keeps no account of them."""
    families = []
    for resource in ("cpu", "io", "memory", "irq"):
        try:
            text = read(f"{proc}/pressure/{resource}")
        except OSError:  # absent, or there but switched off (EOPNOTSUPP)
            continue
        families += parse(resource, text)
    return families


def parse(resource: str, text: str) -> list[Family]:
    """Read the totals of one file, which are in microseconds."""
    return [
        counter(*LINES[resource, kind], ((), int(total) / MICROSECONDS))
        for kind, total in _LINE.findall(text)
        if (resource, kind) in LINES
    ]
