import asyncio
import threading
import time

import pytest

from medic.app.web.promapi.desk import Desk
from medic.app.web.promapi.errors import ApiError, ErrorType


class Crowd:
    """Work that goes on until it is let go, looks at the clock, and counts how much of it there is at once."""

    def __init__(self):
        self.inside = self.most = 0
        self.gate = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, term):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        while not self.gate.wait(0.001):
            term.clock()
        with self.lock:
            self.inside -= 1
        return "done"

    async def full(self, count):
        async with asyncio.timeout(30):
            while self.inside < count:  # noqa: ASYNC110 - it is told by threads
                await asyncio.sleep(0)


async def test_only_so_many_are_evaluated_at_once_and_the_others_have_their_turn():
    desk, crowd = Desk(time.monotonic, 2), Crowd()
    asked = [asyncio.ensure_future(desk.run(crowd, seconds=30)) for _ in range(6)]
    await crowd.full(2)
    crowd.gate.set()
    assert await asyncio.gather(*asked) == ["done"] * 6
    assert crowd.most == 2


async def test_who_waits_longer_than_granted_is_sent_away_and_the_place_is_not_lost():
    desk, crowd = Desk(time.monotonic, 1), Crowd()
    first = asyncio.ensure_future(desk.run(crowd, seconds=30))
    await crowd.full(1)
    with pytest.raises(ApiError, match="query timed out in query queue") as raised:
        await desk.run(crowd, seconds=0.01)
    assert raised.value.kind is ErrorType.TIMEOUT
    crowd.gate.set()
    assert await first == "done"
    assert await desk.run(crowd, seconds=30) == "done"


async def test_work_that_does_not_mind_its_term_is_left_to_itself_but_keeps_its_place():
    desk, crowd = Desk(time.monotonic, 1, grace=0.01), Crowd()
    with pytest.raises(ApiError, match="query timed out in query execution"):
        await desk.run(crowd, seconds=0.01)
    with pytest.raises(ApiError, match="in query queue"):
        await desk.run(crowd, seconds=0.01)
    crowd.gate.set()
    assert await desk.run(crowd, seconds=30) == "done"
    assert crowd.most == 1


async def test_what_the_work_raises_reaches_who_asked_and_the_place_is_free_again():
    desk = Desk(time.monotonic, 1)

    def fail(_term):
        raise ApiError(ErrorType.EXECUTION, "no")

    for _ in range(3):
        with pytest.raises(ApiError, match="no"):
            await desk.run(fail, seconds=30)


async def test_the_work_is_told_its_term():
    before = time.monotonic()
    deadline = await Desk(time.monotonic).run(lambda term: term.deadline, seconds=7)
    assert 7 <= deadline - before < 8
