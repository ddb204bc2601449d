"""Canaries through Celery: a task that the user names, followed by its events, or by its result in the same Redis."""

import uuid
from datetime import timedelta

from exporter.backends.celery import messages
from exporter.backends.celery.reader import SILENT, CeleryReader
from exporter.backends.celery.tally import Ending
from exporter.backends.source import BackendError, Reader, Source
from medic.core.clock import Clock
from medic.core.queue import CANARY, TaskState

ORIGIN = "medic"
STATES = {"SUCCESS": TaskState.COMPLETED, "FAILURE": TaskState.FAILED, "REVOKED": TaskState.FAILED}
"""Of a result backend, https://docs.celeryq.dev/en/stable/reference/celery.states.html; others have not ended."""


class CeleryCarrier:
    """Sends canaries through one queue."""

    def __init__(self, source: Source, reader: CeleryReader, clock: Clock) -> None:
        """Send nothing yet; the reader hears the events."""
        self._source = source
        self._reader = reader
        self._clock = clock

    def send(self) -> str:
        """Add the task to the queue and return its id; it is not begun once nobody waits for it any more."""
        self._reader.begin(self._source.timeout)  # who sends first and listens then misses the answer
        id_ = f"{CANARY}{uuid.uuid4()}"
        seconds = self._source.canary_timeout
        expires = (self._clock.now() + timedelta(seconds=seconds)).isoformat()
        name = self._source.canary
        parcel = messages.task(name, id_, arguments=[], expires=expires, seconds=seconds, origin=ORIGIN)
        with self._reader.open() as broker:
            broker.send(self._reader.queue, parcel)
        return id_

    def look(self, id_: str) -> TaskState:
        """Tell how it stands; raises BackendError when nobody will ever tell."""
        ending = self._reader.ending(id_)
        if ending is not None:
            return TaskState.COMPLETED if ending is Ending.COMPLETED else TaskState.FAILED
        state = TaskState.PENDING if self._reader.is_amqp else self._result(id_)
        if state is TaskState.PENDING and self._reader.is_silent:
            raise BackendError(f"nobody knows how a canary ended: {SILENT}")
        return state

    def _result(self, id_: str) -> TaskState:
        with self._reader.open() as broker:
            result = broker.result(id_)
        status = result.get("status") if isinstance(result, dict) else None
        return STATES.get(status, TaskState.PENDING) if isinstance(status, str) else TaskState.PENDING


def carry(source: Source, reader: Reader, clock: Clock) -> CeleryCarrier | None:
    """Make the carrier of a queue; its canaries are followed by the events that its reader hears."""
    return CeleryCarrier(source, reader, clock) if isinstance(reader, CeleryReader) else None
