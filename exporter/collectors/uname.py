"""What the kernel says of itself."""

import os
from functools import lru_cache
from pathlib import Path

from exporter.sources import Source
from medic.core.samples import Family, gauge, labels


class Uname:
    """Asks the system call and one file: the domain's name is not in ``os.uname``."""

    def __init__(self, proc: Path) -> None:
        """Read from under *proc*."""
        self._domain = Source(f"{proc}/sys/kernel/domainname")

    def collect(self) -> list[Family]:
        """Give ``node_uname_info``."""
        return [describe(os.uname(), (self._domain.read_or_none() or "").strip())]


@lru_cache(maxsize=4)
def describe(uname: os.uname_result, domain: str) -> Family:
    """Lay out what ``uname`` returned as labels."""
    pairs = labels(
        sysname=uname.sysname,
        release=uname.release,
        version=uname.version,
        machine=uname.machine,
        nodename=uname.nodename,
        domainname=domain,
    )
    return gauge("node_uname_info", "Labeled system information as provided by the uname system call.", (pairs, 1))
