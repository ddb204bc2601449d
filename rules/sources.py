"""Reading a rule file whole, whatever its path turns out to be."""

import errno
import os
import stat
from pathlib import Path

LARGEST = 16 << 20
"""Bytes of a rule file; 50,000 rules have fewer."""


def read_source(path: Path) -> str:
    """Return the text of a file; raises OSError whose ``strerror`` says why not, and UnicodeDecodeError.

    A pipe would hold up whoever reads it for ever, and some devices never end: both are refused.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device, and no file")
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError(errno.EFBIG, f"it is larger than {LARGEST >> 20} MiB")
    return content.decode()


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting until somebody opens the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
