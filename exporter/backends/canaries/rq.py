"""Canaries through RQ: a function without arguments, written as RQ writes a job, and followed by the job's status.

The keys and fields are those of RQ's own jobs (rq/job.py, ``Job.to_dict``) with its default serializer, pickle. A job
that nobody takes runs out: a worker passes over an id whose job is gone.
"""

import pickle
import uuid
import zlib
from datetime import datetime

from exporter.backends.redis import Refusal, accepted, connected
from exporter.backends.source import Reader, Source
from medic.core.clock import Clock
from medic.core.queue import CANARY, TaskState

MARGIN = 60
"""Seconds beyond its time for which an ended canary is kept."""
STATES = {
    b"finished": TaskState.COMPLETED,
    b"failed": TaskState.FAILED,
    b"stopped": TaskState.FAILED,
    b"canceled": TaskState.FAILED,
}
"""Others have not ended."""


class RqCarrier:
    """Sends canaries through one queue of RQ."""

    def __init__(self, source: Source, clock: Clock) -> None:
        """Send nothing yet."""
        self._source = source
        self._clock = clock

    def send(self) -> str:
        """Write the job, and put it at the end of the queue."""
        id_, queue = f"{CANARY}{uuid.uuid4()}", self._source.queue
        seconds = max(1, round(self._source.canary_timeout))
        job = fields(self._source.canary, queue, self._clock.now(), seconds)
        with connected(self._source) as redis:
            replies = redis.ask(
                ("HSET", f"rq:job:{id_}", *(word for pair in job for word in pair)),
                ("EXPIRE", f"rq:job:{id_}", seconds),
                ("SADD", "rq:queues", f"rq:queue:{queue}"),
                ("RPUSH", f"rq:queue:{queue}", id_),
            )
            for reply in replies:
                accepted(reply)
        return id_

    def look(self, id_: str) -> TaskState:
        """Read the job's status."""
        with connected(self._source) as redis:
            (status,) = redis.ask(("HGET", f"rq:job:{id_}", "status"))
        known = STATES.get(status) if isinstance(status, bytes) and not isinstance(status, Refusal) else None
        return known or TaskState.PENDING


def fields(function: str, queue: str, now: datetime, seconds: int) -> list[tuple[str, str | int | bytes]]:
    """Lay out a job that calls *function*, which may take so many *seconds*."""
    moment = f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"
    return [
        ("created_at", moment),
        ("enqueued_at", moment),
        ("data", zlib.compress(pickle.dumps((function, None, (), {})))),
        ("origin", queue),
        ("description", f"{function}()"),
        ("status", "queued"),
        ("timeout", seconds),
        ("result_ttl", seconds + MARGIN),
        ("failure_ttl", seconds + MARGIN),
    ]


def carry(source: Source, _reader: Reader, clock: Clock) -> RqCarrier:
    """Make the carrier of a queue."""
    return RqCarrier(source, clock)
