"""Prometheus' durations (``1h30m``), as whole milliseconds."""

import re

from medic.core.errors import MedicError

_UNITS = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_SHAPE = re.compile("".join(rf"(?:(\d+){unit})?" for unit in _UNITS), re.ASCII)
LONGEST = 2**63 // 1_000_000
"""Milliseconds, some 292 years: Prometheus keeps durations as 64-bit nanoseconds."""


class DurationError(MedicError):
    """A text is not a duration as Prometheus writes them."""


def parse_duration(text: str) -> int:
    """Read a duration such as ``90s`` or ``1h30m`` as milliseconds; units go from large to small, each at most once.

    ``0`` needs no unit; any other bare number, a fraction, and blanks are refused, as in Prometheus.
    """
    if text == "0":
        return 0
    total = read_units(text)
    if total is None:
        raise DurationError(f"{text!r} is not a duration: write a number with y, w, d, h, m, s or ms (30s, 1h30m)")
    if total > LONGEST:
        raise DurationError(f"{text!r} is longer than 292 years: write a shorter duration")
    return total


def read_units(text: str) -> int | None:
    """Read numbers with their units as milliseconds, however long; None for what is none of that."""
    found = _SHAPE.fullmatch(text)
    if not text or found is None:
        return None
    parts = zip(found.groups(), _UNITS.values(), strict=True)
    return sum(int(count) * unit for count, unit in parts if count)


def format_duration(milliseconds: int) -> str:
    """Write milliseconds as Prometheus writes durations: ``1h30m``, and ``0s`` for nothing."""
    text = ""
    rest = milliseconds
    for unit, size in _UNITS.items():
        count, left = divmod(rest, size)
        if count and (unit not in {"y", "w"} or left == 0):  # 8d, not 1w1d
            text, rest = f"{text}{count}{unit}", left
    return text or "0s"
