"""Which operating system this is, from os-release."""

import re
from collections.abc import Mapping
from pathlib import Path

from exporter.files import read_or_none
from medic.core.samples import Family, gauge, labels

PLACES = ("etc/os-release", "usr/lib/os-release")
FIELDS = (
    "build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant", "variant_id",
    "version", "version_codename", "version_id",
)  # fmt: skip
INFO = f"A metric with a constant '1' value labeled by {', '.join(FIELDS)}."

_VERSION = re.compile(r"\d+(\.\d+)?")


class OperatingSystem:
    """Reads the file again only when it is another one: an upgrade replaces it."""

    def __init__(self, root: Path) -> None:
        """Look under *root*."""
        self._paths = [f"{root}/{place}" for place in PLACES]
        self._read: tuple[tuple[str, int] | None, list[Family]] = None, []

    def collect(self) -> list[Family]:
        """Give ``node_os_info`` and ``node_os_version``; nothing where there is no such file."""
        found = next(filter(None, map(_changed, self._paths)), None)
        if found != self._read[0]:
            self._read = found, describe(parse(read_or_none(found[0]) or "")) if found else []
        return self._read[1]


def _changed(path: str) -> tuple[str, int] | None:
    try:
        return path, Path(path).stat().st_mtime_ns
    except OSError:
        return None


def parse(text: str) -> dict[str, str]:
    """Read lines of ``KEY=value`` or ``KEY="value"``, as os-release(5) has them; keys become lower case."""
    fields = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            fields[key.lower()] = _unquote(value.strip())
    return fields


def describe(release: Mapping[str, str]) -> list[Family]:
    """Lay out what os-release says; a version that begins with no number has no ``node_os_version``."""
    pairs = labels({field: release.get(field, "") for field in FIELDS})
    families = [gauge("node_os_info", INFO, (pairs, 1))]
    version = _VERSION.match(release.get("version_id", ""))
    if version:
        names = labels({field: release.get(field, "") for field in ("id", "id_like", "name")})
        help_ = "Metric containing the major.minor part of the OS version."
        families.append(gauge("node_os_version", help_, (names, float(version[0]))))
    return families


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return re.sub(r'\\([\\"$`])', r"\1", value)
