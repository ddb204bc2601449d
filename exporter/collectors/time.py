"""The host's clock and time zone."""

from datetime import datetime, timedelta

from medic.core.samples import Family, gauge, labels


def describe(now: datetime) -> list[Family]:
    """Give ``node_time_seconds`` and the offset of the host's time zone at *now*, an aware datetime."""
    local = now.astimezone()
    offset = local.utcoffset() or timedelta()
    zone = labels(time_zone=local.tzname() or "")
    return [
        gauge("node_time_seconds", "System time in seconds since epoch (1970).", ((), now.timestamp())),
        gauge("node_time_zone_offset_seconds", "System time zone offset in seconds.", (zone, offset.total_seconds())),
    ]
