"""What the machine says of itself, from /sys/class/dmi/id."""

from pathlib import Path

from exporter.sources import attribute
from medic.core.samples import Family, gauge, labels

FILES = (
    *(f"bios_{field}" for field in ("date", "release", "vendor", "version")),
    *(f"board_{field}" for field in ("asset_tag", "name", "serial", "vendor", "version")),
    *(f"chassis_{field}" for field in ("asset_tag", "serial", "vendor", "version")),
    *(f"product_{field}" for field in ("family", "name", "serial", "sku", "uuid", "version")),
)
HELP = (
    "A metric with a constant '1' value labeled by bios_date, bios_release, bios_vendor, bios_version, "
    "board_asset_tag, board_name, board_serial, board_vendor, board_version, chassis_asset_tag, chassis_serial, "
    "chassis_vendor, chassis_version, product_family, product_name, product_serial, product_sku, product_uuid, "
    "product_version, system_vendor if provided by DMI."
)


class Dmi:
    """Reads once: a machine does not change while it runs."""

    def __init__(self, sys: Path) -> None:
        """Read from under *sys*."""
        self._folder = f"{sys}/class/dmi/id"
        self._families: list[Family] | None = None

    def collect(self) -> list[Family]:
        """Give ``node_dmi_info``; serial numbers only to root, and nothing where there is no such firmware."""
        if self._families is None:
            found = {file: attribute(f"{self._folder}/{file}") or "" for file in FILES}
            pairs = labels(found, system_vendor=attribute(f"{self._folder}/sys_vendor") or "")
            self._families = [gauge("node_dmi_info", HELP, (pairs, 1))] if pairs else []
        return self._families
