"""What the CPUs are, from /proc/cpuinfo and /sys/devices/system/cpu (kernel documentation: admin-guide/cputopology)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from exporter.files import read_or_none
from exporter.sources import attribute, names, number
from medic.core.samples import Family, Labels, counter, gauge, labels

FIELDS = {
    "package": "physical id",
    "core": "core id",
    "cpu": "processor",
    "vendor": "vendor_id",
    "family": "cpu family",
    "model": "model",
    "model_name": "model name",
    "microcode": "microcode",
    "stepping": "stepping",
    "cachesize": "cache size",
}
"""Labels, and the file's names of them on x86; other CPUs have some of them."""
PLACES = ("present", "online", "isolated")
CORE, PACKAGE = "thermal_throttle/core_throttle_count", "thermal_throttle/package_throttle_count"

Counts = Mapping[Labels, str]
"""The files of counters, by their labels."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds until a CPU comes or goes."""

    families: tuple[Family, ...]
    core_throttles: Counts
    package_throttles: Counts


def facts(proc: Path, sys: Path) -> Facts:
    """Look up all that seldom changes; a virtual CPU often counts no throttles."""
    folder = f"{sys}/devices/system/cpu"
    cpus = [name.removeprefix("cpu") for name in names(folder) if name.removeprefix("cpu").isdigit()]
    present, online, isolated = (cpus_of(attribute(f"{folder}/{file}") or "") for file in PLACES)
    described = [labels(each) for each in describe(read_or_none(f"{proc}/cpuinfo") or "")]
    given = [
        gauge("node_cpu_info", "CPU information from /proc/cpuinfo.", *((each, 1) for each in described)),
        gauge(
            "node_cpu_online",
            "CPUs that are online and being scheduled.",
            *((labels(cpu=str(cpu)), int(cpu in online)) for cpu in present),
        ),
        gauge(
            "node_cpu_isolated",
            "Whether each core is isolated, information from /sys/devices/system/cpu/isolated.",
            *((labels(cpu=str(cpu)), 1) for cpu in isolated),
        ),
    ]
    cores, packages = _throttles(folder, cpus)
    return Facts(tuple(family for family in given if family.samples), cores, packages)


def describe(text: str) -> Iterator[dict[str, str]]:
    """Read blocks of lines ``name : value``, one for each CPU, as the labels of ``node_cpu_info``."""
    for block in text.split("\n\n"):
        pairs = (line.partition(":") for line in block.splitlines())
        fields = {name.strip(): value.strip() for name, _, value in pairs}
        if "processor" in fields:
            yield {label: fields.get(name, "") for label, name in FIELDS.items()}


def cpus_of(text: str) -> list[int]:
    """Read a list of CPUs as the kernel writes it, ``0-3,8``."""
    ends = (part.partition("-") for part in text.split(",") if part)
    return [cpu for first, _, last in ends for cpu in range(int(first), int(last or first) + 1)]


def throttles(known: Facts) -> list[Family]:
    """Read how often cores and packages were slowed down because they were hot."""
    given = [
        counter(
            "node_cpu_core_throttles_total",
            "Number of times this CPU core has been throttled.",
            *_read(known.core_throttles),
        ),
        counter(
            "node_cpu_package_throttles_total",
            "Number of times this CPU package has been throttled.",
            *_read(known.package_throttles),
        ),
    ]
    return [family for family in given if family.samples]


def _read(files: Counts) -> Iterator[tuple[Labels, float]]:
    for pairs, path in files.items():
        value = number(path)
        if value is not None:
            yield pairs, value


def _throttles(folder: str, cpus: Iterable[str]) -> tuple[Counts, Counts]:
    """Find one file for each core and each package: its CPUs share the counter."""
    cores: dict[Labels, str] = {}
    packages: dict[Labels, str] = {}
    for cpu in sorted(cpus, key=int):
        place = f"{folder}/cpu{cpu}"
        package, core = (number(f"{place}/topology/{file}") for file in ("physical_package_id", "core_id"))
        counts = names(f"{place}/thermal_throttle")
        if package is not None and core is not None and counts:
            cores.setdefault(labels(package=str(package), core=str(core)), f"{place}/{CORE}")
            packages.setdefault(labels(package=str(package)), f"{place}/{PACKAGE}")
    return cores, packages
