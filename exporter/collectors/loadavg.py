"""Load averages, from /proc/loadavg."""

from medic.core.samples import Family, gauge

MINUTES = (1, 5, 15)


def parse(text: str) -> list[Family]:
    """Read the three averages that the file begins with."""
    loads = [float(word) for word in text.split()[:3]]
    return [
        gauge(f"node_load{minutes}", f"{minutes}m load average.", ((), load))
        for minutes, load in zip(MINUTES, loads, strict=True)
    ]
