"""Bytes that wait in the queues of UDP sockets, from /proc/net/udp and udp6."""

from pathlib import Path

from exporter.sources import Source
from medic.core.samples import Family, Labels, gauge, labels

QUEUES = 4
"""The column that holds ``tx_queue:rx_queue``, hexadecimal."""
VERSIONS = (("v4", "udp"), ("v6", "udp6"))
HELP = "Number of allocated memory in the kernel for UDP datagrams in bytes."


class UdpQueues:
    """Reads two files; a kernel without one of the protocols has but the other."""

    def __init__(self, proc: Path) -> None:
        """Read from under *proc*."""
        self._files = [
            (labels(queue="tx", ip=ip), labels(queue="rx", ip=ip), Source(f"{proc}/net/{file}"))
            for ip, file in VERSIONS
        ]

    def collect(self) -> list[Family]:
        """Give ``node_udp_queues``, in bytes by direction and version of the protocol."""
        rows: list[tuple[Labels, float]] = []
        for sending, receiving, source in self._files:
            text = source.read_or_none()
            if text is not None:
                sent, received = parse(text)
                rows += [(sending, sent), (receiving, received)]
        return [gauge("node_udp_queues", HELP, *rows)] if rows else []


def parse(text: str) -> tuple[int, int]:
    """Sum what waits to be sent, and what was received and waits to be read, over all sockets."""
    queues = [line.split(None, QUEUES + 1)[QUEUES].partition(":") for line in text.splitlines()[1:]]
    return sum(int(sent, 16) for sent, _, _ in queues), sum(int(received, 16) for _, _, received in queues)
