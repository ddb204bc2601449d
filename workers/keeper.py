"""The thread beside a worker's task: extends its lease, proves that the worker lives, and ends it in time.

Tasks run in the main thread, which they may block for as long as they like; this thread hears the signals meanwhile.
"""

import contextlib
import logging
import math
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from types import FrameType, TracebackType
from typing import Self

from medic.core.errors import MedicError
from medic.core.notify import ALIVE, STOPPING, Notify
from medic.core.queue import Task
from workers.client import Lease, QueueClient, QueueUnreachableError

BEAT = 1.0
RETRY = 1.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger(__name__)


class Duty(StrEnum):
    """What the thread has to do now."""

    WAIT = "wait"
    EXTEND = "extend"
    GIVE_BACK = "give-back"
    """The worker was asked to end, and its task did not within the grace."""
    GIVE_UP = "give-up"
    """The task runs for longer than any may."""


@dataclass(frozen=True, slots=True)
class Held:
    """A task that runs here; times are of the monotonic clock."""

    task: Task
    seconds: float
    since: float
    extend_at: float


def decide(held: Held | None, end_by: float | None, limit: float, now: float) -> Duty:
    """Say what is to be done for the task that is *held*, with the worker asked to end by *end_by*, if it was."""
    if end_by is not None and now >= end_by:
        return Duty.GIVE_BACK
    if held is None:
        return Duty.WAIT
    if now >= held.since + limit:
        return Duty.GIVE_UP
    return Duty.EXTEND if now >= held.extend_at else Duty.WAIT


class Keeper:
    """A context in which a worker works: open it in the main thread, for it takes SIGTERM and SIGINT."""

    def __init__(self, client: QueueClient, worker: str, notify: Notify, *, grace: float, limit: float) -> None:
        """Keep the leases of *worker*; a task may run for *limit* seconds, and for *grace* after a signal to end."""
        self._notify = notify
        # One try, and a short one: a queue server that hangs must not keep this thread from its other duties.
        self._client = client.twin(timeout=3.0, patience=0.0)
        self._worker = worker
        self._grace = grace
        self._limit = limit
        self._held: Held | None = None
        self._end_by: float | None = None
        self._closed = False
        self._ear, self._mouth = socket.socketpair()
        self._thread = threading.Thread(target=self._watch, name="keeper", daemon=True)
        self._before: list[tuple[int, signal._HANDLER]] = []

    def __enter__(self) -> Self:
        """Take the signals and start the thread."""
        for end in (self._ear, self._mouth):
            end.setblocking(False)  # noqa: FBT003 - that is how sockets are asked
        self._before = [(number, signal.signal(number, _note)) for number in STOP_SIGNALS]
        signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        os.register_at_fork(after_in_child=self._forget_signals)
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Give the signals back and end the thread."""
        signal.set_wakeup_fd(-1)
        for number, handler in self._before:
            signal.signal(number, handler)
        self._closed = True
        self._poke()
        self._thread.join(5.0)
        self._client.close()
        for end in (self._ear, self._mouth):
            end.close()

    def is_stopping(self) -> bool:
        """Tell whether the worker was asked to end."""
        return self._end_by is not None

    def is_idle_at_end(self) -> bool:
        """Tell whether the worker was asked to end and holds no task whose end is still to be told."""
        return self._end_by is not None and self._held is None

    def note_end(self) -> None:
        """Take the running task's time as measured: what remains is to tell its end, however long that takes."""
        if self._held is not None:
            self._held = replace(self._held, since=math.inf)

    @contextlib.contextmanager
    def holding(self, lease: Lease) -> Iterator[None]:
        """Keep *lease* alive while the context is open: until the end of its task is told, not just reached."""
        now = time.monotonic()
        self._held = Held(lease.task, lease.seconds, now, now + lease.seconds / 3)
        if lease.seconds / 3 < BEAT:
            self._poke()
        try:
            yield
        finally:
            self._held = None

    def _watch(self) -> None:
        while not self._closed:
            self._notify(ALIVE)
            self._listen(self._pause())
            match decide(self._held, self._end_by, self._limit, time.monotonic()):
                case Duty.EXTEND:
                    self._extend()
                case Duty.GIVE_BACK:
                    self._give_back()
                case Duty.GIVE_UP:
                    self._give_up()
                case Duty.WAIT:
                    pass

    def _pause(self) -> float:
        dues = [BEAT]
        now, held = time.monotonic(), self._held
        if self._end_by is not None:
            dues.append(self._end_by - now)
        if held is not None:
            dues.append(min(held.extend_at, held.since + self._limit) - now)
        return max(0.0, min(dues))

    def _listen(self, timeout: float) -> None:
        if not select.select([self._ear], [], [], timeout)[0]:
            return
        heard = self._ear.recv(4096)
        if self._end_by is None and any(number in heard for number in STOP_SIGNALS):
            self._end_by = time.monotonic() + self._grace
            self._notify(STOPPING)

    def _extend(self) -> None:
        held = self._held
        if held is None:
            return
        pause = held.seconds / 3
        try:
            self._client.extend(held.task.id, self._worker)
        except QueueUnreachableError:  # its restart renews all leases; until then ask on
            pause = min(RETRY, pause)
        except MedicError as error:
            if self._held is held:
                log.warning("lease lost, the task runs on in vain", extra={"task": held.task.id, "reason": str(error)})
            pause = self._limit
        if self._held is held:
            self._held = replace(held, extend_at=time.monotonic() + pause)

    def _give_back(self) -> None:
        if (held := self._held) is not None:
            log.warning("task given back, it did not end within the grace", extra={"task": held.task.id})
            with contextlib.suppress(MedicError):  # then its lease runs out, which does the same later
                self._client.release(held.task.id, self._worker)
        _exit(0)

    def _give_up(self) -> None:
        """Fail a task that runs for too long and end the process: nothing else can stop a thread of Python."""
        if (held := self._held) is None:
            return
        text = (
            f"the task ran for longer than {self._limit:g} s, the longest that this worker allows; the worker has ended"
        )
        log.error("task ran too long, the worker ends", extra={"task": held.task.id})
        with contextlib.suppress(MedicError):
            self._client.fail(held.task.id, self._worker, text)
        _exit(1)

    def _poke(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._mouth.send(b"\0")

    def _forget_signals(self) -> None:
        """In a child that a task forks: end at TERM as processes do, instead of telling our thread of it."""
        if self._closed or not self._before:
            return
        signal.set_wakeup_fd(-1)
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)


def _note(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the number went into the wake-up socket already, even while the main thread is inside of C code."""


def _exit(code: int) -> None:
    """End the process from this thread, whatever its main thread is busy with."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
