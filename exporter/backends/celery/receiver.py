"""The thread that listens to events for as long as Medic runs, and comes back whenever the broker does."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from exporter.backends.celery.broker import Listener
from exporter.backends.celery.messages import Event
from exporter.backends.source import BackendError
from medic.core.errors import unburden
from medic.core.tasks import spared

log = logging.getLogger(__name__)

FIRST, LONGEST = 0.5, 10.0
"""Seconds between two tries to connect, doubling."""
STUCK = 30.0
"""Seconds without a beat after which a connection is ended: what comes over it never makes a whole message."""


class Receiver:
    """A daemon thread that nobody joins; what it hears is handed on in its own thread."""

    def __init__(
        self,
        name: str,
        listen: Callable[[], AbstractContextManager[Listener]],
        take: Callable[[list[Event]], None],
        monotonic: Callable[[], float],
    ) -> None:
        """Start nothing yet; *take* is given every batch of events, empty ones too, and must not block."""
        self._name = name
        self._listen = listen
        self._take = take
        self._monotonic = monotonic
        self._listener: Listener | None = None
        self._beat = 0.0
        self._ended = threading.Event()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self.hearing = threading.Event()
        """Set while events are heard."""

    def begin(self) -> None:
        """Listen from now on; call it now and then, as a connection on which nothing moves is ended by it."""
        if self._thread is None and not self._ended.is_set():
            self._thread = threading.Thread(target=self._run, name=f"events of {self._name}", daemon=True)
            self._thread.start()
        elif self._monotonic() - self._beat > STUCK:
            self._cut()

    def hurry(self) -> None:
        """Connect without more ado: the broker was just seen to answer."""
        self._hurry.set()

    def end(self) -> None:
        """Have the thread end; does not wait for it."""
        self._ended.set()
        self._hurry.set()
        self._cut()

    def _cut(self) -> None:
        if (listener := self._listener) is not None:
            listener.shut()

    def _run(self) -> None:
        pause, told = FIRST, ""
        while not self._ended.is_set():
            with spared() as raised:
                self._hear()
            self._listener = None
            if not raised or self._ended.is_set():
                return
            reason = _reason(raised[0])
            unburden(raised[0])  # it is kept while nobody answers
            if self.hearing.is_set() or reason != told:
                log.warning("events of a queue are not heard", extra={"queue": self._name, "why": reason})
            pause = FIRST if self.hearing.is_set() else min(2 * pause, LONGEST)
            self.hearing.clear()
            told = reason
            self._hurry.clear()
            self._hurry.wait(0 if self._ended.is_set() else pause)

    def _hear(self) -> None:
        with self._listen() as listener:
            self._listener, self._beat = listener, self._monotonic()
            for batch in listener.batches():
                self._beat = self._monotonic()
                self.hearing.set()
                self._take(batch)
                if self._ended.is_set():
                    return


def _reason(error: Exception) -> str:
    """Say why it ended; what is no failure of the broker is a bug of ours, and is named by its kind."""
    return str(error) if isinstance(error, (BackendError, OSError)) and str(error) else repr(error)
