import os
import subprocess
import sys
from pathlib import Path

import pytest

from exporter.collectors.gpu.owners import look_at, owner_of, people_of, sees_host, workers_of
from exporter.collectors.gpu.usage import Owner
from medic.core.processes import identify
from medic.core.workers import Pool, SlotState, Worker
from tests.exporter.collectors.gpu.child import pool
from tests.exporter.collectors.gpu.host import EVERYONE, FIRST, Host

PROC = Path("/proc")
RPA = Owner("rpa", "rpa/1")


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path, library=False)


def test_a_worker_its_child_and_its_grandchild_are_the_workers(host):
    host.runs(10, start=7)
    host.runs(11, parent=10)
    host.runs(12, parent=11)
    workers = workers_of([pool("rpa", (10, 7))])
    assert [owner_of(pid, workers, host.proc) for pid in (10, 11, 12)] == [RPA] * 3


def test_another_process_with_the_number_of_a_worker_that_ended_is_nobodys(host):
    host.runs(10, start=8)
    assert owner_of(10, workers_of([pool("rpa", (10, 7))]), host.proc) is None


def test_a_circle_of_parents_ends(host):
    host.runs(10, parent=11)
    host.runs(11, parent=10)
    assert owner_of(10, workers_of([pool("rpa", (12, 7))]), host.proc) is None


@pytest.mark.parametrize("state", ["Z", "X"])
def test_a_zombie_does_not_live(host, state):
    host.runs(10, state=state)
    assert look_at(10, host.proc) is None
    assert people_of([10, 11], [], host.proc).living == set()


def test_in_a_container_the_hosts_other_processes_are_not_to_be_seen(host):
    assert sees_host(host.proc)
    (host.proc / "self/ns/pid").unlink()
    assert not sees_host(host.proc)
    (host.proc / "self/ns/pid").symlink_to(EVERYONE.replace("6", "7"))
    assert not sees_host(host.proc)


def test_a_real_child_is_its_parents():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        own = identify(os.getpid())
        known = [Pool("rpa", 1, (Worker("rpa", 1, SlotState.RUNNING, own),))]
        people = people_of([child.pid, 1], known, PROC)
        assert people.owners == {child.pid: RPA}
        assert people.living == {child.pid, 1}
        assert people.workers == [RPA]
    finally:
        child.communicate(b"\n")


@pytest.mark.needs("cc")
class TestWithGpus:
    @pytest.fixture
    def host(self, library, tmp_path):
        (tmp_path / library.name).write_bytes(library.read_bytes())
        made = Host(tmp_path)
        yield made
        made.close()

    def test_memory_goes_to_pools_and_workers_and_what_nobody_holds_is_orphaned(self, host):
        host.orders.say(gpus=2, used=10_000, processes="10:1000,11:200,20:30,40:4", graphics="20:30")
        host.runs(10)
        host.runs(11, parent=10)
        host.runs(20)
        host.pools = {"rpa": [[10, 100]], "etl": [[30, 100]]}
        page = host.look()
        assert page.one("medic_gpu_process_memory_bytes", uuid=FIRST, pool="rpa") == 1200
        assert page.one("medic_gpu_process_memory_bytes", uuid=FIRST, pool="etl") == 0
        assert page.one("medic_gpu_process_memory_bytes", uuid=FIRST) == 30
        assert page.one("medic_worker_gpu_memory_bytes", pool="rpa", worker="rpa/1") == 1200
        assert page.one("medic_worker_gpu_memory_bytes", pool="etl", worker="etl/1") == 0
        assert page.one("medic_gpu_orphaned_memory_bytes", uuid=FIRST) == 10_000 - 1230

    def test_memory_that_the_driver_does_not_tell_is_absent(self, host):
        host.orders.say(processes="10:-1")
        host.runs(10)
        host.pools = {"rpa": [[10, 100]]}
        page = host.look()
        assert "medic_gpu_process_memory_bytes" not in page
        assert "medic_worker_gpu_memory_bytes" not in page
        assert "medic_gpu_orphaned_memory_bytes" not in page

    def test_a_driver_that_does_not_list_processes_tells_nothing_of_them(self, host):
        host.orders.say(refuse="nvmlDeviceGetComputeRunningProcesses_v3:4")
        host.pools = {"rpa": [[10, 100]]}
        page = host.look()
        assert page.of("memory_used_bytes")
        assert "medic_worker_gpu_memory_bytes" not in page
        assert "medic_gpu_process_memory_bytes" not in page
        assert "medic_gpu_orphaned_memory_bytes" not in page
