"""How each CPU copes with incoming packets, from /proc/net/softnet_stat."""

from functools import lru_cache

from medic.core.samples import Family, Kind, Labels, Sample, labels

COLUMNS = (
    (0, "processed_total", "Number of processed packets", Kind.COUNTER),
    (1, "dropped_total", "Number of dropped packets", Kind.COUNTER),
    (2, "times_squeezed_total", "Number of times processing packets ran out of quota", Kind.COUNTER),
    (8, "cpu_collision_total", "Number of collision occur while obtaining device lock while transmitting",
     Kind.COUNTER),
    (9, "received_rps_total", "Number of times cpu woken up received_rps", Kind.COUNTER),
    (10, "flow_limit_count_total", "Number of times flow limit has been reached", Kind.COUNTER),
    (11, "backlog_len", "Softnet backlog status", Kind.GAUGE),
)  # fmt: skip
"""Where each stands; the last four came with node_exporter 1.6."""
INDEX = 12
"""Where newer kernels say which CPU it is; a CPU that is offline has no line."""


def parse(text: str) -> list[Family]:
    """Read a line of hexadecimal columns for each CPU; an older kernel has fewer columns, and so fewer families."""
    rows = [[int(word, 16) for word in line.split()] for line in text.splitlines()]
    cpus = [(_labels(row[INDEX] if len(row) > INDEX else line), row) for line, row in enumerate(rows)]
    families = (
        _family(column, f"node_softnet_{name}", help_, kind, cpus=cpus) for column, name, help_, kind in COLUMNS
    )
    return [family for family in families if family.samples]


def _family(column: int, name: str, help_: str, kind: Kind, *, cpus: list[tuple[Labels, list[int]]]) -> Family:
    return Family(name, kind, help_, [Sample(name, cpu, row[column]) for cpu, row in cpus if column < len(row)])


@lru_cache(maxsize=1 << 12)
def _labels(cpu: int) -> Labels:
    return labels(cpu=str(cpu))
