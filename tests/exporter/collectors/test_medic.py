import os
import platform
import time

import pytest

from exporter.collectors.medic import collector, describe, measure
from exporter.runner import Runner
from tests.exporter.tree import PROC, by_name, value, values
from tests.fakes import HandClock


def test_the_build_names_the_versions():
    ((pairs, one),) = values([describe("1.2.3")], "medic_build_info").items()
    assert (dict(pairs), one) == ({"version": "1.2.3", "python": platform.python_version()}, 1)


def test_the_process_is_measured_from_its_stat_line():
    families = measure((PROC / "self/stat").read_text(), "btime 1000\n")
    ticks = os.sysconf("SC_CLK_TCK")
    assert value(families, "process_cpu_seconds_total") == 300 / ticks
    assert value(families, "process_resident_memory_bytes") == 2048 * os.sysconf("SC_PAGE_SIZE")
    assert value(families, "process_virtual_memory_bytes") == 52781056
    assert value(families, "process_start_time_seconds") == 1000 + 5000 / ticks


async def test_this_process_is_told_as_it_is():
    families = (await Runner([collector("1.2.3", lambda: 7)], HandClock()).tick()).families
    assert value(families, "medic_ticks_missed_total") == 7
    assert value(families, "process_cpu_seconds_total") == pytest.approx(time.process_time(), abs=1.0)
    assert value(families, "process_open_fds") == pytest.approx(len(os.listdir("/proc/self/fd")), abs=5)  # noqa: PTH208
    assert value(families, "process_max_fds") > 0
    assert "process_start_time_seconds" in by_name(families)


async def test_it_reads_from_the_root_that_it_is_given():
    families = (await Runner([collector("1", lambda: 0, PROC)], HandClock()).tick()).families
    assert value(families, "process_virtual_memory_bytes") == 52781056
