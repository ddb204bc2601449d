"""Paging, faults and kills for lack of memory, from /proc/vmstat."""

import re
from pathlib import Path

from exporter.files import read
from medic.core.samples import Family, Kind, Sample

_FIELDS = re.compile(r"^((?:oom_kill|pgpg|pswp|pg.*fault)\S*) (\d+)$", re.MULTILINE)


def collect(proc: Path) -> list[Family]:
    """Give the fields that node_exporter gives by default, untyped as there."""
    return parse(read(f"{proc}/vmstat"))


def parse(text: str) -> list[Family]:
    """Read lines of ``field 123``."""
    return [
        Family(
            f"node_vmstat_{field}",
            Kind.UNTYPED,
            f"/proc/vmstat information field {field}.",
            [Sample(f"node_vmstat_{field}", (), int(value))],
        )
        for field, value in _FIELDS.findall(text)
    ]
