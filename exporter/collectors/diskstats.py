"""Disks, from /proc/diskstats (kernel documentation: admin-guide/iostats), and what udev knows of them."""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from exporter.collectors.disks import describe
from exporter.collectors.udev import Udev
from exporter.sources import Source
from medic.core.samples import Family, Kind, Labels, Sample, labels

IGNORED = re.compile(r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$")
"""Partitions and disks of memory, which node_exporter leaves out by default too."""
SECTOR = 512


class Field(NamedTuple):
    """One column of the file."""

    name: str
    help: str
    times: int = 1
    """The file's unit in ours: a sector in bytes."""
    per: int = 1
    """How many of the file's unit make one of ours: a thousand milliseconds."""
    kind: Kind = Kind.COUNTER


FIELDS = (
    Field("reads_completed_total", "The total number of reads completed successfully."),
    Field("reads_merged_total", "The total number of reads merged."),
    Field("read_bytes_total", "The total number of bytes read successfully.", times=SECTOR),
    Field("read_time_seconds_total", "The total number of seconds spent by all reads.", per=1000),
    Field("writes_completed_total", "The total number of writes completed successfully."),
    Field("writes_merged_total", "The number of writes merged."),
    Field("written_bytes_total", "The total number of bytes written successfully.", times=SECTOR),
    Field("write_time_seconds_total", "This is the total number of seconds spent by all writes.", per=1000),
    Field("io_now", "The number of I/Os currently in progress.", kind=Kind.GAUGE),
    Field("io_time_seconds_total", "Total seconds spent doing I/Os.", per=1000),
    Field("io_time_weighted_seconds_total", "The weighted # of seconds spent doing I/Os.", per=1000),
    Field("discards_completed_total", "The total number of discards completed successfully."),
    Field("discards_merged_total", "The total number of discards merged."),
    Field("discarded_sectors_total", "The total number of sectors discarded successfully."),
    Field("discard_time_seconds_total", "This is the total number of seconds spent by all discards.", per=1000),
    Field("flush_requests_total", "The total number of flush requests completed successfully"),
    Field("flush_requests_time_seconds_total", "This is the total number of seconds spent by all flush requests.",
          per=1000),
)  # fmt: skip


class Disk(NamedTuple):
    """One line of the file."""

    number: str
    """``major:minor``."""
    name: str
    labels: Labels
    values: list[str]


class Diskstats:
    """Reads the figures at each collection, and what udev knows of a disk when that changed."""

    def __init__(self, proc: Path, root: Path) -> None:
        """Read from under *proc*, and udev's database from under *root*."""
        self._file = Source(f"{proc}/diskstats")
        self._udev = Udev(f"{root}/run/udev/data")

    def collect(self) -> list[Family]:
        """Give ``node_disk_*`` of whole disks; an older kernel has fewer columns, and so fewer families."""
        disks = parse(self._file.read())
        known = [(disk.name, disk.number, self._udev.properties(disk.number)) for disk in disks]
        return [*families(disks), *describe(known)]


def parse(text: str) -> list[Disk]:
    """Read lines of ``major minor device`` and up to seventeen numbers."""
    rows = [line.split() for line in text.splitlines()]
    return [
        Disk(f"{row[0]}:{row[1]}", row[2], _labels(row[2]), row[3:])
        for row in rows
        if len(row) > 3 and not _is_ignored(row[2])  # noqa: PLR2004
    ]


def families(disks: list[Disk]) -> list[Family]:
    """Lay out the figures as node_exporter does."""
    given = [_family(field, column, disks) for column, field in enumerate(FIELDS)]
    return [family for family in given if family.samples]


def _family(field: Field, column: int, disks: list[Disk]) -> Family:
    name = f"node_disk_{field.name}"
    samples = [
        Sample(name, device, _scaled(int(values[column]), field))
        for _, _, device, values in disks
        if column < len(values)
    ]
    return Family(name, field.kind, field.help, samples)


def _scaled(value: int, field: Field) -> float:
    return value * field.times if field.per == 1 else value / field.per


@lru_cache(maxsize=1 << 12)
def _labels(device: str) -> Labels:
    return labels(device=device)


@lru_cache(maxsize=1 << 12)
def _is_ignored(device: str) -> bool:
    return IGNORED.match(device) is not None
