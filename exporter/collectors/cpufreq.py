"""Frequencies of the CPUs, from /sys/devices/system/cpu (kernel documentation: admin-guide/pm/cpufreq)."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from exporter.sources import Remembered, attribute, names, number
from medic.core.samples import Family, Labels, gauge, labels

KILO = 1000
AGE = 60.0
"""Seconds after which limits and governors, which only a person or a driver changes, are read again."""

CURRENT = (
    ("cpuinfo_cur_freq", "node_cpu_frequency_hertz", "Current cpu thread frequency in hertz."),
    ("scaling_cur_freq", "node_cpu_scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz."),
)
LIMITS = (
    ("cpuinfo_min_freq", "node_cpu_frequency_min_hertz", "Minimum cpu thread frequency in hertz."),
    ("cpuinfo_max_freq", "node_cpu_frequency_max_hertz", "Maximum cpu thread frequency in hertz."),
    ("scaling_min_freq", "node_cpu_scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz."),
    ("scaling_max_freq", "node_cpu_scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz."),
)

Files = Sequence[tuple[str, str, str]]
"""File, family and help."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One folder of files, and the CPUs that it holds for."""

    folder: str
    cpus: tuple[Labels, ...]


class Cpufreq:
    """Reads the frequencies at each collection, and the limits once a minute."""

    def __init__(self, sys: Path, *, time: Callable[[], float]) -> None:
        """Read from under *sys*; *time* is a monotonic clock."""
        self._folder = f"{sys}/devices/system/cpu"
        self._facts = Remembered(self._look, time=time, age=AGE)

    def collect(self) -> list[Family]:
        """Give ``node_cpu_frequency_*`` and ``node_cpu_scaling_*``; nothing where the CPU cannot be asked."""
        policies, limits = self._facts.get()
        return [*_frequencies(policies, CURRENT), *limits] if policies else []

    def _look(self) -> tuple[list[Policy], list[Family]]:
        policies = _policies(self._folder)
        return policies, [*_frequencies(policies, LIMITS), *_governors(policies)]


def _policies(folder: str) -> list[Policy]:
    shared: dict[str, list[Labels]] = {}
    numbers = (name.removeprefix("cpu") for name in names(folder))
    for cpu in sorted(filter(str.isdigit, numbers), key=int):
        place = f"{folder}/cpu{cpu}/cpufreq"
        if names(place):
            shared.setdefault(os.path.realpath(place), []).append(labels(cpu=cpu))
    return [Policy(place, tuple(cpus)) for place, cpus in shared.items()]


def _frequencies(policies: Iterable[Policy], files: Files) -> list[Family]:
    given = []
    for file, name, help_ in files:
        read = [(policy, number(f"{policy.folder}/{file}")) for policy in policies]
        rows = [(cpu, each * KILO) for policy, each in read if each is not None for cpu in policy.cpus]
        given += [gauge(name, help_, *rows)] if rows else []
    return given


def _governors(policies: Iterable[Policy]) -> list[Family]:
    rows = [
        (labels(dict(cpu), governor=each), int(each == chosen))
        for policy in policies
        if (chosen := attribute(f"{policy.folder}/scaling_governor"))
        for each in (attribute(f"{policy.folder}/scaling_available_governors") or "").split()
        for cpu in policy.cpus
    ]
    return [gauge("node_cpu_scaling_governor", "Current enabled CPU frequency governor.", *rows)] if rows else []
