"""The gate to background work: named tasks in groups, a grid in time, and threads that nobody waits for."""

import asyncio
import contextlib
import logging
import math
import threading
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Never, TypeVar

T = TypeVar("T")

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


def start(group: asyncio.TaskGroup, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """Start *work* in *group* under a name that shows in logs and in ``asyncio.all_tasks``."""
    return group.create_task(work, name=name)


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


def _settle(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _settle_error(future: asyncio.Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
