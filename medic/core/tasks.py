"""The gate to background work: tasks in groups, a grid in time, threads that nobody waits for, and the way back."""

import asyncio
import contextlib
import logging
import math
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any, Never, TypeVar

from medic.core.errors import MedicError

T = TypeVar("T")

GRACE = 1.0
"""Seconds that work has to end after it was cancelled; then nobody waits for it any more."""

log = logging.getLogger(__name__)


async def every(period: float, tick: Callable[[], Awaitable[object]], *, name: str) -> Never:
    """Await *tick* at once and then on a fixed grid of *period* seconds; a slow tick skips beats, it never piles up.

    An error of one tick is logged and the next tick comes all the same.
    """
    time = asyncio.get_running_loop().time
    due = time()
    while True:
        await guarded(tick, name=name)
        due += period * max(1, math.ceil((time() - due) / period))
        await asyncio.sleep(due - time())


async def guarded(work: Callable[[], Awaitable[object]], *, name: str) -> None:
    """Await *work* and log what it raises: the one broad ``except`` of background loops."""
    try:
        await work()
    except Exception:
        log.exception("background work failed", extra={"work": name})


@contextlib.contextmanager
def spared(*, but: type[Exception] | tuple[()] = ()) -> Iterator[list[Exception]]:
    """Hand over what the block raises, except *but*, so that one bad thing does not stop those beside it.

    The list is empty when nothing was raised. Whoever asks must say what came of it: it is logged nowhere else.
    """
    raised: list[Exception] = []
    try:
        yield raised
    except but:
        raise
    except Exception as error:  # noqa: BLE001 - it is handed to the caller, who tells it once
        raised.append(error)


def start(group: asyncio.TaskGroup, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """Start *work* in *group* under a name that shows in logs and in ``asyncio.all_tasks``."""
    return group.create_task(work, name=name)


class OverdueError(MedicError):
    """Work that took longer than it may."""


async def in_task(work: Callable[[], Awaitable[T]], *, timeout: float, name: str) -> T:
    """Await *work* in a task of its own; raises OverdueError after *timeout* seconds.

    For work of others: when it goes on although it was cancelled, by its timeout or with the caller, it is abandoned
    with a line in the log, and the caller is free. Inside Medic, what cannot be cancelled is mended instead.
    """
    task = asyncio.create_task(_awaited(work), name=name)
    try:
        if not (await asyncio.wait({task}, timeout=timeout))[0]:
            raise OverdueError(f"{name} took longer than its {timeout:g} s; give it more, or make it faster")
        return task.result()
    finally:
        await _dismiss({task})


def run_main(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* in an event loop of its own, and cancel the tasks that it leaves.

    Unlike ``asyncio.run`` it waits for these a bounded time only: what was abandoned cannot hold up the end.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(_dismiss(asyncio.all_tasks(loop)))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _awaited(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


async def _dismiss(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel what still goes on, and wait for it as long as it may take to end."""
    going = {task for task in tasks if not task.done()}
    for task in going:
        task.cancel()
    if not going:
        return
    ended, deaf = await asyncio.wait(going, timeout=GRACE)
    for task in ended:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("cancelled work raised", extra={"work": task.get_name(), "error": repr(error)})
    for task in deaf:
        log.error("work that ignores its cancellation was abandoned", extra={"work": task.get_name()})


async def in_thread(work: Callable[[], T], *, timeout: float, name: str) -> T:
    """Run blocking *work* in a daemon thread of its own; raises TimeoutError after *timeout* seconds.

    A thread that hangs is abandoned, never joined: it delays neither the caller nor the end of the process
    (``asyncio.to_thread`` and thread pools are joined at exit).
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    threading.Thread(target=_deliver, args=(work, loop, future), name=name, daemon=True).start()
    async with asyncio.timeout(timeout):
        return await future


def _deliver(work: Callable[[], T], loop: asyncio.AbstractEventLoop, future: asyncio.Future[T]) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - it is handed to the waiter, whatever it is
        settle = partial(_settle_error, future, error)
    else:
        settle = partial(_settle, future, result)
    with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
        loop.call_soon_threadsafe(settle)


def on_loop(loop: asyncio.AbstractEventLoop, work: Callable[[], T], *, timeout: float) -> T:
    """Run quick *work* on *loop* and return what it gives; another thread calls this, and waits for it.

    For values that only the loop may touch. Raises what the work raises, TimeoutError after *timeout* seconds, when
    the loop is busy or at its end, and RuntimeError when it was closed. The loop's own thread would wait for itself.
    """
    answer: Future[T] = Future()
    loop.call_soon_threadsafe(_answer, answer, work)
    return answer.result(timeout)


def _answer(answer: Future[T], work: Callable[[], T]) -> None:
    try:
        answer.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is handed to the waiter, whatever it is
        answer.set_exception(error)


def _settle(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _settle_error(future: asyncio.Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
