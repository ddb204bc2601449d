"""Connections that the firewall follows, from /proc/sys/net/netfilter and /proc/net/stat/nf_conntrack."""

from pathlib import Path

from exporter.sources import Source
from medic.core.samples import Family, gauge

COLUMNS = {
    "found": "Number of searched entries which were successful.",
    "invalid": "Number of packets seen which can not be tracked.",
    "ignore": "Number of packets seen which are already connected to a conntrack entry.",
    "insert": "Number of entries inserted into the list.",
    "insert_failed": "Number of entries for which list insertion was attempted but failed.",
    "drop": "Number of packets dropped due to conntrack failure.",
    "early_drop": "Number of dropped conntrack entries to make room for new ones, if maximum table size was reached.",
    "search_restart": "Number of conntrack table lookups which had to be restarted due to hashtable resizes.",
}
"""Those that there are in every kernel; they only rise, but node_exporter calls them gauges."""


class Conntrack:
    """Reads three files; a kernel without the module has none of them."""

    def __init__(self, proc: Path) -> None:
        """Read from under *proc*."""
        self._entries = Source(f"{proc}/sys/net/netfilter/nf_conntrack_count")
        self._limit = Source(f"{proc}/sys/net/netfilter/nf_conntrack_max")
        self._table = Source(f"{proc}/net/stat/nf_conntrack")

    def collect(self) -> list[Family]:
        """Give ``node_nf_conntrack_*``; nothing where no connections are followed."""
        entries, limit, table = (each.read_or_none() for each in (self._entries, self._limit, self._table))
        if entries is None or limit is None:
            return []
        return [
            gauge(
                "node_nf_conntrack_entries",
                "Number of currently allocated flow entries for connection tracking.",
                ((), int(entries)),
            ),
            gauge("node_nf_conntrack_entries_limit", "Maximum size of connection tracking table.", ((), int(limit))),
            *parse(table or ""),
        ]


def parse(text: str) -> list[Family]:
    """Sum the hexadecimal columns over the lines, one for each CPU; the first line names them."""
    head, *rows = [line.split() for line in text.splitlines()] or [[]]
    columns = {name: head.index(name) for name in COLUMNS if name in head}
    return [
        gauge(f"node_nf_conntrack_stat_{name}", COLUMNS[name], ((), sum(int(row[column], 16) for row in rows)))
        for name, column in columns.items()
    ]
