"""What the kernel says of itself."""

import os
from pathlib import Path

from exporter.files import read_or_none
from medic.core.samples import Family, gauge, labels


def collect(proc: Path) -> list[Family]:
    """Give ``node_uname_info``; the domain's name is not in ``os.uname`` and is read from under *proc*."""
    return [describe(os.uname(), read_or_none(f"{proc}/sys/kernel/domainname") or "")]


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
