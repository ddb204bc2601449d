"""AMQP 0-9-1, as far as readers need it: one connection in time, and how long queues are, asked passively."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from exporter.backends.complaints import line, translated
from exporter.backends.source import DriverError, Source
from exporter.backends.wire import Deadline, Line, dial

if TYPE_CHECKING:
    from exporter.backends.drivers.amqp import DialledConnection

SECURE = "amqps"
PORT, SECURE_PORT = 5672, 5671


class Length(NamedTuple):
    """How long a queue is."""

    ready: int
    consumers: int


def lengths(source: Source, queues: Sequence[str]) -> list[Length | None]:
    """Return the length of each of *queues*, None of one that there is not; raises BackendError.

    The address is ``amqp://USER:PASSWORD@HOST[:PORT][/VHOST]``, or ``amqps://``; without a virtual host ``/`` is meant.
    """
    with connected(source) as connection:
        return [length(connection, queue) for queue in queues]


def length(connection: "DialledConnection", queue: str) -> Length | None:
    """Ask for a queue without making it, in a channel of its own, which the broker closes when there is none."""
    from amqp.exceptions import NotFound

    try:
        declared = connection.channel().queue_declare(queue, passive=True)
    except NotFound:
        return None
    return Length(int(declared.message_count), int(declared.consumer_count))


@contextmanager
def connected(source: Source) -> Iterator["DialledConnection"]:
    """Connect for one reading, all of which ends within the source's timeout.

    Raises BackendError, also for what goes wrong inside the context, with the address and without its password.
    """
    with (
        translated(source, "the broker", told),
        Deadline(source.timeout) as deadline,
        reach(source, deadline) as connection,
    ):
        yield connection
        connection.close()


@contextmanager
def reach(source: Source, deadline: Deadline, *, heartbeat: int = 0) -> Iterator["DialledConnection"]:
    """Connect and sign in before the *deadline*, which ends what is done with the connection too, while it lasts.

    A *heartbeat* is the number of seconds between two signs of life of the broker; 0 for none.
    """
    driver, parts = _driver(source), urlsplit(source.url)
    tls = parts.scheme == SECURE
    with closing(dial(parts, SECURE_PORT if tls else PORT, deadline, ca_file=source.ca_file, tls=tls)) as line:
        connection = _connection(driver, line, source, heartbeat)
        try:
            connection.connect()
            yield connection
        finally:
            connection.collect()


def _driver(source: Source) -> "type[DialledConnection]":
    try:
        from exporter.backends.drivers.amqp import DialledConnection
    except ImportError as error:
        raise DriverError("amqp", source.backend) from error
    return DialledConnection


def _connection(driver: "type[DialledConnection]", line: Line, source: Source, heartbeat: int) -> "DialledConnection":
    parts = urlsplit(source.url)
    return driver(
        line,
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path.removeprefix("/")) or "/",
        heartbeat=heartbeat,
        step=source.timeout,
    )


def told(error: Exception) -> str:
    """Say what an error of the driver means; it raises others on bytes that are no AMQP, too."""
    from exporter.backends.drivers.amqp import refusal

    if reason := refusal(error):
        return f"refuses: {line(reason)}"
    return "does not speak AMQP 0-9-1: is it the port of a broker?"
