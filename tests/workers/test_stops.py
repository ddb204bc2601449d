"""What an operator stopped."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.errors import MedicError
from medic.core.targets import pool_target, worker_target
from workers.stops import add, read, remove, slots_of, write

COUNT = 3
POOLS = st.sampled_from(("a", "b"))
WORKERS = st.builds(worker_target, POOLS, st.integers(1, COUNT))
TARGETS = WORKERS | st.builds(pool_target, POOLS)
STOPPED = st.frozensets(TARGETS)


def every_slot(stopped):
    return {(pool, slot) for pool in "ab" for slot in slots_of(stopped, pool, range(1, COUNT + 1))}


def slots(target):
    return {(target.pool, slot) for slot in ([target.slot] if target.slot else range(1, COUNT + 1))}


@given(STOPPED, TARGETS)
def test_stopping_adds_exactly_the_slots_of_the_target(stopped, target):
    assert every_slot(add(stopped, target)) == every_slot(stopped) | slots(target)


@given(STOPPED, TARGETS)
def test_starting_takes_exactly_the_slots_of_the_target_away(stopped, target):
    assert every_slot(remove(stopped, target, COUNT)) == every_slot(stopped) - slots(target)


def test_a_stopped_pool_covers_slots_that_come_later():
    assert slots_of({pool_target("a")}, "a", [1, 99]) == {1, 99}
    assert slots_of({pool_target("a")}, "ab", [1]) == frozenset()


@settings(max_examples=20)
@given(stopped=STOPPED)
def test_what_was_written_is_read(tmp_path_factory, stopped):
    path = tmp_path_factory.mktemp("stops") / "stopped"
    write(path, stopped)
    assert read(path) == stopped
    assert [each.name for each in path.parent.iterdir()] == (["stopped"] if stopped else [])


def test_a_second_writing_takes_the_place_of_the_first(tmp_path):
    write(tmp_path / "stopped", frozenset({pool_target("a"), pool_target("b")}))
    write(tmp_path / "stopped", frozenset({worker_target("b", 2)}))
    assert (tmp_path / "stopped").read_text() == "worker:b/2\n"
    write(tmp_path / "stopped", frozenset())
    assert not (tmp_path / "stopped").exists()


def test_a_line_that_is_no_target_is_refused_with_the_file(tmp_path):
    (tmp_path / "stopped").write_text("pool:a\nrpa\n")
    with pytest.raises(MedicError, match=r"stopped: 'rpa' is not a target.*delete the file to let all pools run"):
        read(tmp_path / "stopped")


def test_a_file_that_is_no_text_is_refused_with_the_file(tmp_path):
    (tmp_path / "stopped").write_bytes(b"pool:a\n\xff\xfe\n")
    with pytest.raises(MedicError, match=r"stopped: .* is not a target"):
        read(tmp_path / "stopped")


def test_where_no_worker_ever_ran_the_folder_is_made(tmp_path):
    write(tmp_path / "workers" / "stopped", frozenset({pool_target("a")}))
    assert read(tmp_path / "workers" / "stopped") == {pool_target("a")}


def test_a_file_that_cannot_be_written_is_refused_with_advice(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MedicError, match=r"cannot write .*stopped: .*; free disk space"):
        write(tmp_path / "file" / "stopped", frozenset({pool_target("a")}))
