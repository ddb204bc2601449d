import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from exporter.collectors.worker_usage import Usages, collector, families
from exporter.runner import Runner
from exporter.table import Table
from medic.core.processes import CLOCK_TICKS, boot_id, identify
from medic.core.workers import Pool, ProcessId, SlotState, Worker
from tests.exporter.stats import Host
from tests.exporter.tree import values
from tests.fakes import HandClock

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = os.sysconf("SC_PAGE_SIZE")


def worker(slot, pid, *, start=5000, boot=""):
    return Worker("rpa", slot, SlotState.RUNNING, ProcessId(boot, pid, start), SINCE)


def pool(*workers):
    return Pool("rpa", len(workers), workers)


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def look(host, usages, *workers):
    host.seconds += 15
    return {each.worker.slot: each for each in usages.look([pool(*workers)])}


def test_a_worker_has_what_its_children_have_and_nobody_elses(host):
    host.run(10, pages=100)
    host.run(11, 10, pages=20)
    host.run(12, 11, pages=3)
    host.run(30, 1, pages=4000)
    usage = look(host, Usages(host.table), worker(1, 10))[1]
    assert (usage.resident_bytes, usage.processes) == (123 * PAGE, 3)


def test_what_a_child_used_stays_with_its_worker_when_it_has_ended(host):
    usages = Usages(host.table)
    host.run(10, used=(100, 0, 0, 0))
    host.run(11, 10, used=(50, 0, 0, 0))
    assert look(host, usages, worker(1, 10))[1].cpu_seconds == 150 / CLOCK_TICKS
    host.end(11)  # reaped by somebody else: what it used is nowhere
    assert look(host, usages, worker(1, 10))[1].cpu_seconds == 150 / CLOCK_TICKS
    host.run(10, used=(101, 0, 50, 0))
    assert look(host, usages, worker(1, 10))[1].cpu_seconds == 151 / CLOCK_TICKS


def test_what_a_child_used_counts_once_though_it_is_a_zombie_for_long(host):
    usages = Usages(host.table)
    host.run(10, used=(100, 0, 0, 0))
    host.run(11, 10, used=(50, 0, 0, 0))
    look(host, usages, worker(1, 10))
    host.run(11, 10, used=(50, 0, 0, 0), state="Z", pages=0)
    for _ in range(4):
        usage = look(host, usages, worker(1, 10))[1]
        assert (usage.cpu_seconds, usage.processes) == (150 / CLOCK_TICKS, 1)
    host.end(11)
    host.run(10, used=(100, 0, 50, 0))
    assert look(host, usages, worker(1, 10))[1].cpu_seconds == 150 / CLOCK_TICKS


def test_a_worker_below_another_one_counts_for_itself_alone(host):
    host.run(10, pages=1)
    host.run(11, 10, pages=2)
    found = look(host, Usages(host.table), worker(1, 10), worker(2, 11))
    assert (found[1].resident_bytes, found[2].resident_bytes) == (PAGE, 2 * PAGE)


def test_a_worker_of_another_boot_a_number_of_another_process_and_a_zombie_have_no_usage(host):
    host.run(10)
    host.run(11)
    host.run(12, state="Z")
    assert look(host, Usages(host.table), worker(1, 10, boot="x"), worker(2, 11, start=1), worker(3, 12)) == {}


def test_a_new_worker_in_a_slot_begins_anew(host):
    usages = Usages(host.table)
    host.run(10, used=(900, 0, 0, 0))
    look(host, usages, worker(1, 10))
    host.end(10)
    host.run(10, start=7000, used=(4, 0, 0, 0))
    assert look(host, usages, worker(1, 10, start=7000))[1].cpu_seconds == 4 / CLOCK_TICKS


def test_without_workers_nobody_sweeps(tmp_path):
    assert Usages(Table(lambda: 0.0, tmp_path / "nowhere")).look([pool()]) == []


def test_families_are_there_without_workers():
    assert [family.samples for family in families([])] == [[], [], []]


@pytest.fixture
def real():
    """A process with a child, as a worker."""
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout.read(1) == b"1"
        yield Worker("rpa", 1, SlotState.RUNNING, identify(child.pid), SINCE)
    finally:
        child.communicate(b"\n")


async def test_a_real_worker_with_a_child_is_measured(real):
    assert real.process.boot == boot_id()
    clock = HandClock()
    runner = Runner([collector(lambda: [pool(real)], Table(clock.monotonic))], clock)
    await runner.refresh("worker_usage")
    told = (await runner.tick()).families
    (resident,) = values(told, "medic_worker_resident_memory_bytes").values()
    assert list(values(told, "medic_worker_tree_processes").values()) == [2]
    assert resident > 2 << 20
