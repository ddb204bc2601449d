"""Where what takes long is done: in threads, a little of it at once, each for as long as it was granted."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import TypeVar

from medic.app.web.promapi.errors import TIMED_OUT, ApiError, ErrorType
from medic.app.web.promapi.turns import Term, Turns
from medic.core.tasks import in_thread

T = TypeVar("T")

MOST = 4
"""Pieces of work under way at once; they take turns."""
GRACE = 1.0
"""Seconds beyond its deadline after which work that does not look at the clock is left to itself."""
IN_QUEUE = "query timed out in query queue"


class Desk:
    """Lets some work in at once; whoever waits for longer than it has time is sent away."""

    def __init__(self, monotonic: Callable[[], float], most: int = MOST, grace: float = GRACE) -> None:
        """Let *most* in at once; *monotonic* gives seconds for deadlines, to which *grace* is added."""
        self._monotonic = monotonic
        self._grace = grace
        self._places = asyncio.Semaphore(most)
        self._turns = Turns()

    async def run(self, work: Callable[[Term], T], *, seconds: float) -> T:
        """Run *work* in a thread, with the term in which it must end; raises ApiError when that is over.

        Work that goes on beyond it keeps its place until it has ended, so that there is never more of it at once.
        """
        term = Term(self._monotonic() + seconds, self._clock)
        await self._enter(seconds)
        begun = Event()
        leave = partial(asyncio.get_running_loop().call_soon_threadsafe, self._places.release)
        task = partial(self._work, work, term, begun, leave)
        try:
            return await in_thread(task, timeout=term.deadline - self._monotonic() + self._grace, name="query")
        except TimeoutError:
            raise ApiError(ErrorType.TIMEOUT, TIMED_OUT) from None
        except RuntimeError:
            if not begun.is_set():  # the system gave us no thread
                self._places.release()
            raise

    def _work(self, work: Callable[[Term], T], term: Term, begun: Event, leave: Callable[[], object]) -> T:
        begun.set()
        try:
            with self._turns.mine():
                return work(term)
        finally:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                leave()

    def _clock(self) -> float:
        self._turns.pass_on()
        return self._monotonic()

    async def _enter(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        except TimeoutError:
            raise ApiError(ErrorType.TIMEOUT, IN_QUEUE) from None
