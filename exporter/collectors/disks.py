"""What disks are: their models and serial numbers, filesystems and caches, from udev's properties of them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from medic.core.samples import Family, Labels, gauge, labels

INFO = ("node_disk_info", "Info of /sys/block/<block_device>.")
FILESYSTEM = ("node_disk_filesystem_info", "Info about disk filesystem.")
MAPPER = ("node_disk_device_mapper_info", "Info about disk device mapper.")
ATA = {
    "ID_ATA_WRITE_CACHE": ("node_disk_ata_write_cache", "ATA disk has a write cache."),
    "ID_ATA_WRITE_CACHE_ENABLED": ("node_disk_ata_write_cache_enabled", "ATA disk has its write cache enabled."),
    "ID_ATA_ROTATION_RATE_RPM": ("node_disk_ata_rotation_rate_rpm", "ATA disk rotation rate in RPMs (0 for SSDs)."),
}
SERIAL = ("SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL")
"""Where a serial number may stand, the one that is printed on the disk first."""

Title = tuple[str, str]
"""A family's name and its help."""
Row = tuple[Title, Labels, float]
Properties = Mapping[str, str]


def describe(disks: Iterable[tuple[str, str, Properties]]) -> list[Family]:
    """Lay out disks, each by name, ``major:minor`` and properties, as node_exporter does."""
    grouped: dict[Title, list[tuple[Labels, float]]] = {}
    for name, number, properties in disks:
        for title, pairs, value in _described(name, number, tuple(properties.items())):
            grouped.setdefault(title, []).append((pairs, value))
    return [gauge(*title, *rows) for title, rows in grouped.items()]


@lru_cache(maxsize=1 << 10)
def _described(name: str, number: str, properties: tuple[tuple[str, str], ...]) -> tuple[Row, ...]:
    return tuple(_rows(name, number, dict(properties)))


def _rows(name: str, number: str, known: Properties) -> Iterator[Row]:
    major, _, minor = number.partition(":")
    yield INFO, labels(device=name, major=major, minor=minor, **_identity(known)), 1
    if known.get("ID_FS_TYPE"):
        parts = {field: known.get(f"ID_FS_{field.upper()}", "") for field in ("type", "usage", "uuid", "version")}
        yield FILESYSTEM, labels(parts, device=name), 1
    if known.get("DM_NAME"):
        fields = ("name", "uuid", "vg_name", "lv_name", "lv_layer")
        yield MAPPER, labels({field: known.get(f"DM_{field.upper()}", "") for field in fields}, device=name), 1
    if known.get("ID_ATA"):
        for key, title in ATA.items():
            if known.get(key, "").isdecimal():
                yield title, labels(device=name), int(known[key])


def _identity(known: Properties) -> dict[str, str]:
    serial = next((known[key] for key in SERIAL if known.get(key)), "")
    parts = {field: known.get(f"ID_{field.upper()}", "") for field in ("path", "wwn", "model", "revision")}
    return {**parts, "serial": serial}
