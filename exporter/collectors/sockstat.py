"""Sockets in use, from /proc/net/sockstat and sockstat6."""

from functools import lru_cache
from pathlib import Path

from exporter.sources import Source
from exporter.table import PAGE
from medic.core.samples import Family, gauge

FIELDS = frozenset({"inuse", "orphan", "tw", "alloc", "mem", "memory"})


class Sockstat:
    """Reads two files; a kernel without one of the protocols has but the other."""

    def __init__(self, proc: Path) -> None:
        """Read from under *proc*."""
        self._files = [Source(f"{proc}/net/{file}") for file in ("sockstat", "sockstat6")]

    def collect(self) -> list[Family]:
        """Give ``node_sockstat_*``; memory in pages and in bytes."""
        return [family for source in self._files for family in parse(source.read_or_none() or "")]


def parse(text: str) -> list[Family]:
    """Read lines of ``PROTOCOL: field 1 field 2``."""
    families = []
    for line in text.splitlines():
        protocol, *words = line.split()
        for field, value in zip(words[::2], words[1::2], strict=False):
            families += _families(protocol.rstrip(":"), field, int(value))
    return families


def _families(protocol: str, field: str, value: int) -> list[Family]:
    if protocol == "sockets":
        return [gauge("node_sockstat_sockets_used", "Number of IPv4 sockets in use.", ((), value))]
    if field not in FIELDS:
        return []
    given = [gauge(*_titles(protocol, field), ((), value))]
    return [*given, gauge(*_titles(protocol, "mem_bytes"), ((), value * PAGE))] if field == "mem" else given


@lru_cache(maxsize=1 << 8)
def _titles(protocol: str, field: str) -> tuple[str, str]:
    return f"node_sockstat_{protocol}_{field}", f"Number of {protocol} sockets in state {field}."
