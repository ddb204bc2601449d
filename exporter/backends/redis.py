"""Redis, as far as a reader needs it: one connection, commands in a row, their replies bounded."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from exporter.backends.addresses import database
from exporter.backends.complaints import translated
from exporter.backends.source import BackendError, DriverError, Source
from exporter.backends.wire import Deadline, Line, dial

if TYPE_CHECKING:
    from exporter.backends.drivers.redis import DialledConnection

PORT = 6379
SHOWN = 100

Word = str | int | bytes


class Refusal(NamedTuple):
    """A command's error, in Redis' words."""

    text: str


Reply = None | int | bytes | Refusal | list["Reply"]


class Redis:
    """One connection to a Redis."""

    def __init__(self, connection: "DialledConnection") -> None:
        """Use a connection that is open; it stays the caller's to close."""
        self._connection = connection

    def ask(self, *commands: tuple[Word, ...]) -> list[Reply]:
        """Send *commands* at once and return their replies in order; an error of one is its reply."""
        self.tell(*commands)
        return [self.receive() for _ in commands]

    def tell(self, *commands: tuple[Word, ...]) -> None:
        """Send *commands* whose replies are received later, such as those of a subscription."""
        self._connection.send_packed_command(self._connection.pack_commands(commands), check_health=False)

    def has_more(self, seconds: float, is_late: Callable[[], bool]) -> bool:
        """Wait up to *seconds* for something to receive; for a connection that lives longer than one reading.

        What comes has to be received before it *is_late*.
        """
        self._connection.line.limit(is_late)
        self._connection.line.refill()
        return bool(self._connection.can_read(seconds))

    def receive(self) -> Reply:
        """Return the next reply, or the next message of a subscription."""
        from redis.exceptions import AuthenticationError, BusyLoadingError, ResponseError

        from exporter.backends.drivers.redis import refusal

        try:
            reply: Reply = self._connection.read_response(disconnect_on_error=False)
        except (ResponseError, AuthenticationError, BusyLoadingError) as error:
            return Refusal(refusal(error)[:SHOWN])
        return reply

    def shut(self) -> None:
        """End the connection for whoever waits for it, from another thread."""
        with suppress(OSError):
            self._connection.line.shutdown()


@contextmanager
def connected(source: Source) -> Iterator[Redis]:
    """Connect to the Redis of a queue, signed in and with its database chosen; all of it ends within the timeout.

    The address is ``redis://[USER][:PASSWORD]@HOST[:PORT][/DB]``, ``rediss://`` with TLS, or ``unix://PATH[?db=N]``.
    Raises BackendError, also for what goes wrong inside the context, with the address and without its password.
    """
    with translated(source, "Redis", told), Deadline(source.timeout) as deadline, reach(source, deadline) as redis:
        yield redis


@contextmanager
def reach(source: Source, deadline: Deadline) -> Iterator[Redis]:
    """Connect and sign in before the *deadline*, which ends what is done with the connection too, while it lasts."""
    driver, parts = _driver(source), urlsplit(source.url)
    with closing(dial(parts, PORT, deadline, ca_file=source.ca_file, tls=parts.scheme == "rediss")) as line:
        connection = _connection(driver, line, source)
        try:
            _sign_in(connection)
            yield Redis(connection)
        finally:
            connection.disconnect()


def _driver(source: Source) -> "type[DialledConnection]":
    try:
        from exporter.backends.drivers.redis import DialledConnection
    except ImportError as error:
        raise DriverError("redis", source.backend) from error
    return DialledConnection


def _connection(driver: "type[DialledConnection]", line: Line, source: Source) -> "DialledConnection":
    parts = urlsplit(source.url)
    user, password = unquote(parts.username or "") or None, unquote(parts.password or "") or None
    try:
        number = database(source.url)
    except ValueError as error:
        raise BackendError("names no database of Redis, which is a number") from error
    return driver(line, username=user if password else None, password=password, database=number)


def _sign_in(connection: "DialledConnection") -> None:
    from redis.exceptions import AuthenticationError, ResponseError

    from exporter.backends.drivers.redis import refusal

    try:
        connection.connect()
    except AuthenticationError as error:
        raise BackendError("refuses user and password: correct them in the address") from error
    except ResponseError as error:
        raise BackendError(f"refuses: {refusal(error)[:SHOWN]}") from error


def told(error: Exception) -> str:
    """Say what an error of the driver means; it raises others on bytes that are no Redis', too."""
    from redis.exceptions import ConnectionError as LostError
    from redis.exceptions import TimeoutError as LateError

    if isinstance(error, LateError):
        return "does not answer (nothing whole came in time): is Redis running?"
    if isinstance(error, LostError):
        return "ended its answer in the middle, or hung up: is Redis running?"
    return "does not speak Redis' protocol: is it the port of a Redis?"


def accepted(reply: Reply) -> Reply:
    """Return a reply that is no error; raises BackendError in Redis' words."""
    if isinstance(reply, Refusal):
        advice = ": put user and password into the address" if reply.text.startswith("NOAUTH") else ""
        raise BackendError(f"refuses: {reply.text}{advice}")
    return reply


def number(reply: Reply) -> int:
    """Return a reply that is a number, or raise BackendError."""
    if isinstance(found := accepted(reply), int):
        return found
    raise BackendError("answered something else than a number: is it a Redis?")


def texts(reply: Reply) -> list[bytes]:
    """Return a reply that is a list of texts, those that are missing left out, or raise BackendError."""
    if isinstance(found := accepted(reply), list):
        return [each for each in found if isinstance(each, bytes)]
    raise BackendError("answered something else than a list: is it a Redis?")


def fields(reply: Reply) -> list[str]:
    """Return the fields of a hash that were asked for, empty where there is none."""
    found = accepted(reply)
    if not isinstance(found, list):
        raise BackendError("answered something else than a list: is it a Redis?")
    return [each.decode(errors="replace") if isinstance(each, bytes) else "" for each in found]


def scored(reply: Reply) -> list[tuple[bytes, float]]:
    """Return the members of a sorted set with their scores, in the order of the reply, or raise BackendError."""
    words = texts(reply)
    try:
        return [(member, float(score)) for member, score in zip(words[::2], words[1::2], strict=True)]
    except ValueError as error:
        raise BackendError("answered scores that are no numbers: is it a Redis?") from error
