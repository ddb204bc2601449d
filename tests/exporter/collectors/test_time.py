from datetime import UTC, datetime

from exporter.collectors.time import AGE, Time, describe, sources
from medic.core.samples import labels
from tests.exporter.tree import SYS, value, values
from tests.fakes import HandClock


def test_the_time_is_the_one_that_was_given():
    assert value(describe(datetime(2026, 1, 1, tzinfo=UTC)), "node_time_seconds") == 1767225600


def test_the_zone_is_the_hosts():
    now = datetime(2026, 7, 1, tzinfo=UTC)
    local = now.astimezone()
    ((pairs, offset),) = values(describe(now), "node_time_zone_offset_seconds").items()
    assert dict(pairs) == {"time_zone": local.tzname()}
    assert offset == local.utcoffset().total_seconds()


def test_the_clocks_sources_and_the_one_in_use_are_told():
    told = sources(SYS)
    assert {dict(pairs)["clocksource"] for pairs in values(told, "node_time_clocksource_available_info")} == {
        "tsc",
        "hpet",
        "acpi_pm",
    }
    assert list(values(told, "node_time_clocksource_current_info")) == [labels(device="0", clocksource="tsc")]


def test_a_kernel_that_tells_no_source_has_no_such_families(tmp_path):
    assert sources(tmp_path) == []


def test_another_source_is_seen_after_a_while(tmp_path):
    device = tmp_path / "devices/system/clocksource/clocksource0"
    device.mkdir(parents=True)
    used = device / "current_clocksource"
    used.write_text("tsc")
    clock = HandClock()
    time = Time(tmp_path, clock)
    assert len(time.collect()) == 3
    used.write_text("hpet")
    clock.pass_by(seconds=AGE)
    assert list(values(time.collect(), "node_time_clocksource_current_info")) == [
        labels(device="0", clocksource="hpet")
    ]
