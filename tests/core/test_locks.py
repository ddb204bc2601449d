"""The gate to locks."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from medic.core.errors import MedicError
from medic.core.locks import Lock, read_holder, try_lock, wait_lock

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "workers" / "rpa.1.lock"


@pytest.fixture
def other(path):
    """Another process that holds the lock until its stdin ends."""
    path.parent.mkdir()
    command = (sys.executable, "-S", "-c", HOLD, str(path))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_lock_stands_until_its_file_is_removed_or_replaced(path):
    lock = try_lock(path)
    assert lock.stands()
    path.unlink()
    assert not lock.stands()
    other = try_lock(path)
    assert (lock.stands(), other.stands()) == (False, True)
    shutil.rmtree(path.parent)
    assert not other.stands()
    lock.close()
    other.close()


def test_only_one_holds_it(path):
    lock = try_lock(path)
    assert try_lock(path) is None
    lock.close()
    lock.close()
    again = try_lock(path)
    assert again is not None
    again.close()


def test_another_process_holds_it_until_its_very_end(path, other):
    assert try_lock(path) is None
    other.kill()
    other.wait()
    lock = wait_lock(path, timeout=5)
    assert lock is not None
    lock.close()


def test_a_child_that_inherited_it_holds_it_after_we_closed_ours(path):
    lock = try_lock(path)
    child = subprocess.Popen(("sleep", "600"), pass_fds=(lock.descriptor,))
    lock.close()
    assert try_lock(path) is None
    child.kill()
    child.wait()
    try_lock(path).close()


def test_a_child_that_was_not_given_it_does_not_hold_it(path):
    lock = try_lock(path)
    with subprocess.Popen(("sleep", "600"), close_fds=False) as child:
        lock.close()
        again = try_lock(path)
        child.kill()
    assert again is not None
    again.close()


def test_waiting_ends_when_it_is_given_back(path):
    lock = try_lock(path)
    timer = threading.Timer(0.03, lock.close)
    timer.start()
    again = wait_lock(path, timeout=10)
    timer.join()
    assert again is not None
    again.close()


def test_waiting_gives_up(path, other):
    assert wait_lock(path, timeout=0.02) is None


def test_it_says_who_holds_it(path):
    lock = try_lock(path)
    lock.write("a long first text")
    lock.write("short")
    assert read_holder(path) == "short"
    lock.close()
    assert read_holder(path) == "short"


def test_nobody_holds_a_file_that_is_not_there(path):
    assert read_holder(path) == ""


def test_what_cannot_be_a_lock_is_refused_with_advice(tmp_path):
    with pytest.raises(MedicError, match=r"cannot open the lock .*Is a directory; mend that or choose --state"):
        try_lock(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused_with_advice(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MedicError, match=r"cannot open the lock .*choose --state"):
        try_lock(tmp_path / "file" / "rpa.1.lock")


def test_the_file_is_for_its_owner_alone(path):
    try_lock(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_said_in_words():
    lock = Lock(Path("/dev/full"), os.open("/dev/full", os.O_RDWR))
    with pytest.raises(MedicError, match=r"cannot write /dev/full: No space left on device; free disk space"):
        lock.write("held")
    lock.close()
