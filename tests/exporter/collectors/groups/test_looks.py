import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.groups.counts import Counts
from exporter.collectors.groups.looks import Inspected, inspect, number, read_limit
from exporter.table import read
from tests.exporter.stats import Host, process

REAL = Path("/proc")


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def look(host, pid, **more):
    return inspect(host.proc, read(host.proc, pid), **{"smaps": False, "threads": False, "real": False, **more})


def test_everything_of_a_process_is_read(host):
    host.run(42, used=(5, 6, 0, 0), faults=(7, 8), switches=(9, 10), io=(11, 12), swap=3, descriptors=4)
    found = look(host, 42)
    assert found.counts == Counts(5, 6, 7, 8, 9, 10, 11, 12)
    assert (found.swapped, found.descriptors, found.threads, found.is_partial) == (3072, 4, (), False)


def test_what_is_not_ours_to_read_is_unknown(host):
    host.run(42)
    (host.proc / "42/io").unlink()
    found = look(host, 42)
    assert (found.counts.read, found.counts.written, found.is_partial) == (None, None, True)


def test_a_user_in_hundreds_of_groups_hides_nothing(host):
    host.run(42, switches=(9, 10), swap=3)
    status = host.proc / "42/status"
    groups = " ".join(map(str, range(1_000_000_000, 1_000_001_000)))
    status.write_text(f"Groups:\t{groups}\n{status.read_text()}")
    found = look(host, 42)
    assert (found.counts.voluntary, found.counts.nonvoluntary, found.swapped) == (9, 10, 3072)


def test_a_process_that_has_ended_meanwhile_is_all_unknown_but_for_its_stat_line(host):
    found = inspect(host.proc, process(42, used=(5, 6, 0, 0)), smaps=True, threads=True)
    assert found.counts == Counts(5, 6, 7, 3)
    assert found.descriptors is None
    assert found.is_partial


def test_proportional_memory_is_read_where_it_is_asked_for(host):
    host.run(42)
    (host.proc / "42/smaps_rollup").write_text(
        "0-1 ---p [rollup]\nRss: 9 kB\nPss: 5 kB\nPss_Anon: 1 kB\nSwapPss: 2 kB\n"
    )
    assert look(host, 42).proportional is None
    found = look(host, 42, smaps=True)
    assert (found.proportional, found.proportional_swap) == (5120, 2048)


def test_threads_of_the_kernel_have_no_memory(host):
    host.run(42, virtual=0, pages=0)
    found = look(host, 42, smaps=True)
    assert (found.swapped, found.proportional, found.proportional_swap) == (0, 0, 0)


def test_threads_are_read_one_by_one(host, tmp_path):
    host.run(42, threads=2, name="main")
    other = Host(tmp_path / "task") if (tmp_path / "task").mkdir() is None else None
    other.run(42, name="main", wchan="do_wait", switches=(1, 2))
    other.run(43, name="pool", state="R", wchan="0", io=(5, 6))
    (tmp_path / "task/stat").unlink()
    (tmp_path / "task").rename(tmp_path / "42/task")
    first, second = sorted(look(host, 42, threads=True).threads)
    assert (first.name, first.state, first.wchan, first.counts.voluntary) == ("main", "S", "do_wait", 1)
    assert (second.name, second.state, second.wchan, second.counts.read) == ("pool", "R", "", 5)


def test_the_limit_of_descriptors_is_the_soft_one(host):
    host.run(42, limit=300)
    host.run(43, limit="unlimited")
    assert read_limit(host.proc, 42) == 300
    assert read_limit(host.proc, 43) is None
    assert read_limit(host.proc, 44) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"a\nkey: 7 kB\n", 7),
        (b"\nkey:\t12", 12),
        (b"\nkey:", None),
        (b"\nkey: x", None),
        (b"\nkey: -1", None),
        (b"", None),
    ],
)
def test_a_number_is_found_behind_its_key(text, found):
    assert number(text, b"\nkey:") == found


@given(st.binary(max_size=60), st.binary(min_size=1, max_size=5))
def test_any_text_has_a_number_or_none(text, key):
    found = number(text, key)
    assert found is None or found >= 0


def test_a_real_process_tells_of_itself():
    argv = [sys.executable, "-c", "print(1, flush=True); input()", "mark me"]
    child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout.read(1) == b"1"
        found = inspect(REAL, read(REAL, child.pid), smaps=True, threads=True)
        subject = Inspected(REAL, child.pid, "python")
        assert subject.argv == argv
        assert os.path.realpath(subject.program) == os.path.realpath(sys.executable)
        assert found.counts.minor > 0
        assert found.descriptors == len(list(Path(f"/proc/{child.pid}/fd").iterdir()))
        assert read_limit(REAL, child.pid) > 0
    finally:
        child.communicate(b"\n")


def test_a_subject_that_has_ended_has_nothing_to_say(host):
    subject = Inspected(host.proc, 42, "x")
    assert (subject.argv, subject.program, subject.units) == ([], "", frozenset())


@pytest.mark.parametrize(
    "lines", ["0::/system.slice/nginx.service\n", "12:pids:/user.slice\n1:name=systemd:/system.slice/nginx.service\n"]
)
def test_units_are_read_from_both_kinds_of_control_groups(host, lines):
    host.run(42)
    (host.proc / "42/cgroup").write_text(lines)
    assert "nginx.service" in Inspected(host.proc, 42, "x").units


def test_a_command_line_of_megabytes_is_cut(host):
    host.run(42, argv=["x" * (1 << 20)])
    assert len(Inspected(host.proc, 42, "x").argv[0]) <= 4096
