import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.collectors.workers import Usage, collector, families, usage_of, usages
from exporter.runner import Runner
from medic.core.processes import boot_id, identify
from medic.core.samples import labels
from medic.core.workers import ExitReason, Pool, ProcessId, SlotState, Worker
from tests.exporter.tree import by_name, values
from tests.fakes import HandClock

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ONE = ProcessId("boot", 42, 5000)
STAT = "42 (we (1) S x) R 1 42 42 0 -1 0 0 0 0 0 250 50 0 0 20 0 13 0 5000 52781056 2048 1"


def pool(*workers, expected=2, restarts=()):
    return Pool("rpa", expected, workers, restarts)


def running(slot, process=ONE):
    return Worker("rpa", slot, SlotState.RUNNING, process, SINCE)


EMPTY = Worker("rpa", 2, SlotState.EMPTY)


def test_up_is_whether_the_slots_worker_runs():
    told = families([pool(running(1), EMPTY, Worker("rpa", 3, SlotState.STOPPING, ONE, SINCE))], {})
    assert values(told, "medic_worker_up") == {
        labels(pool="rpa", worker="rpa/1"): 1,
        labels(pool="rpa", worker="rpa/2"): 0,
        labels(pool="rpa", worker="rpa/3"): 0,
    }


def test_processes_are_those_that_hold_slots_even_while_they_are_stopped():
    told = families([pool(running(1), EMPTY, Worker("rpa", 3, SlotState.STOPPING, ONE, SINCE), expected=5)], {})
    assert values(told, "medic_worker_processes") == {labels(pool="rpa"): 2}
    assert values(told, "medic_worker_processes_expected") == {labels(pool="rpa"): 5}


def test_restarts_are_zero_for_every_reason_from_the_start():
    restarts = values(families([pool(restarts=((ExitReason.OOM, 3),))], {}), "medic_worker_restarts_total")
    assert {dict(each)["reason"]: count for each, count in restarts.items()} == {
        "crash": 0,
        "oom": 3,
        "hung": 0,
        "operator": 0,
        "healer": 0,
        "deploy": 0,
    }


def test_an_empty_slot_has_no_start_and_no_usage():
    told = families([pool(running(1), EMPTY)], {ONE: Usage(1.5, 4096)})
    first = labels(pool="rpa", worker="rpa/1")
    assert values(told, "medic_worker_start_time_seconds") == {first: SINCE.timestamp()}
    assert values(told, "medic_worker_cpu_seconds_total") == {first: 1.5}
    assert values(told, "medic_worker_resident_memory_bytes") == {first: 4096}


def test_no_pools_have_families_without_samples():
    assert not any(family.samples for family in families([], {}))


def test_usage_is_read_from_the_stat_line():
    usage = usage_of(ONE, STAT)
    assert usage.cpu_seconds == pytest.approx(300 / os.sysconf("SC_CLK_TCK"))
    assert usage.resident_bytes == 2048 * os.sysconf("SC_PAGE_SIZE")


def test_another_process_with_the_same_number_and_a_zombie_have_no_usage():
    assert usage_of(ONE._replace(start=4999), STAT) is None
    assert usage_of(ONE, STAT.replace(") R ", ") Z ")) is None


def test_a_real_process_is_measured_and_one_of_another_boot_is_not():
    child = subprocess.Popen([sys.executable, "-c", "input(1)"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout.read(1) == b"1"  # before it runs, a process has no memory of its own
        process = identify(child.pid)
        foreign = process._replace(boot="another")
        found = usages([pool(running(1, process), running(2, foreign), EMPTY)], Path("/proc"))
        assert set(found) == {process}
        assert found[process].resident_bytes > 0
    finally:
        child.communicate(b"\n")
    assert usages([pool(running(1, process))], Path("/proc")) == {}


async def test_the_collector_tells_of_the_pools_as_they_are_at_each_tick():
    pools = [pool(running(1, ProcessId(boot_id(), os.getpid(), identify(os.getpid()).start)))]
    runner = Runner([collector(lambda: pools)], HandClock())
    snapshot = await runner.tick()
    assert values(snapshot.families, "medic_worker_processes") == {labels(pool="rpa"): 1}
    assert by_name(snapshot.families)["medic_worker_resident_memory_bytes"].samples[0].value > 1 << 20
    pools.clear()
    assert not values((await runner.tick()).families, "medic_worker_processes")
    assert snapshot.failed == frozenset()
