from datetime import UTC, datetime

from exporter.collectors.time import describe
from tests.exporter.tree import value, values


def test_the_time_is_the_one_that_was_given():
    assert value(describe(datetime(2026, 1, 1, tzinfo=UTC)), "node_time_seconds") == 1767225600


def test_the_zone_is_the_hosts():
    now = datetime(2026, 7, 1, tzinfo=UTC)
    local = now.astimezone()
    ((pairs, offset),) = values(describe(now), "node_time_zone_offset_seconds").items()
    assert dict(pairs) == {"time_zone": local.tzname()}
    assert offset == local.utcoffset().total_seconds()
