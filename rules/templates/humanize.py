"""Numbers as people read them, in the forms of Prometheus' template functions."""

import math
from collections.abc import Sequence

from rules.templates.moments import moment, write_moment
from rules.templates.scalars import general

_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_BINARY = ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")


def humanize(value: float) -> str:
    """Write 1234567 as ``1.235M`` and 0.012 as ``12m``."""
    if value == 0 or not math.isfinite(value):
        return general(value)
    if abs(value) >= 1:
        return _scaled_down(value, 1000, _LARGE)
    return _scaled_up(value)


def humanize_1024(value: float) -> str:
    """Write 1048576 as ``1Mi``."""
    if abs(value) <= 1 or not math.isfinite(value):
        return general(value)
    return _scaled_down(value, 1024, _BINARY)


def humanize_percentage(value: float) -> str:
    """Write a ratio of 0.123 as ``12.3%``."""
    return f"{general(value * 100)}%"


def humanize_duration(value: float) -> str:
    """Write 3661 seconds as ``1h 1m 1s`` and 0.0123 as ``12.3ms``."""
    if not math.isfinite(value):
        return general(value)
    if value == 0:
        return f"{general(value)}s"
    if abs(value) < 1:
        return f"{_scaled_up(value)}s"
    return ("-" if value < 0 else "") + _clock(abs(value))


def humanize_timestamp(value: float) -> str:
    """Write seconds since the epoch as Go prints a time: ``2009-11-10 23:00:00 +0000 UTC``."""
    return write_moment(moment(value)) if math.isfinite(value) else general(value)


def _scaled_down(value: float, step: int, prefixes: Sequence[str]) -> str:
    prefix = ""
    for larger in prefixes:
        if abs(value) < step:
            break
        prefix, value = larger, value / step
    return general(value) + prefix


def _scaled_up(value: float) -> str:
    prefix = ""
    for smaller in _SMALL:
        if abs(value) >= 1:
            break
        prefix, value = smaller, value * 1000
    return general(value) + prefix


def _clock(seconds: float) -> str:
    whole = int(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days}d {hours}h {minutes}m {whole % 60}s"
    if hours:
        return f"{hours}h {minutes}m {whole % 60}s"
    return f"{minutes}m {whole % 60}s" if minutes else f"{general(seconds)}s"
