"""Neighbours by interface, from /proc/net/arp."""

from collections import Counter
from functools import lru_cache

from medic.core.samples import Family, Labels, gauge, labels


def parse(text: str) -> list[Family]:
    """Count the entries of each interface, which is the last column."""
    counts = Counter(line.rsplit(None, 1)[-1] for line in text.splitlines()[1:])
    rows = ((_labels(device), count) for device, count in counts.items())
    return [gauge("node_arp_entries", "ARP entries by device", *rows)] if counts else []


@lru_cache(maxsize=1 << 12)
def _labels(device: str) -> Labels:
    return labels(device=device)
