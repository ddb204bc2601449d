"""Memory and swap, from /proc/meminfo."""

from functools import lru_cache

from medic.core.samples import Family, Kind, Sample

KIB = 1024
KNOWN = 512
"""How many names are remembered; a kernel has some sixty."""


def parse(text: str) -> list[Family]:
    """Read lines of ``Key: 123 kB``, given in bytes, or ``Key: 123``; ``Active(anon)`` becomes ``Active_anon``."""
    families = []
    for line in text.splitlines():
        key, _, rest = line.partition(":")
        number, in_bytes = rest.removesuffix(" kB"), rest.endswith(" kB")
        if number:
            name, help_ = _titles(key, in_bytes)
            value = int(number) * (KIB if in_bytes else 1)
            families.append(Family(name, Kind.GAUGE, help_, [Sample(name, (), value)]))
    return families


@lru_cache(maxsize=KNOWN)
def _titles(key: str, in_bytes: bool) -> tuple[str, str]:
    field = key.strip().replace("(", "_").replace(")", "") + ("_bytes" if in_bytes else "")
    return f"node_memory_{field}", f"Memory information field {field}."
