"""Counters of the network's protocols, from /proc/net/netstat, snmp and snmp6."""

import re
from functools import lru_cache
from pathlib import Path

from exporter.lines import Lines
from exporter.sources import Source
from medic.core.samples import Family, Kind, Sample

FIELDS = re.compile(
    r"(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)"
    r"|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)"
    r"|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)"
    r"|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))"
)
"""Those that node_exporter 1.8 gives by default; 1.5 gives the same without TCPOFOQueue and TCPRcvQDrop."""
KNOWN = 1 << 10
"""How many lines of names are remembered."""

Title = tuple[str, str]
"""A family's name and its help."""


class Netstat:
    """Reads three files; a kernel without IPv6 has but two."""

    def __init__(self, proc: Path) -> None:
        """Read from under *proc*."""
        self._pairs = [Source(f"{proc}/net/netstat"), Source(f"{proc}/net/snmp")]
        self._snmp6 = Source(f"{proc}/net/snmp6")
        self._lines = Lines(_of_line)

    def collect(self) -> list[Family]:
        """Give the fields that node_exporter gives by default, untyped as there."""
        families = [family for source in self._pairs for family in parse(source.read())]
        return [*families, *parse_lines(self._snmp6.read_or_none() or "", self._lines)]


def parse(text: str) -> list[Family]:
    """Read pairs of lines: ``Protocol: names`` and ``Protocol: numbers``."""
    families = []
    lines = text.splitlines()
    for head, row in zip(lines[::2], lines[1::2], strict=False):
        wanted = _wanted(head)
        if wanted:
            numbers = row.split()
            families += [_family(title, numbers[column]) for column, title in wanted if column < len(numbers)]
    return families


def parse_lines(text: str, lines: Lines[Title] | None = None) -> list[Family]:
    """Read lines of ``Ip6InOctets 123``, of which *lines* may remember where they stand."""
    return [_family(title, number) for title, number in (lines or Lines(_of_line)).pick(text)]


def _family(title: Title, number: str) -> Family:
    name, help_ = title
    return Family(name, Kind.UNTYPED, help_, [Sample(name, (), int(number))])


@lru_cache(maxsize=KNOWN)
def _wanted(head: str) -> tuple[tuple[int, Title], ...]:
    """Tell which columns of a line of names are wanted."""
    protocol, *fields = head.split()
    titles = ((column, _title(protocol.rstrip(":"), field)) for column, field in enumerate(fields, start=1))
    return tuple((column, title) for column, title in titles if title is not None)


def _of_line(name: str) -> Title | None:
    """Split a name behind the 6 with which its protocol ends."""
    protocol, six, field = name.partition("6")
    return _title(protocol + six, field)


def _title(protocol: str, field: str) -> Title | None:
    key = f"{protocol}_{field}"
    return (f"node_netstat_{key}", f"Statistic {protocol}{field}.") if FIELDS.fullmatch(key) else None
