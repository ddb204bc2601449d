"""The limits and the use of Medic's own control group (kernel documentation: admin-guide/cgroup-v2).

In a container that is the container. A process always finds its own group under its own /proc and /sys, wherever those
of the host are mounted.
"""

from collections.abc import Iterator
from pathlib import Path

from exporter.collectors import pressure
from exporter.sources import attribute
from medic.core.samples import Family, Labels, counter, gauge, labels

MOUNTS = ("sys/fs/cgroup", "sys/fs/cgroup/unified")
"""Where version 2 is mounted: alone, or beside version 1."""
MEMBERSHIP = "proc/self/cgroup"
MICRO = 1_000_000
MAX = "max"
"""What a limit says where there is none."""
RESOURCES = ("cpu", "io", "memory", "irq")

BYTES = (
    ("memory.current", "medic_cgroup_memory_bytes", "Memory that Medic's control group uses."),
    ("memory.max", "medic_cgroup_memory_limit_bytes", "Memory that Medic's control group may use."),
    ("memory.swap.current", "medic_cgroup_swap_bytes", "Swap that Medic's control group uses."),
    ("memory.swap.max", "medic_cgroup_swap_limit_bytes", "Swap that Medic's control group may use."),
    ("pids.current", "medic_cgroup_pids", "Processes and threads in Medic's control group."),
    ("pids.max", "medic_cgroup_pids_limit", "Processes and threads that Medic's control group may have."),
)
CPU = {
    "usage_usec": ("cpu_usage_seconds_total", "CPU time that Medic's control group used.", MICRO),
    "nr_periods": ("cpu_periods_total", "Periods in which the CPU limit of Medic's control group was enforced.", 1),
    "nr_throttled": ("cpu_throttled_periods_total", "Periods in which Medic's control group met its CPU limit.", 1),
    "throttled_usec": ("cpu_throttled_seconds_total", "Time for which Medic's control group was throttled.", MICRO),
}
STALLS = (
    (
        "some",
        "medic_cgroup_pressure_waiting_seconds_total",
        "Time for which some task of Medic's control group waited for the resource.",
    ),
    (
        "full",
        "medic_cgroup_pressure_stalled_seconds_total",
        "Time for which no task of Medic's control group could run for lack of the resource.",
    ),
)


class Cgroup:
    """Looks for its group at each collection, since a process may be moved to another."""

    def __init__(self, own: Path) -> None:
        """Look under *own* for Medic's own /proc and /sys."""
        self._mounts = tuple(str(own / each) for each in MOUNTS)
        self._membership = str(own / MEMBERSHIP)

    def collect(self) -> list[Family]:
        """Give ``medic_cgroup_*``; nothing in the root, which is the host, and no limit where there is none."""
        path = own_path(attribute(self._membership) or "")
        folder = None if path is None else find(path, self._mounts)
        return [] if folder is None else list(read(folder))


def own_path(text: str) -> str | None:
    """Return the group of version 2 that /proc/self/cgroup names (``0::/path``); None where there is no version 2."""
    for line in text.splitlines():
        if line.startswith("0::"):
            return line.removeprefix("0::").rstrip("/")
    return None


def find(path: str, mounts: tuple[str, ...]) -> str | None:
    """Return the folder of the group at *path*; None of the root.

    A container that sees its own group as the root of the mount, under a path of the host, is at the mount.
    """
    for mount in mounts:
        for folder in (f"{mount}{path}", mount):
            if attribute(f"{folder}/cgroup.type") is not None:  # all have that file, only the root has not
                return folder
    return None


def read(folder: str) -> Iterator[Family]:
    """Yield what the files of one group say; a controller that is off has no files."""
    for file, name, help_ in BYTES:
        text = attribute(f"{folder}/{file}")
        if text is not None and text != MAX:
            yield gauge(name, help_, ((), int(text)))
    yield from cpu_limit(attribute(f"{folder}/cpu.max") or MAX)
    yield from cpu_use(attribute(f"{folder}/cpu.stat") or "")
    yield from kills(attribute(f"{folder}/memory.events") or "")
    yield from stalls({resource: attribute(f"{folder}/{resource}.pressure") or "" for resource in RESOURCES})


def cpu_limit(text: str) -> Iterator[Family]:
    """Read ``quota period``, both in microseconds, as a number of CPUs."""
    quota, _, period = text.partition(" ")
    if quota != MAX:
        help_ = "CPUs that Medic's control group may use."
        yield gauge("medic_cgroup_cpu_limit_cores", help_, ((), int(quota) / int(period)))


def cpu_use(text: str) -> Iterator[Family]:
    """Read what was used, and where there is a limit, how often it was met."""
    figures = _pairs(text)
    for key, (name, help_, per) in CPU.items():
        if key in figures and (key == "usage_usec" or figures.get("nr_periods")):
            value = figures[key] if per == 1 else figures[key] / per
            yield counter(f"medic_cgroup_{name}", help_, ((), value))


def kills(text: str) -> Iterator[Family]:
    """Read how many processes the kernel killed for lack of memory in this group."""
    figures = _pairs(text)
    if "oom_kill" in figures:
        help_ = "Processes of Medic's control group that were killed for lack of memory."
        yield counter("medic_cgroup_oom_kills_total", help_, ((), figures["oom_kill"]))


def stalls(texts: dict[str, str]) -> Iterator[Family]:
    """Read the pressure of each resource: some tasks waited, or all were stalled."""
    rows: dict[str, list[tuple[Labels, float]]] = {"some": [], "full": []}
    for resource, text in texts.items():
        for kind, seconds in pressure.totals(text):
            rows[kind].append((labels(resource=resource), seconds))
    for kind, name, help_ in STALLS:
        if rows[kind]:
            yield counter(name, help_, *rows[kind])


def _pairs(text: str) -> dict[str, int]:
    words = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in words if len(pair) == 2}  # noqa: PLR2004 - key and value
