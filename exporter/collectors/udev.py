"""What udev knows of block devices, from its database (/run/udev/data, a file a device)."""

from collections.abc import Mapping
from pathlib import Path

from exporter.files import read_or_none

PROPERTY = "E:"


class Udev:
    """Remembers what it read of each device until its file is another one."""

    def __init__(self, folder: str) -> None:
        """Read from *folder*; in a container without one, nothing is known of any device."""
        self._folder = folder
        self._known: dict[str, tuple[int, Mapping[str, str]]] = {}

    def properties(self, device: str) -> Mapping[str, str]:
        """Return what is known of *device*, which is its ``major:minor``; the same object while it is unchanged."""
        path = f"{self._folder}/b{device}"
        try:
            changed = Path(path).stat().st_mtime_ns
        except OSError:
            changed = 0
        known = self._known.get(device)
        if known is None or known[0] != changed:
            known = self._known[device] = (changed, parse(read_or_none(path) or "") if changed else {})
        return known[1]


def parse(text: str) -> dict[str, str]:
    """Read the lines ``E:NAME=value``."""
    lines = (line.removeprefix(PROPERTY) for line in text.splitlines() if line.startswith(PROPERTY))
    pairs = (line.partition("=") for line in lines)
    return {name: value for name, equals, value in pairs if equals}
