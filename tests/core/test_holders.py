"""Who holds a file open."""

import subprocess

from medic.core.holders import holders
from medic.core.processes import identify


def sleeper(descriptor):
    return subprocess.Popen(("sleep", "600"), pass_fds=(descriptor,))


def test_finds_each_process_that_has_it_open_and_no_other(tmp_path):
    wanted, namesake = tmp_path / "a" / "lock", tmp_path / "b" / "lock"
    for path in (wanted, namesake):
        path.parent.mkdir()
        path.touch()
    with wanted.open() as file, namesake.open() as other:
        children = [sleeper(file.fileno()), sleeper(file.fileno())]
        stranger = sleeper(other.fileno())
    try:
        assert set(holders(wanted)) == {identify(child.pid) for child in children}
        assert holders(namesake) == (identify(stranger.pid),)
    finally:
        for child in (*children, stranger):
            child.kill()
            child.wait()
    assert holders(wanted) == ()


def test_leaves_ourselves_out(tmp_path):
    path = tmp_path / "lock"
    with path.open("w"):
        assert holders(path) == ()


def test_nobody_holds_what_is_not_there(tmp_path):
    assert holders(tmp_path / "nothing") == ()
