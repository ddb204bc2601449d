"""Turns: of the threads that evaluate queries one computes at a time, so that a tick competes with one of them only."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock

from medic.app.web.promapi.errors import TIMED_OUT, ApiError, ErrorType


@dataclass(frozen=True, slots=True)
class Term:
    """By when some work must end, and the clock by which; looking at it lets others have a turn."""

    deadline: float
    clock: Callable[[], float]

    @property
    def is_over(self) -> bool:
        """Tell whether the work must end now."""
        return self.clock() >= self.deadline

    def check(self) -> None:
        """Let others have a turn; raises ApiError once the term is over. Work of many pieces calls it at each."""
        if self.is_over:
            raise ApiError(ErrorType.TIMEOUT, TIMED_OUT)


class Turns:
    """One place to compute at, taken in the order of asking. It gains nothing to share it: there is one interpreter."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_taken = False
        self._waiting: deque[Event] = deque()

    @contextmanager
    def mine(self) -> Iterator[None]:
        """Wait for a turn, and have it until the block ends."""
        self._take()
        try:
            yield
        finally:
            self._give()

    def pass_on(self) -> None:
        """Let those who wait have their turns first; whoever calls this has one."""
        if self._waiting:
            self._give()
            self._take()

    def _take(self) -> None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            called = Event()
            self._waiting.append(called)
        called.wait()

    def _give(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()  # it stays taken, by the one who is called
            else:
                self._is_taken = False
