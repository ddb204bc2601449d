"""Open files of the whole host, from /proc/sys/fs/file-nr."""

from pathlib import Path

from exporter.files import read
from medic.core.samples import Family, gauge


def collect(proc: Path) -> list[Family]:
    """Give how many file descriptors are allocated, and how many can be."""
    return parse(read(f"{proc}/sys/fs/file-nr"))


def parse(text: str) -> list[Family]:
    """Read ``allocated unused maximum``."""
    allocated, _, maximum = (int(word) for word in text.split())
    return [
        gauge("node_filefd_allocated", "File descriptor statistics: allocated.", ((), allocated)),
        gauge("node_filefd_maximum", "File descriptor statistics: maximum.", ((), maximum)),
    ]
