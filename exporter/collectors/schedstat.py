"""How long each CPU ran and was waited for, from /proc/schedstat (kernel documentation: scheduler/sched-stats)."""

from functools import lru_cache

from medic.core.samples import Family, Labels, counter, labels

NANOSECONDS = 1_000_000_000
RUNNING, WAITING, SLICES = 7, 8, 9
"""Columns of a line of a CPU."""


def parse(text: str) -> list[Family]:
    """Read the lines of the CPUs; those of their domains are passed over."""
    rows = [line.split() for line in text.splitlines() if line.startswith("cpu")]
    cpus = [(_labels(row[0].removeprefix("cpu")), row) for row in rows if len(row) > SLICES]
    running = ((pairs, int(row[RUNNING]) / NANOSECONDS) for pairs, row in cpus)
    waiting = ((pairs, int(row[WAITING]) / NANOSECONDS) for pairs, row in cpus)
    slices = ((pairs, int(row[SLICES])) for pairs, row in cpus)
    return [
        counter("node_schedstat_running_seconds_total", "Number of seconds CPU spent running a process.", *running),
        counter(
            "node_schedstat_waiting_seconds_total",
            "Number of seconds spent by processing waiting for this CPU.",
            *waiting,
        ),
        counter("node_schedstat_timeslices_total", "Number of timeslices executed by CPU.", *slices),
    ]


@lru_cache(maxsize=1 << 12)
def _labels(cpu: str) -> Labels:
    return labels(cpu=cpu)
