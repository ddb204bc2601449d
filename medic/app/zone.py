"""The machine's time zone, by name."""

import os
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo


def local() -> str:
    """Name the zone of this machine."""
    return find(Path("/etc"), os.environ)


def find(etc: Path, environment: Mapping[str, str]) -> str:
    """Name the zone: ``$TZ``, what ``timezone`` says, where ``localtime`` leads, in that order; else UTC."""
    names = (environment.get("TZ") or "", _first_line(etc / "timezone"), _target(etc / "localtime"))
    return next((name for text in names if is_zone(name := text.removeprefix(":"))), "UTC")


def is_zone(name: str) -> bool:
    """Tell whether the database of time zones knows *name*."""
    try:
        return bool(name) and ZoneInfo(name) is not None
    except (KeyError, ValueError, OSError):
        return False


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _target(path: Path) -> str:
    return str(path.readlink()).partition("zoneinfo/")[2] if path.is_symlink() else ""
