import os
import subprocess
import sys
from pathlib import Path

from exporter.collectors.processes import Census, collect, count
from medic.core.samples import labels
from tests.exporter.tree import PROC, value, values


def test_the_recorded_processes_are_counted_by_state():
    families = collect(PROC)
    assert values(families, "node_processes_state") == {
        labels(state="R"): 1,
        labels(state="S"): 1,
        labels(state="Z"): 1,
    }
    assert value(families, "node_processes_pids") == 3
    assert value(families, "node_processes_threads") == 15
    assert value(families, "node_processes_max_processes") == int((PROC / "sys/kernel/pid_max").read_text())
    assert value(families, "node_processes_max_threads") == int((PROC / "sys/kernel/threads-max").read_text())


def test_a_name_with_spaces_and_parentheses_is_no_trap():
    stats = ["7 (a) Z (b c) R 1 " + "0 " * 15 + "4 0"]
    assert count(iter(stats)) == Census({"R": 1}, 1, 4)


def test_a_real_zombie_is_seen():
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has reaped it
    try:
        assert values(collect(Path("/proc")), "node_processes_state")[labels(state="Z")] >= 1
    finally:
        child.wait()
