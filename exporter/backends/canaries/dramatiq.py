"""Canaries through Dramatiq in Redis: a message to an actor without arguments, followed by where the message lies.

Dramatiq removes a message that succeeded and moves one that failed to ``.XQ`` (dramatiq/brokers/redis/dispatch.lua). In
RabbitMQ nobody but the workers can tell the two apart.
"""

import json
import uuid
from urllib.parse import urlsplit

from exporter.backends.addresses import IN_REDIS
from exporter.backends.redis import accepted, connected, number
from exporter.backends.source import Reader, Source
from medic.core.clock import Clock, to_ms
from medic.core.queue import CANARY, Json, TaskState

MILLISECONDS = 1000
NO_RETRIES = -1
"""Below 0, so that it also counts where 0 is taken for nothing that was said (dramatiq/middleware/retries.py)."""


class DramatiqCarrier:
    """Sends canaries through one queue of Dramatiq."""

    def __init__(self, source: Source, clock: Clock) -> None:
        """Send nothing yet."""
        self._source = source
        self._clock = clock
        self._key = f"dramatiq:{source.queue}"

    def send(self) -> str:
        """Add the message, which is dead once nobody waits for it any more."""
        id_ = f"{CANARY}{uuid.uuid4()}"
        text = message(
            self._source.canary, self._source.queue, id_, to_ms(self._clock.now()), self._source.canary_timeout
        )
        with connected(self._source) as redis:
            for reply in redis.ask(("HSET", f"{self._key}.msgs", id_, text), ("RPUSH", self._key, id_)):
                accepted(reply)
        return id_

    def look(self, id_: str) -> TaskState:
        """Tell by whether the message is still there, or among the dead, from whom it is then taken away."""
        with connected(self._source) as redis:
            alive, dead, *_ = redis.ask(
                ("HEXISTS", f"{self._key}.msgs", id_),
                ("HEXISTS", f"{self._key}.XQ.msgs", id_),
                ("ZREM", f"{self._key}.XQ", id_),
                ("HDEL", f"{self._key}.XQ.msgs", id_),
            )
        if number(dead):
            return TaskState.FAILED
        return TaskState.PENDING if number(alive) else TaskState.COMPLETED


def message(actor: str, queue: str, id_: str, now: int, seconds: float) -> str:
    """Write a message to *actor* as Dramatiq's default encoder does; *now* is in milliseconds."""
    limit = round(seconds * MILLISECONDS)
    options: Json = {"redis_message_id": id_, "max_retries": NO_RETRIES, "max_age": limit, "time_limit": limit}
    return json.dumps(
        {
            "queue_name": queue,
            "actor_name": actor,
            "args": [],
            "kwargs": {},
            "options": options,
            "message_id": id_,
            "message_timestamp": now,
        }
    )


def carry(source: Source, _reader: Reader, clock: Clock) -> DramatiqCarrier | None:
    """Make the carrier of a queue; None where it is not in Redis."""
    return DramatiqCarrier(source, clock) if urlsplit(source.url).scheme in IN_REDIS else None
