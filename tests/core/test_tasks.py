import asyncio
import threading
from contextlib import suppress

import pytest

from medic.core.tasks import OverdueError, in_task, in_thread, on_loop, run_main

BRIEF = 0.02
ABANDONED = "work that ignores its cancellation was abandoned"


class Deaf:
    """Work that goes on although it is cancelled, until the test lets it end."""

    def __init__(self):
        self.began, self.may_end = asyncio.Event(), asyncio.Event()

    async def __call__(self):
        self.began.set()
        while not self.may_end.is_set():
            with suppress(asyncio.CancelledError):
                await self.may_end.wait()


async def test_work_in_a_task_gives_what_it_returns():
    async def answer():
        return 42

    assert await in_task(answer, timeout=5, name="answer") == 42


async def test_work_in_a_task_raises_what_it_raises():
    async def broken():
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await in_task(broken, timeout=5, name="broken")


async def test_work_that_takes_too_long_is_cancelled():
    ended = asyncio.Event()

    async def slow():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(OverdueError, match=r"slow took longer than its 0\.02 s"):
        await in_task(slow, timeout=BRIEF, name="slow")
    assert ended.is_set()


async def test_what_cancelled_work_raises_is_told(caplog):
    async def sore():
        try:
            await asyncio.Event().wait()
        finally:
            raise ZeroDivisionError

    with pytest.raises(OverdueError):
        await in_task(sore, timeout=BRIEF, name="sore")
    assert "cancelled work raised" in caplog.text


async def test_work_that_ignores_its_timeout_is_abandoned(caplog):
    deaf = Deaf()
    async with asyncio.timeout(10):
        with pytest.raises(OverdueError):
            await in_task(deaf, timeout=BRIEF, name="deaf")
    deaf.may_end.set()
    assert ABANDONED in caplog.text


async def test_work_that_ignores_the_end_of_its_caller_is_abandoned(caplog):
    deaf = Deaf()
    caller = asyncio.create_task(in_task(deaf, timeout=3600, name="deaf"))
    async with asyncio.timeout(10):
        await deaf.began.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
    deaf.may_end.set()
    assert ABANDONED in caplog.text


def test_a_main_program_does_not_wait_for_what_ignores_its_cancellation(caplog):
    deaf = Deaf()

    async def main():
        left.append(asyncio.get_running_loop().create_task(deaf(), name="deaf"))
        await deaf.began.wait()
        return 7

    left = []
    assert run_main(main()) == 7
    assert ABANDONED in caplog.text
    left[0].get_coro().close()


async def test_another_thread_has_work_done_on_the_loop():
    loop, here = asyncio.get_running_loop(), threading.current_thread()
    asked = await in_thread(lambda: on_loop(loop, threading.current_thread, timeout=10), timeout=20, name="asking")
    assert asked is here


async def test_who_asks_the_loop_hears_what_the_work_raises():
    loop = asyncio.get_running_loop()
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: on_loop(loop, lambda: 1 // 0, timeout=10), timeout=20, name="asking")


def test_a_loop_that_does_not_run_answers_nobody():
    loop = asyncio.new_event_loop()
    with pytest.raises(TimeoutError):
        on_loop(loop, int, timeout=0)
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        on_loop(loop, int, timeout=10)


def test_a_main_program_ends_what_it_left():
    ended = []

    async def leave():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("task")

    async def main():
        left.append(asyncio.get_running_loop().create_task(leave()))
        await asyncio.sleep(0)
        raise ZeroDivisionError

    left = []
    with pytest.raises(ZeroDivisionError):
        run_main(main())
    assert ended == ["task"]
