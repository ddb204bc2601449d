import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.processes import NEGLECTFUL, OTHER, collect, count, zombies
from exporter.table import Table
from medic.core.samples import labels
from tests.exporter.stats import line, process
from tests.exporter.tree import PROC, value, values

REAL = Path("/proc")


def table(proc=REAL):
    return Table(lambda: 0.0, proc)


def test_the_recorded_processes_are_counted_by_state():
    families = collect(table(PROC))
    assert values(families, "node_processes_state") == {
        labels(state="R"): 1,
        labels(state="S"): 1,
        labels(state="Z"): 1,
    }
    assert value(families, "node_processes_pids") == 3
    assert value(families, "node_processes_threads") == 15
    assert value(families, "node_processes_max_processes") == int((PROC / "sys/kernel/pid_max").read_text())
    assert value(families, "node_processes_max_threads") == int((PROC / "sys/kernel/threads-max").read_text())


def test_each_thread_has_a_state_of_its_own(tmp_path):
    for task, state in {"42": "S", "43": "R", "44": "D"}.items():
        folder = tmp_path / "42" / "task" / task
        folder.mkdir(parents=True)
        (folder / "stat").write_text(line(int(task), state=state))
    census = count([process(42, threads=3), process(50, state="I")], tmp_path)
    assert census.threads_states == {"S": 1, "R": 1, "D": 1, "I": 1}
    assert census.states == {"S": 1, "I": 1}
    assert (census.processes, census.threads) == (2, 4)


def test_a_process_whose_threads_are_gone_meanwhile_counts_none(tmp_path):
    assert count([process(42, threads=3)], tmp_path).threads_states == {}


def test_zombies_are_told_by_the_parent_that_leaves_them():
    everyone = [process(10, name="bad"), process(11, 10, state="Z"), process(12, 10, state="Z"), process(13, 10)]
    assert zombies(everyone) == {"bad": 2}
    assert zombies([process(10), process(13, 10)]) == {}


def test_a_parent_that_was_missed_is_other():
    assert zombies([process(11, 999, state="Z")]) == {OTHER: 1}


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(1, 5), max_size=30))
def test_however_many_parents_leave_zombies_their_names_are_few_and_no_zombie_is_lost(neglected):
    everyone, pid = [], 1000
    for number, (name, children) in enumerate(neglected.items()):
        everyone.append(process(number + 10, name=name))
        for _ in range(children):
            pid += 1
            everyone.append(process(pid, number + 10, state="Z"))
    told = zombies(everyone)
    assert sum(told.values()) == sum(neglected.values())
    assert len(told) <= NEGLECTFUL + 1


def test_a_real_zombie_is_seen_and_so_is_its_parent():
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has reaped it
    try:
        families = collect(table())
        assert values(families, "node_processes_state")[labels(state="Z")] >= 1
        assert sum(values(families, "medic_zombie_processes").values()) >= 1
    finally:
        child.wait()


@pytest.mark.parametrize("many", [3])
def test_real_threads_are_seen(many):
    ended = threading.Event()
    threads = [threading.Thread(target=ended.wait) for _ in range(many)]
    for thread in threads:
        thread.start()
    try:
        families = collect(table())
        assert value(families, "node_processes_threads") > many
        assert sum(values(families, "node_processes_threads_state").values()) > many
    finally:
        ended.set()
        for thread in threads:
            thread.join()
