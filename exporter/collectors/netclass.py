"""What the kernel says of each network interface, from /sys/class/net (kernel documentation: ABI sysfs-class-net)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exporter.sources import Remembered, Source, attribute, names, number
from medic.core.samples import Family, Labels, counter, gauge, labels

AGE = 60.0
"""Seconds after which all is read again, also when no link changed: addresses, aliases, queues, duplex."""
WATCHED = ("operstate", "carrier_changes")
"""What tells that a link changed; the rest is read again only then."""
MOST_OPEN = 64
"""Interfaces whose watched files stay open; a host of more containers shall not run out of descriptors."""
MEGABIT = 1_000_000 // 8
"""In bytes."""
FILES = {
    "address_assign_type": "addr_assign_type",
    "carrier": "carrier",
    "carrier_changes_total": "carrier_changes",
    "carrier_up_changes_total": "carrier_up_count",
    "carrier_down_changes_total": "carrier_down_count",
    "device_id": "dev_id",
    "dormant": "dormant",
    "flags": "flags",
    "iface_id": "ifindex",
    "iface_link": "iflink",
    "iface_link_mode": "link_mode",
    "mtu_bytes": "mtu",
    "name_assign_type": "name_assign_type",
    "net_dev_group": "netdev_group",
    "transmit_queue_length": "tx_queue_len",
    "protocol_type": "type",
}
"""Fields by node_exporter's names of them, and their files."""
TEXTS = ("address", "broadcast", "duplex", "operstate", "ifalias")


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface as it was read."""

    name: str
    texts: dict[str, str]
    numbers: dict[str, int]
    """By field; what its driver does not tell is not there."""


class Netclass:
    """Looks at two files of each interface at each collection, and at all of them when one of those changed."""

    def __init__(self, sys: Path, *, time: Callable[[], float]) -> None:
        """Read from under *sys*; *time* is a monotonic clock."""
        self._folder = f"{sys}/class/net"
        self._facts = Remembered(self._look, time=time, age=AGE)
        self._watched: tuple[tuple[str, ...], list[Source]] = (), []

    def collect(self) -> list[Family]:
        """Give ``node_network_*`` of every interface but those of netdev."""
        found = names(self._folder)
        if found != self._watched[0]:
            self._watched = found, [Source(f"{self._folder}/{name}/{file}") for name in found for file in WATCHED]
        keep = len(found) <= MOST_OPEN
        states = (each.read_or_none() if keep else attribute(each.path) for each in self._watched[1])
        return self._facts.get((found, *states))

    def _look(self) -> list[Family]:
        read = (_read(f"{self._folder}/{name}", name) for name in names(self._folder))
        return families([each for each in read if each is not None])


def _read(folder: str, name: str) -> Interface | None:
    """Read one interface; None of what is none, such as the file ``bonding_masters``."""
    texts = {field: attribute(f"{folder}/{field}") or "" for field in TEXTS}
    if not any(texts.values()):
        return None
    numbers = {field: number(f"{folder}/{file}") for field, file in FILES.items()}
    speed = number(f"{folder}/speed")
    # A driver that does not know its speed says -1.
    numbers["speed_bytes"] = None if speed is None or speed < 0 else speed * MEGABIT
    return Interface(name, texts, {field: value for field, value in numbers.items() if value is not None})


def families(interfaces: list[Interface]) -> list[Family]:
    """Lay out the interfaces as node_exporter does."""
    if not interfaces:
        return []
    named = [(labels(device=each.name), each) for each in interfaces]
    fields = [_family(field, named) for field in (*FILES, "speed_bytes")]
    return [
        gauge(
            "node_network_up",
            "Value is 1 if operstate is 'up', 0 otherwise.",
            *((device, int(each.texts["operstate"] == "up")) for device, each in named),
        ),
        gauge(
            "node_network_info",
            "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
            *((labels(each.texts, device=each.name), 1) for each in interfaces),
        ),
        *(family for family in fields if family.samples),
    ]


def _family(field: str, named: list[tuple[Labels, Interface]]) -> Family:
    build = counter if field.endswith("_total") else gauge
    rows = ((device, each.numbers[field]) for device, each in named if field in each.numbers)
    return build(f"node_network_{field}", f"Network device property: {field}", *rows)
