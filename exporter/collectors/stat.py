"""Boot time, interrupts, context switches, forks and runnable processes, from /proc/stat."""

from collections.abc import Callable

from medic.core.samples import Family, counter, gauge

Build = Callable[..., Family]

FIELDS: dict[str, tuple[Build, str, str]] = {
    "intr": (counter, "node_intr_total", "Total number of interrupts serviced."),
    "ctxt": (counter, "node_context_switches_total", "Total number of context switches."),
    "processes": (counter, "node_forks_total", "Total number of forks."),
    "btime": (gauge, "node_boot_time_seconds", "Node boot time, in unixtime."),
    "procs_running": (gauge, "node_procs_running", "Number of processes in runnable state."),
    "procs_blocked": (
        gauge,
        "node_procs_blocked",
        "Number of processes blocked waiting for I/O to complete.",
    ),
}


def parse(text: str) -> list[Family]:
    """Read the first number of each line that is known; the lines per CPU belong to the collector ``cpu``."""
    families = []
    for line in text.splitlines():
        words = line.split(None, 2)  # the line of interrupts can be long, and only its first number is wanted
        if len(words) > 1 and words[0] in FIELDS:
            build, name, help_ = FIELDS[words[0]]
            families.append(build(name, help_, ((), int(words[1]))))
    return families
