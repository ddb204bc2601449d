"""Where the kernel's files are."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Roots:
    """Others than the host's own in tests, and in containers, where those of the host are mounted elsewhere."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    root: Path = Path("/")
    own: Path = Path("/")
    """Where Medic finds its own /proc and /sys, which tell of the container that it is in; another only in tests."""


HOST = Roots()
