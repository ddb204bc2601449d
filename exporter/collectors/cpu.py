"""CPU time by CPU and mode, from /proc/stat; what the CPUs are, which are online, and how often they were throttled."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from exporter.collectors import cpus
from exporter.sources import Remembered, Source
from medic.core.processes import CLOCK_TICKS
from medic.core.samples import Family, Labels, counter, labels

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
GUESTS = ("user", "nice")
"""The last two columns: time that guests ran, which is part of user and nice."""
IDLE = MODES.index("idle")
JUMP = 3.0
"""Seconds by which idle time must go back for the CPU to be taken as newly plugged in, as node_exporter does."""
AGE = 300.0
"""Seconds after which what the CPUs are is looked up again even when none came or went."""

Times = tuple[float, ...]
"""Seconds in the eight modes and as the two kinds of guests."""


class Cpu:
    """Remembers the last times, since the kernel's idle and iowait sometimes go back a little.

    Without that, ``rate`` would take each such step for a restart of the counter, and show hundreds of CPUs' worth.
    """

    def __init__(self, proc: Path, sys: Path, *, time: Callable[[], float]) -> None:
        """Read from under *proc* and *sys*; *time* is a monotonic clock."""
        self._stat = Source(f"{proc}/stat")
        self._last: dict[str, Times] = {}
        self._facts = Remembered(lambda: cpus.facts(proc, sys), time=time, age=AGE)

    def collect(self) -> list[Family]:
        """Give ``node_cpu_*``; throttles only where the CPU counts them."""
        self._last = steady(self._last, parse(self._stat.read()))
        facts = self._facts.get(tuple(self._last))
        return [*families(self._last), *facts.families, *cpus.throttles(facts)]


def parse(text: str) -> dict[str, Times]:
    """Read the seconds of each CPU; the line of their sum is left out."""
    times = {}
    for line in text.splitlines():
        name, *ticks = line.split()
        if not name.startswith("cpu"):
            break
        if name != "cpu":
            seconds = [int(tick) / CLOCK_TICKS for tick in ticks[: len(MODES) + len(GUESTS)]]
            times[name.removeprefix("cpu")] = tuple(seconds)
    return times


def steady(before: Mapping[str, Times], now: Mapping[str, Times]) -> dict[str, Times]:
    """Return the times of *now*, none less than *before*, unless a CPU began anew."""
    return {cpu: _steady(before.get(cpu, times), times) for cpu, times in now.items()}


def _steady(before: Times, now: Times) -> Times:
    if before[IDLE] - now[IDLE] >= JUMP:
        return now
    return tuple(map(max, before, now))


def families(times: Mapping[str, Times]) -> list[Family]:
    """Lay out the times as node_exporter does."""
    in_modes = [
        row for cpu, seconds in times.items() for row in zip(_labels(cpu, MODES), seconds[: len(MODES)], strict=False)
    ]
    as_guests = [
        row for cpu, seconds in times.items() for row in zip(_labels(cpu, GUESTS), seconds[len(MODES) :], strict=False)
    ]
    return [
        counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.", *in_modes),
        counter("node_cpu_guest_seconds_total", "Seconds the CPUs spent in guests (VMs) for each mode.", *as_guests),
    ]


@lru_cache(maxsize=1 << 13)
def _labels(cpu: str, modes: tuple[str, ...]) -> tuple[Labels, ...]:
    return tuple(labels(cpu=cpu, mode=mode) for mode in modes)
