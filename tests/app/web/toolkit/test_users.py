"""Users: passwords are compared beside the loop, a bounded number at once, and remembered."""

import asyncio
import threading

import pytest

from medic.app.web.busy import BusyError
from medic.app.web.toolkit.users import REMEMBERED, WAITING, Users, fits
from tests.app.web.toolkit.scene import HASH, PASSWORD


class Counted(Users):
    """Users that count how often bcrypt is asked."""

    def __init__(self, hashes):
        super().__init__(hashes)
        self.compared = 0

    async def _compare(self, *given):
        self.compared += 1
        return await super()._compare(*given)


@pytest.mark.parametrize(
    ("name", "password", "known"),
    [
        ("alice", PASSWORD, True),
        ("alice", "wrong", False),
        ("alice", "", False),
        ("bob", PASSWORD, False),
        ("", "", False),
        ("alice", PASSWORD + "\0", False),
        ("alice", "\udcff", False),
        ("alice", "x" * 1000, False),
    ],
)
async def test_only_a_name_with_its_own_password_is_known(name, password, known):
    assert await Users({"alice": HASH}).knows(name, password) is known


def test_hashes_of_htpasswd_and_of_other_programs_fit():
    assert fits(PASSWORD, HASH.replace("$2b$", "$2y$"))
    assert fits(PASSWORD, HASH.replace("$2b$", "$2a$"))
    assert not fits(PASSWORD, "$2b$04$" + "." * 53)


def test_the_first_72_bytes_of_a_password_count_as_in_go():
    import bcrypt

    hashed = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert fits("x" * 100, hashed)


async def test_bcrypt_is_asked_once_for_each_answer():
    known = Counted({"alice": HASH})
    for _ in range(3):
        assert await known.knows("alice", PASSWORD)
        assert not await known.knows("alice", "wrong")
        assert not await known.knows("mallory", PASSWORD)
    assert known.compared == 3


async def test_those_who_ask_the_same_at_once_share_the_answer():
    known = Counted({"alice": HASH})
    assert await asyncio.gather(*(known.knows("alice", PASSWORD) for _ in range(20))) == [True] * 20
    assert known.compared == 1


async def test_wrong_passwords_without_end_forget_no_right_one_and_are_forgotten():
    known = Counted({"alice": HASH})
    assert await known.knows("alice", PASSWORD)
    for number in range(REMEMBERED + 5):
        known._remember_wrong(str(number).encode())
    assert len(known._wrong) == REMEMBERED
    assert await known.knows("alice", PASSWORD)
    assert known.compared == 1


async def test_a_name_that_there_is_not_is_compared_like_one_that_there_is():
    known = Counted({"alice": HASH})
    await known.knows("nobody", "x")
    assert known.compared == 1


async def test_a_crowd_that_asks_is_bounded():
    may_end = threading.Event()
    known = Users({"alice": HASH}, compare=lambda password, hashed: may_end.wait(60) and fits(password, hashed))
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(known.knows("alice", str(number))) for number in range(WAITING)]
        await asyncio.sleep(0)  # each of them waits now
        with pytest.raises(BusyError, match="too many passwords"):
            await known.knows("alice", PASSWORD)
        may_end.set()
    assert not any(task.result() for task in asked)
    assert await known.knows("alice", PASSWORD)


async def test_a_comparison_that_does_not_end_is_answered_as_busy():
    may_end = threading.Event()
    known = Users({"alice": HASH}, compare=lambda *_: may_end.wait(60), patience=0)
    with pytest.raises(BusyError, match="not compared in time"):
        await known.knows("alice", PASSWORD)
    may_end.set()


def test_what_is_remembered_holds_no_password():
    known = Users({"alice": HASH})
    assert PASSWORD.encode() not in known._digest("alice", PASSWORD)
    assert known._digest("a", "b:c") != known._digest("a:b", "c")
