import os
import threading
from pathlib import Path

import pytest

from medic.app.state import DAEMON, Holder, State, hold, holder, prepare, sign, token
from medic.core.errors import MedicError


def test_a_state_folder_is_made_for_its_owner_alone(tmp_path):
    state = State(tmp_path / "a" / "b")
    prepare(state)
    assert state.folder.stat().st_mode & 0o777 == 0o700


def test_a_state_folder_that_cannot_be_written_is_refused_with_advice(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MedicError, match="choose another with --state"):
        prepare(State(tmp_path / "file" / "state"))


def test_the_token_is_secret_and_stays_the_same(tmp_path):
    state = State(tmp_path)
    first = token(state)
    assert len(first) >= 32
    assert token(state) == first
    assert state.token_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is empty; delete it"), (b" \n", "is empty"), (b"\xff", "mend it")]
)
def test_a_token_file_that_holds_no_token_is_refused_and_never_lets_anybody_in(tmp_path, content, words):
    State(tmp_path).token_file.write_bytes(content)
    with pytest.raises(MedicError, match=words):
        token(State(tmp_path))


def test_those_who_make_the_token_at_once_agree_on_one(tmp_path):
    found: list[str] = []
    barrier = threading.Barrier(8)

    def make() -> None:
        barrier.wait()
        found.append(token(State(tmp_path)))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert not list(Path(tmp_path).glob(".token.*"))


def test_a_second_holder_is_refused_and_told_who_has_the_folder(tmp_path):
    state = State(tmp_path)
    lock = hold(state, "run")
    with pytest.raises(MedicError, match=rf"`medic run` with pid {os.getpid()} already runs"):
        hold(state, "workers ensure")
    lock.close()
    hold(state, "workers ensure").close()


def test_a_command_that_holds_the_folder_is_waited_for(tmp_path):
    state = State(tmp_path)
    command = hold(state, "workers ensure")
    held = []
    daemon = threading.Thread(target=lambda: held.append(hold(state, DAEMON)))
    daemon.start()
    command.close()
    daemon.join(10)
    assert holder(state) == Holder(os.getpid(), DAEMON)
    held[0].close()


def test_a_command_that_has_not_signed_over_a_dead_daemons_name_is_waited_for(tmp_path):
    state = State(tmp_path)
    command = hold(state, "workers ensure")
    sign(command, Holder(2**22 + 1, DAEMON))  # beyond the largest pid there is
    held = []
    daemon = threading.Thread(target=lambda: held.append(hold(state, DAEMON)))
    daemon.start()
    daemon.join(0.1)  # enough for it to be refused, were it refused
    assert daemon.is_alive()
    command.close()
    daemon.join(20)
    held[0].close()


def test_the_lock_says_where_the_daemon_is_reached(tmp_path):
    state = State(tmp_path)
    lock = hold(state, "run")
    sign(lock, Holder(42, "run", "http://127.0.0.1:1"))
    assert holder(state) == Holder(42, "run", "http://127.0.0.1:1")
    lock.close()


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"pid": "x", "purpose": "run"}', '{"pid": 1}'])
def test_a_lock_that_nobody_signed_names_nobody(tmp_path, text):
    State(tmp_path).lock.write_text(text)
    assert holder(State(tmp_path)) is None
