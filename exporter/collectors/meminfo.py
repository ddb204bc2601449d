"""Memory and swap, from /proc/meminfo."""

from functools import lru_cache
from pathlib import Path

from exporter.files import read
from medic.core.samples import Family, gauge

KIB = 1024
KNOWN = 512
"""How many names are remembered; a kernel has some sixty."""


def collect(proc: Path) -> list[Family]:
    """Give every key of the file as ``node_memory_*``, in bytes where the kernel gives kB."""
    return parse(read(f"{proc}/meminfo"))


def parse(text: str) -> list[Family]:
    """Read lines of ``Key: 123 kB`` or ``Key: 123``; ``Active(anon)`` becomes ``Active_anon``."""
    families = []
    for line in text.splitlines():
        key, _, rest = line.partition(":")
        words = rest.split()
        if words:
            value = int(words[0]) * (KIB if len(words) > 1 else 1)
            families.append(gauge(*_titles(key, len(words) > 1), ((), value)))
    return families


@lru_cache(maxsize=KNOWN)
def _titles(key: str, in_bytes: bool) -> tuple[str, str]:
    field = key.strip().replace("(", "_").replace(")", "") + ("_bytes" if in_bytes else "")
    return f"node_memory_{field}", f"Memory information field {field}."
