"""Pressure stall information, from /proc/pressure (kernel documentation: accounting/psi)."""

from collections.abc import Iterator
from pathlib import Path

from exporter.sources import Source
from medic.core.samples import Family, counter

MICROSECONDS = 1_000_000
RESOURCES = ("cpu", "io", "memory", "irq")
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


class Pressure:
    """Reads four files; a kernel that keeps no account of one of them, or of none, has no such families."""

    def __init__(self, proc: Path) -> None:
        """Read from under *proc*."""
        self._files = [(resource, Source(f"{proc}/pressure/{resource}")) for resource in RESOURCES]

    def collect(self) -> list[Family]:
        """Give the stalls of CPU, I/O, memory and interrupts."""
        read = ((resource, source.read_or_none() or "") for resource, source in self._files)
        return [family for resource, text in read for family in parse(resource, text)]


def parse(resource: str, text: str) -> list[Family]:
    """Lay out the totals of one file as node_exporter does; a full stall of the CPU means nothing."""
    return [
        counter(*LINES[resource, kind], ((), seconds)) for kind, seconds in totals(text) if (resource, kind) in LINES
    ]


def totals(text: str) -> Iterator[tuple[str, float]]:
    """Read the lines ``some avg10=... total=123`` and ``full ...``, whose totals are in microseconds."""
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        total = rest.rpartition("total=")[2]
        if kind in {"some", "full"} and total.isdecimal():
            yield kind, int(total) / MICROSECONDS
