"""Dramatiq: what waits, what workers hold and what was given up, from Redis or RabbitMQ.

In Redis the keys are ``dramatiq:NAME`` (a list of ids), ``.msgs`` (a hash), ``.DQ`` for what is delayed, ``.XQ`` (a
sorted set by the time of death) and ``__acks__.WORKER.NAME`` (sets); in RabbitMQ the queues are ``NAME``, ``NAME.DQ``
and ``NAME.XQ``. RabbitMQ's management API (an ``http://`` address) tells more than AMQP does: what workers hold, and
what is delayed.

A message dies when its tries are used up: that is its failure, and what will be tried again is none. How messages
succeed is told by Dramatiq's middleware alone, inside the workers (`exporter.backends.middleware`); without its page
completions and the success ratio are absent.
"""

import json
from dataclasses import replace
from urllib.parse import urlsplit

from exporter.backends import amqp, rabbitmq
from exporter.backends.addresses import IN_REDIS
from exporter.backends.endings import Endings, Entry, take
from exporter.backends.middleware import SHARE, OutcomesReader
from exporter.backends.redis import Redis, Reply, connected, number, scored, texts
from exporter.backends.source import BackendError, Gates, Reader, Source
from exporter.backends.web import PORTS
from medic.core.clock import Clock, to_ms
from medic.core.queue import Json, QueueFigures

NAMESPACE = "dramatiq"
SILENT = 60_000
"""Milliseconds after which Dramatiq takes a process without heartbeat for dead."""
MOST = 10_000
"""Dead messages that are looked at."""
MOST_PROCESSES = 1_000


class RedisReader:
    """Reads one queue of a Dramatiq that uses Redis, and counts what dies."""

    def __init__(self, source: Source, clock: Clock) -> None:
        """Ask nothing yet."""
        self._source = source
        self._clock = clock
        self._dead = Endings()

    def read(self) -> QueueFigures:
        """Ask in two rounds; the second is about the processes and the message that the first names."""
        queue = f"{NAMESPACE}:{self._source.queue}"
        since = to_ms(self._clock.now()) - SILENT
        with connected(self._source) as redis:
            pending, head, delayed, dead, dead_now, processes = redis.ask(
                ("LLEN", queue),
                ("LRANGE", queue, 0, 0),
                ("HLEN", f"{queue}.DQ.msgs"),
                ("ZCARD", f"{queue}.XQ"),
                ("ZREVRANGE", f"{queue}.XQ", 0, MOST - 1, "WITHSCORES"),
                ("ZRANGEBYSCORE", f"{NAMESPACE}:__heartbeats__", since, "+inf", "LIMIT", 0, MOST_PROCESSES),
            )
            died, _ = take(self._dead, _entries(dead_now), most=MOST)
            held, oldest = _look_closer(redis, self._source.queue, texts(head), texts(processes))
        self._dead = died
        return QueueFigures(
            self._source.name,
            self._source.backend,
            up=True,
            pending=number(pending),
            running=held,
            delayed=number(delayed),
            dead=number(dead),
            failed=died.count,
            oldest_pending_at=oldest,
        )

    def close(self) -> None:
        """Nothing is held between readings."""


def _look_closer(redis: Redis, queue: str, head: list[bytes], processes: list[bytes]) -> tuple[int, int | None]:
    """Return how many messages the processes hold, and when the message at the head of the queue was made."""
    *held, message = redis.ask(
        *(("SCARD", b"%s:__acks__.%s.%s" % (NAMESPACE.encode(), each, queue.encode())) for each in processes),
        ("HMGET", f"{NAMESPACE}:{queue}.msgs", *(head or [b""])),
    )
    return sum(map(number, held)), next(map(made_at, texts(message)), None)


def made_at(message: bytes) -> int | None:
    """Return when a message was made, in milliseconds; None of one that is not JSON, which the encoder decides."""
    try:
        record: Json = json.loads(message)
    except (ValueError, RecursionError):
        return None
    made = record.get("message_timestamp") if isinstance(record, dict) else None
    return made if isinstance(made, int) and not isinstance(made, bool) and 0 <= made < 1 << 63 else None


def _entries(reply: Reply) -> list[Entry]:
    return [Entry(id_, score) for id_, score in scored(reply)]


class RabbitMQReader:
    """Reads one queue of a Dramatiq that uses RabbitMQ, over AMQP or the management API."""

    def __init__(self, source: Source) -> None:
        """Ask nothing yet."""
        self._source = source

    def read(self) -> QueueFigures:
        """Ask for the queue, and for those of delayed and dead messages."""
        return self._managed() if urlsplit(self._source.url).scheme in PORTS else self._declared()

    def close(self) -> None:
        """Nothing is held between readings."""

    def _managed(self) -> QueueFigures:
        """Ask the management API, a third of the time for each queue; its counters hold tries, and are not told."""
        queue, delayed, dead = (
            rabbitmq.find(self._source, each, timeout=self._source.timeout / 3) for each in self._queues()
        )
        if queue is None:
            raise self._missing()
        return QueueFigures(
            self._source.name,
            self._source.backend,
            up=True,
            pending=queue.ready,
            running=queue.unacknowledged,
            delayed=delayed.length if delayed else None,
            dead=dead.length if dead else None,
            workers=queue.consumers,
            oldest_pending_at=queue.head_at,
        )

    def _declared(self) -> QueueFigures:
        """Ask over AMQP, which does not tell of messages that a worker holds: delayed ones are, so nobody knows."""
        queue, _, dead = amqp.lengths(self._source, self._queues())
        if queue is None:
            raise self._missing()
        return QueueFigures(
            self._source.name,
            self._source.backend,
            up=True,
            pending=queue.ready,
            dead=dead.ready if dead else None,
            workers=queue.consumers,
        )

    def _queues(self) -> tuple[str, str, str]:
        name = self._source.queue
        return name, f"{name}.DQ", f"{name}.XQ"

    def _missing(self) -> BackendError:
        return BackendError(f"{self._source.place}: there is no queue {self._source.queue!r} in this virtual host")


def build(source: Source, gates: Gates) -> Reader:
    """Make the reader of a queue of Dramatiq; the address says which broker it uses."""
    if source.metrics:
        broker = replace(source, metrics="", timeout=source.timeout * (1 - 1 / SHARE))
        return OutcomesReader(build(broker, gates), source)
    in_redis = urlsplit(source.url).scheme in IN_REDIS
    return RedisReader(source, gates.clock) if in_redis else RabbitMQReader(source)
