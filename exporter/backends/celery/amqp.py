"""Celery's queues in RabbitMQ: declared passively to count, and two exchanges for events and commands."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from exporter.backends import amqp
from exporter.backends.celery import messages
from exporter.backends.celery.broker import BEAT, PATIENCE, Order, late
from exporter.backends.celery.messages import Answer, Event, Parcel
from exporter.backends.complaints import translated
from exporter.backends.source import BackendError, Source
from exporter.backends.wire import Deadline
from medic.core.queue import Json

if TYPE_CHECKING:
    from amqp import Message
    from amqp.channel import Channel

    from exporter.backends.drivers.amqp import DialledConnection

HEARTBEAT = 10
"""Seconds between two signs of life on a connection that listens."""
LONGEST_REPLY_MS = 10_000
"""For how long the broker keeps our queue of answers once we are gone."""
EVENT_TTL_MS = 5_000
EVENT_QUEUE_MS = 60_000
"""What Celery's own receivers of events declare."""
MANY = 10_000
"""Answers: more than there are, when nobody knows how many workers live."""


class AmqpBroker:
    """One connection with one channel."""

    def __init__(self, connection: "DialledConnection", monotonic: Callable[[], float]) -> None:
        """Use a connection that is open."""
        self._connection = connection
        self._channel: Channel = connection.channel()
        self._monotonic = monotonic

    def waiting(self, queue: str) -> int:
        """Ask how many messages are ready."""
        length = amqp.length(self._connection, queue)
        if length is None:
            text = f"there is no queue {queue!r}: name one that its workers have declared, or start a worker"
            raise BackendError(text)
        return length.ready

    def heads(self, queue: str) -> list[str]:  # noqa: ARG002 - AMQP cannot look at a message without taking it
        """Return nothing: to look at a message is to take it."""
        return []

    def ask(self, orders: Sequence[Order], living: int) -> list[tuple[str, Answer]]:
        """Send commands and gather the answers, of as many workers as are thought to live."""
        oid = f"medic-{uuid.uuid4()}"
        tickets = {str(uuid.uuid4()): order for order in orders}
        found: list[tuple[str, Answer]] = []

        def take(message: "Message") -> None:
            ticket = (message.headers or {}).get("ticket")
            if ticket in tickets:
                body = messages.decode(_bytes(message.body))
                found.extend((tickets[ticket].method, answer) for answer in messages.answers(ticket, body))

        replies = self._declare_replies(oid)
        tag = self._channel.basic_consume(replies, no_ack=True, callback=take)
        for ticket, order in tickets.items():
            self._order(oid, ticket, order)
        wanted = sum(len(order.hosts) or living or MANY for order in orders)
        self._drain(self._monotonic() + PATIENCE, lambda: len(found) >= wanted)
        self._channel.basic_cancel(tag)  # and with its last consumer goes the queue
        return found

    def _declare_replies(self, oid: str) -> str:
        name = f"{oid}.{messages.REPLIES}"
        self._channel.exchange_declare(messages.REPLIES, "direct", durable=False, auto_delete=False)
        self._channel.exchange_declare(messages.CONTROL, "fanout", durable=False, auto_delete=False)
        limits = {"x-expires": LONGEST_REPLY_MS}
        self._channel.queue_declare(name, exclusive=True, auto_delete=True, arguments=limits)
        self._channel.queue_bind(name, messages.REPLIES, oid)
        return name

    def _order(self, oid: str, ticket: str, order: Order) -> None:
        body = messages.command(order.method, order.arguments, ticket=ticket, oid=oid, hosts=[*order.hosts])
        parcel = Parcel(json.dumps(body).encode(), {"clock": 1, "expires": 0}, {"delivery_mode": 1})
        self._publish(parcel, messages.CONTROL)

    def _drain(self, end: float, is_enough: Callable[[], bool]) -> None:
        with suppress(TimeoutError):
            while not is_enough() and (left := end - self._monotonic()) > 0:
                self._connection.drain_events(timeout=left)

    def send(self, queue: str, parcel: Parcel) -> None:
        """Publish a task to the default exchange, which leads to the queue of that name."""
        self._publish(parcel, "", queue)

    def result(self, task: str) -> Json:  # noqa: ARG002 - results over AMQP go to whoever asked for them
        """Return nothing: there are no results beside the queue."""
        return None

    def _publish(self, parcel: Parcel, exchange: str, key: str = "") -> None:
        from amqp import Message

        message = Message(
            parcel.body,
            content_type="application/json",
            content_encoding="utf-8",
            application_headers=parcel.headers,
            **parcel.properties,
        )
        self._channel.basic_publish(message, exchange, key)


class AmqpListener:
    """One queue of our own, which ends with the connection, bound to all events."""

    def __init__(self, connection: "DialledConnection", monotonic: Callable[[], float]) -> None:
        """Declare it on a connection that is open, with the limits of Celery's own receivers."""
        self._connection = connection
        self._monotonic = monotonic
        self._heard: list[Event] = []
        channel: Channel = connection.channel()
        channel.exchange_declare(messages.EVENTS, "topic", durable=True, auto_delete=False)
        name = f"{messages.EVENTS}.medic-{uuid.uuid4()}"
        limits = {"x-message-ttl": EVENT_TTL_MS, "x-expires": EVENT_QUEUE_MS}
        channel.queue_declare(name, exclusive=True, auto_delete=True, arguments=limits)
        channel.queue_bind(name, messages.EVENTS, "#")
        channel.basic_consume(name, no_ack=True, callback=self._take)

    def batches(self) -> Iterator[list[Event]]:
        """Yield the events of each message; heartbeats tell when the broker is not there any more."""
        while True:
            self._connection.line.refill()
            self._connection.line.limit(late(self._monotonic))
            with suppress(TimeoutError):
                self._connection.drain_events(timeout=BEAT)
            self._connection.heartbeat_tick()
            heard, self._heard = self._heard, []
            yield heard

    def shut(self) -> None:
        """Have whoever waits for events fail."""
        with suppress(OSError):
            self._connection.line.shutdown()

    def _take(self, message: "Message") -> None:
        self._heard += messages.events(messages.decode(_bytes(message.body)))


@contextmanager
def open_amqp(source: Source, monotonic: Callable[[], float]) -> Iterator[AmqpBroker]:
    """Connect for one reading, which ends within the source's timeout."""
    with amqp.connected(source) as connection:
        yield AmqpBroker(connection, monotonic)


@contextmanager
def listen_amqp(source: Source, monotonic: Callable[[], float]) -> Iterator[AmqpListener]:
    """Connect to listen: connecting ends within the source's timeout, listening goes on."""
    with translated(source, "the broker", amqp.told), ExitStack() as stack:
        with Deadline(source.timeout) as deadline:
            connection = stack.enter_context(amqp.reach(source, deadline, heartbeat=HEARTBEAT))
            listener = AmqpListener(connection, monotonic)
        yield listener


def _bytes(body: bytes | str) -> bytes:
    return body if isinstance(body, bytes) else body.encode()
