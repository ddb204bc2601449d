"""Celery's queues in Redis, as kombu lays them out: lists, a channel for events, and one for commands."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from exporter.backends import redis
from exporter.backends.addresses import database
from exporter.backends.celery import messages
from exporter.backends.celery.broker import BEAT, PATIENCE, Order, late
from exporter.backends.celery.messages import Answer, Event, Parcel
from exporter.backends.complaints import translated
from exporter.backends.redis import Redis, Reply
from exporter.backends.source import BackendError, Source
from exporter.backends.wire import Deadline
from medic.core.queue import Json

PRESENT = "PING"
QUIET = 5.0
"""Seconds without a word after which a listener asks whether the broker is still there."""
SILENT = 15.0
"""Seconds without a word, not even an answer to that, after which the connection is dead."""
RESULT = "celery-task-meta-"


class RedisBroker:
    """One connection, for one reading."""

    def __init__(self, connection: Redis, database: int, monotonic: Callable[[], float]) -> None:
        """Use a connection on which *database* is chosen."""
        self._redis = connection
        self._prefix = f"/{database}."
        self._monotonic = monotonic
        self._oid = f"medic-{uuid.uuid4()}"

    def waiting(self, queue: str) -> int:
        """Count what waits in the lists of all priorities."""
        replies = self._redis.ask(*(("LLEN", name) for name in messages.lists(queue)))
        return sum(redis.number(reply) for reply in replies)

    def heads(self, queue: str) -> list[str]:
        """Return the ids of the tasks at the ends from which workers take."""
        replies = self._redis.ask(*(("LINDEX", name, -1) for name in messages.lists(queue)))
        ids = [messages.unwrap(reply).headers.get("id") for reply in replies if isinstance(reply, bytes)]
        return [id_ for id_ in ids if isinstance(id_, str)]

    def ask(self, orders: Sequence[Order], living: int) -> list[tuple[str, Answer]]:  # noqa: ARG002 - Redis knows better
        """Send commands and gather the answers; Redis tells how many workers it has reached."""
        replies, table = f"{self._oid}.{messages.REPLIES}", f"_kombu.binding.{messages.REPLIES}"
        member = messages.SEPARATOR.join([self._oid, "", replies])
        tickets = {str(uuid.uuid4()): order for order in orders}
        sent = [self._order(ticket, order) for ticket, order in tickets.items()]
        _, *reached = self._redis.ask(("SADD", table, member), *sent)
        wanted = [_capped(redis.number(reply), order) for reply, order in zip(reached, orders, strict=True)]
        found = [(tickets[each.ticket].method, each) for each in self._gather(replies, sum(wanted), {*tickets})]
        self._redis.ask(("SREM", table, member), ("DEL", replies))
        return found

    def _order(self, ticket: str, order: Order) -> tuple[str, str, bytes]:
        body = messages.command(order.method, order.arguments, ticket=ticket, oid=self._oid, hosts=[*order.hosts])
        parcel = Parcel(json.dumps(body).encode(), {"clock": 1, "expires": 0}, {"delivery_mode": 1, "priority": 0})
        data = messages.wrap(parcel, messages.CONTROL, "", str(uuid.uuid4()))
        return ("PUBLISH", f"{self._prefix}{messages.CONTROL}", data)

    def _gather(self, replies: str, wanted: int, tickets: set[str]) -> Iterator[Answer]:
        end = self._monotonic() + PATIENCE
        while wanted > 0 and self._monotonic() < end:
            (popped,) = self._redis.ask(("BRPOP", replies, 1))
            if not isinstance(popped, list) or not isinstance(popped[-1], bytes):
                return
            wanted -= 1
            headers, body = messages.unwrap(popped[-1])
            ticket = headers.get("ticket")
            if isinstance(ticket, str) and ticket in tickets:
                yield from messages.answers(ticket, body)

    def send(self, queue: str, parcel: Parcel) -> None:
        """Add a task to the list of the first priority, which is kombu's default."""
        (reply,) = self._redis.ask(("LPUSH", queue, messages.wrap(parcel, "", queue, str(uuid.uuid4()))))
        redis.number(reply)

    def result(self, task: str) -> Json:
        """Look for the task's result in the same database, where many have their result backend."""
        (found,) = self._redis.ask(("GET", f"{RESULT}{task}"))
        return messages.decode(found) if isinstance(found, bytes) else None


class RedisListener:
    """One subscription to the events, whatever their routing keys."""

    def __init__(self, connection: Redis, database: int, monotonic: Callable[[], float]) -> None:
        """Subscribe on a connection that is signed in."""
        self._redis = connection
        self._monotonic = monotonic
        channel = f"/{database}.{messages.EVENTS}"
        self._redis.tell(("PSUBSCRIBE", f"{channel}/*", channel))

    def batches(self) -> Iterator[list[Event]]:
        """Yield the events of each message; raises TimeoutError when the broker is not there any more."""
        heard = asked = self._monotonic()
        while True:
            if self._redis.has_more(BEAT, late(self._monotonic)):
                heard = self._monotonic()
                yield _pushed(self._redis.receive())
                continue
            now = self._monotonic()
            if now - heard > SILENT:
                raise TimeoutError("it has said nothing for too long")
            if now - max(heard, asked) > QUIET:
                asked = now
                self._redis.tell((PRESENT,))
            yield []

    def shut(self) -> None:
        """Have whoever waits for events fail."""
        self._redis.shut()


@contextmanager
def open_redis(source: Source, monotonic: Callable[[], float]) -> Iterator[RedisBroker]:
    """Connect for one reading, which ends within the source's timeout."""
    with redis.connected(source) as connection:
        yield RedisBroker(connection, database(source.url), monotonic)


@contextmanager
def listen_redis(source: Source, monotonic: Callable[[], float]) -> Iterator[RedisListener]:
    """Connect to listen: connecting ends within the source's timeout, listening goes on."""
    with translated(source, "Redis", redis.told), ExitStack() as stack:
        with Deadline(source.timeout) as deadline:
            connection = stack.enter_context(redis.reach(source, deadline))
        yield RedisListener(connection, database(source.url), monotonic)


def _pushed(reply: Reply) -> list[Event]:
    """Return the events of a message of the subscription, none of its other words; raises BackendError for nonsense."""
    match reply:
        case [b"pmessage", _, _, bytes(data)]:
            return [*messages.events(messages.unwrap(data).body)]
        case [b"psubscribe" | b"pong", *_]:
            return []
        case redis.Refusal(text):
            raise BackendError(f"refuses: {text}")
        case _:
            raise BackendError("does not speak Redis' protocol: is it the port of a Redis?")


def _capped(reached: int, order: Order) -> int:
    return min(reached, len(order.hosts)) if order.hosts else reached
