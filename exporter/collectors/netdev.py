"""Network interfaces, from /proc/net/dev."""

from functools import lru_cache

from medic.core.samples import Family, Labels, counter, labels

COLUMNS = (
    *(f"receive_{each}" for each in ("bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast")),
    *(f"transmit_{each}" for each in ("bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed")),
)
HEADER = 2
"""Lines before the first interface."""


def parse(text: str) -> list[Family]:
    """Read lines of ``interface: sixteen numbers``, the loopback's included."""
    devices: list[Labels] = []
    rows: list[list[int]] = []
    for line in text.splitlines()[HEADER:]:
        # A name may hold a colon (an alias such as eth0:1), the numbers cannot.
        device, _, numbers = line.rpartition(":")
        devices.append(_labels(device.strip()))
        rows.append([int(number) for number in numbers.split()])
    return [
        counter(
            f"node_network_{column}_total",
            f"Network device statistic {column}.",
            *zip(devices, values, strict=True),
        )
        for column, values in zip(COLUMNS, zip(*rows, strict=True), strict=False)
    ]


@lru_cache(maxsize=1 << 12)
def _labels(device: str) -> Labels:
    return labels(device=device)
