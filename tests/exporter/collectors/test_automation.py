import itertools
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.collectors.automation import Automation, collector, roots, runs_python
from exporter.runner import Runner
from exporter.table import Table, parse, read
from medic.core.processes import CLOCK_TICKS
from medic.core.workers import Pool, ProcessId, SlotState, Worker
from tests.exporter.tree import PROC, value
from tests.fakes import HandClock


def line(pid, parent, *, start=5000, state="S", ticks=(250, 50, 30, 20), pages=2048, name="medic", virtual=52781056):
    used = " ".join(map(str, ticks))
    return f"{pid} ({name}) {state} {parent} 1 1 0 -1 0 0 0 0 0 {used} 20 0 1 0 {start} {virtual} {pages} 1"


class Host:
    """A folder that looks like /proc, and a clock."""

    def __init__(self, folder):
        self.proc = folder
        self.seconds = 0.0
        self.adopted = set()
        self.automation = Automation(lambda: self.adopted, self.time, Table(self.time, folder), own=10)

    def time(self):
        return self.seconds

    def run(self, pid, parent, **more):
        (self.proc / str(pid)).mkdir(exist_ok=True)
        (self.proc / str(pid) / "stat").write_text(line(pid, parent, **more))

    def end(self, pid):
        (self.proc / str(pid) / "stat").unlink()

    def told(self, name, *, after=60.0):
        self.seconds += after
        return value(self.automation.collect(), name)

    def cpu(self, *, after=60.0):
        return round(self.told("medic_automation_cpu_seconds_total", after=after) * CLOCK_TICKS)


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_memory_and_processes_are_those_of_the_tree(host):
    host.run(1, 0)
    host.run(10, 1, pages=100)
    host.run(11, 10, pages=20)
    host.run(12, 11, pages=3)
    host.run(30, 1, pages=4000)
    assert host.told("medic_automation_resident_memory_bytes") == 123 * os.sysconf("SC_PAGE_SIZE")
    assert host.told("medic_automation_processes") == 3


def test_workers_that_were_adopted_belong_to_it_though_they_are_no_children(host):
    host.run(10, 1, pages=100)
    host.run(30, 1, pages=7)
    host.run(31, 30, pages=1)
    host.adopted = {(30, 5000), (77, 5000)}
    assert host.told("medic_automation_processes") == 3


def test_a_number_that_another_process_has_now_is_not_the_worker(host):
    host.run(10, 1)
    host.run(30, 1, start=9999)
    host.adopted = {(30, 5000)}
    assert host.told("medic_automation_processes") == 1


def test_cpu_counts_from_the_start_of_medic_and_of_adopted_workers_from_when_they_were_seen(host):
    host.run(10, 1, ticks=(100, 0, 0, 0))
    host.run(30, 1, ticks=(90_000, 0, 0, 0))
    host.adopted = {(30, 5000)}
    assert host.cpu() == 100
    host.run(30, 1, ticks=(90_025, 0, 0, 0))
    assert host.cpu() == 125


def test_what_a_child_used_is_still_counted_when_it_has_ended_and_only_once(host):
    host.run(10, 1, ticks=(100, 0, 0, 0))
    host.run(11, 10, ticks=(40, 10, 0, 0))
    assert host.cpu() == 150
    host.end(11)
    host.run(10, 1, ticks=(101, 0, 42, 10))
    assert host.cpu() == 153


def test_what_a_child_used_counts_once_though_it_is_a_zombie_for_long(host):
    host.run(10, 1, ticks=(100, 0, 0, 0))
    host.run(11, 10, ticks=(5000, 0, 0, 0))
    before = host.cpu()
    host.run(11, 10, ticks=(5000, 0, 0, 0), state="Z", virtual=0, pages=0)
    assert [host.cpu() for _ in range(4)] == [before] * 4
    assert host.told("medic_automation_processes") == 1
    host.end(11)
    host.run(10, 1, ticks=(100, 0, 5000, 0))
    assert host.cpu() == before


def test_a_child_that_a_sweep_misses_on_its_way_to_its_parent_is_not_counted_twice(host):
    host.run(10, 1, ticks=(100, 0, 0, 0))
    host.run(11, 10, ticks=(5000, 0, 0, 0))
    before = host.cpu()
    host.end(11)  # the parent was read before it was reaped
    assert host.cpu() == before
    host.run(10, 1, ticks=(101, 0, 5000, 0))
    assert host.cpu() == before + 1


def test_what_leaves_the_tree_for_good_holds_the_count_back_for_one_sweep_only(host):
    host.run(10, 1, ticks=(100, 0, 0, 0))
    host.run(11, 10, ticks=(5000, 0, 0, 0))
    before = host.cpu()
    host.run(11, 1, ticks=(5000, 0, 0, 0))
    assert host.cpu() == before
    assert host.cpu() == before
    host.run(10, 1, ticks=(130, 0, 0, 0))
    assert host.cpu() == before + 30


def test_nothing_can_use_more_than_all_processors_give(host):
    host.run(10, 1, ticks=(100, 0, 0, 0))
    before = host.cpu()
    host.run(10, 1, ticks=(10**9, 0, 0, 0))
    assert host.cpu(after=1.0) - before <= CLOCK_TICKS * (os.cpu_count() or 1) + 1


def test_python_is_told_by_the_program_and_else_by_the_name(tmp_path):
    def runs(pid, program, **more):
        (tmp_path / str(pid)).mkdir()
        if program:
            (tmp_path / str(pid) / "exe").symlink_to(program)
        return runs_python(parse(pid, line(pid, 1, **more).encode()), tmp_path)

    assert runs(1, "/usr/bin/python3.11", name="medic")
    assert runs(2, "/opt/env/bin/python3.13t (deleted)", name="gunicorn")
    assert runs(3, "", name="python3")
    assert runs(4, "/opt/pypy/bin/pypy3.10")
    assert not runs(5, "/usr/bin/bash", name="python3")
    assert not runs(6, "", name="pythonista")
    assert not runs(7, "", name="python3", virtual=0)


def test_the_recorded_processes_are_counted():
    families = Automation(set, lambda: 0.0, Table(lambda: 0.0, PROC), own=42).collect()
    assert value(families, "medic_automation_processes") == 1
    assert value(families, "medic_python_processes") == 0
    assert value(families, "medic_automation_cpu_seconds_total") == 304 / CLOCK_TICKS  # 4 of its zombie


def test_the_roots_are_the_processes_of_all_workers():
    since = datetime(2026, 1, 1, tzinfo=UTC)
    working = Worker("rpa", 1, SlotState.RUNNING, ProcessId("boot", 42, 5000), since)
    assert roots([Pool("rpa", 2, (working, Worker("rpa", 2, SlotState.EMPTY)))]) == {(42, 5000)}


def test_a_real_child_and_what_it_used_are_seen_while_it_lives_and_after():
    times = itertools.count(0.0, 60.0)
    automation = Automation(set, lambda: next(times), Table(lambda: next(times)))
    before = automation.collect()
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(1, flush=True)\ninput()"
    child = subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout.read(1) == b"1"
        during = automation.collect()
        assert runs_python(read(Path("/proc"), child.pid), Path("/proc"))
    finally:
        child.communicate(b"\n")
    after = automation.collect()
    alive = [value(each, "medic_automation_processes") for each in (before, during, after)]
    used = [value(each, "medic_automation_cpu_seconds_total") for each in (before, during, after)]
    assert (alive[1] - alive[0], alive[2] - alive[0]) == (1, 0)
    assert used[1] - used[0] >= 0.25
    assert used[1] <= used[2] < used[1] + 0.25


async def test_the_collector_runs_on_a_clock_of_its_own():
    clock = HandClock()
    runner = Runner([collector(tuple, clock.monotonic)], clock)
    assert not (await runner.tick()).families[0].name.startswith("medic_automation")
    await runner.refresh("automation")
    snapshot = await runner.tick()
    assert value(snapshot.families, "medic_automation_processes") >= 1
    assert snapshot.failed == frozenset()


def test_this_host_is_swept_in_a_moment():
    automation = Automation(set, lambda: 0.0, Table(lambda: 0.0))
    assert value(automation.collect(), "medic_automation_processes") >= 1
