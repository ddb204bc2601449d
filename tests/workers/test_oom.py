"""An OOM kill is told from any other."""

import signal

import pytest

from medic.core.processes import ExitStatus
from medic.core.workers import ExitReason
from workers.oom import OomWatch, count_kills

KILLED = ExitStatus(None, signal.SIGKILL)


@pytest.fixture
def vmstat(tmp_path):
    path = tmp_path / "vmstat"
    path.write_text("pgfault 12\noom_kill 4\nnr_free 1\n")
    return path


def test_a_kill_after_the_count_rose_was_for_memory_and_the_next_was_not(vmstat):
    watch = OomWatch(vmstat)
    vmstat.write_text("oom_kill 5\n")
    assert watch.judge(KILLED) is ExitReason.OOM
    assert watch.judge(KILLED) is ExitReason.CRASH


def test_a_kill_while_the_count_stood_was_a_crash(vmstat):
    assert OomWatch(vmstat).judge(KILLED) is ExitReason.CRASH


@pytest.mark.parametrize("status", [ExitStatus(1, None), ExitStatus(None, signal.SIGTERM), ExitStatus(None, None)])
def test_what_did_not_end_by_kill_did_not_end_for_memory(vmstat, status):
    watch = OomWatch(vmstat)
    vmstat.write_text("oom_kill 5\n")
    assert watch.judge(status) is ExitReason.CRASH


def test_without_a_count_every_exit_is_a_crash(tmp_path):
    assert OomWatch(tmp_path / "nothing").judge(KILLED) is ExitReason.CRASH
    assert count_kills("pgfault 12\n") == 0


def test_this_kernel_says_its_count():
    assert isinstance(OomWatch().judge(KILLED), ExitReason)
