"""Open files of the whole host, from /proc/sys/fs/file-nr."""

from medic.core.samples import Family, gauge


def parse(text: str) -> list[Family]:
    """Read ``allocated unused maximum``."""
    allocated, _, maximum = (int(word) for word in text.split())
    return [
        gauge("node_filefd_allocated", "File descriptor statistics: allocated.", ((), allocated)),
        gauge("node_filefd_maximum", "File descriptor statistics: maximum.", ((), maximum)),
    ]
