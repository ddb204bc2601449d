"""Paging, faults and kills for lack of memory, from /proc/vmstat."""

import re
from pathlib import Path

from exporter.lines import Lines
from exporter.sources import Source
from medic.core.samples import Family, Kind, Sample

FIELDS = re.compile(r"(oom_kill|pgpg|pswp|pg.*fault).*")
"""Those that node_exporter gives by default."""

Title = tuple[str, str]
"""A family's name and its help."""


class Vmstat:
    """Remembers where in the file the fields stand."""

    def __init__(self, proc: Path) -> None:
        """Read from under *proc*."""
        self._file = Source(f"{proc}/vmstat")
        self._lines = Lines(_title)

    def collect(self) -> list[Family]:
        """Give the fields, untyped as in node_exporter: not all of the kernel's only rise."""
        return parse(self._file.read(), self._lines)


def parse(text: str, lines: Lines[Title] | None = None) -> list[Family]:
    """Read lines of ``field 123``, of which *lines* may remember where they stand."""
    return [
        Family(name, Kind.UNTYPED, help_, [Sample(name, (), int(number))])
        for (name, help_), number in (lines or Lines(_title)).pick(text)
    ]


def _title(field: str) -> Title | None:
    if not FIELDS.fullmatch(field):
        return None
    return f"node_vmstat_{field}", f"/proc/vmstat information field {field}."
