import os
import subprocess
import sys
import threading
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from exporter.table import SHARED, Table, parse, read, sweep
from tests.exporter.stats import Host, line, process
from tests.exporter.tree import PROC


def test_a_stat_line_gives_the_process():
    found = process(42, 7, name="we (1) S x", threads=13)
    assert (found.pid, found.parent, found.group, found.name, found.state) == (42, 7, 42, "we (1) S x", "S")
    assert (found.user, found.system, found.ticks) == (250, 50, 350)
    assert (found.minor_faults, found.major_faults, found.threads) == (7, 3, 13)
    assert (found.start, found.virtual, found.pages, found.key) == (5000, 52781056, 2048, (42, 5000))


def test_zombies_and_the_dead_have_ended_and_the_others_have_not():
    assert [process(1, state=state).ended for state in "ZXSRDTI"] == [True, True, False, False, False, False, False]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=15))
def test_a_name_of_any_letters_is_no_trap(name):
    found = parse(42, line(42, 7, name=name).encode())
    assert (found.name, found.parent, found.start) == (name, 7, 5000)


@given(st.binary(max_size=100))
def test_any_line_is_read_or_refused(raw):
    found = parse(1, raw)
    assert found is None or len(found.fields) >= 22


def test_bytes_that_are_no_text_become_replacement_characters():
    assert parse(1, line(1, name="x").encode().replace(b"x", b"\xff")).name == "\ufffd"


def test_the_recorded_processes_are_read():
    assert sorted((each.pid, each.state) for each in sweep(PROC)) == [(1, "S"), (42, "R"), (77, "Z")]


def test_a_process_that_is_not_there_is_none():
    assert read(PROC, 4711) is None


def test_a_sweep_serves_for_a_second_and_no_longer(tmp_path):
    host = Host(tmp_path)
    host.run(10)
    first = host.table.look()
    host.run(11)
    host.seconds = SHARED - 0.01
    assert host.table.look() is first
    host.seconds = SHARED
    assert [each.pid for each in sorted(host.table.look())] == [10, 11]


def test_many_threads_that_ask_at_once_share_one_sweep():
    table, found = Table(lambda: 0.0), []
    barrier = threading.Barrier(8)

    def ask():
        barrier.wait()
        found.append(table.look())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(each) for each in found}) == 1


def test_a_folder_that_is_not_there_fails_and_the_table_can_be_asked_again(tmp_path):
    table = Table(lambda: 0.0, tmp_path / "proc")
    for _ in range(2):
        try:
            table.look()
        except FileNotFoundError:
            continue
        raise AssertionError("it did not fail")
    (tmp_path / "proc").mkdir()
    assert table.look() == []


def test_real_processes_are_seen_as_long_as_they_live():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        found = {each.pid: each for each in sweep(Path("/proc"))}
        assert found[child.pid].parent == os.getpid()
        assert found[os.getpid()].threads >= 1
    finally:
        child.communicate(b"\n")
    assert child.pid not in {each.pid for each in sweep(Path("/proc"))}
