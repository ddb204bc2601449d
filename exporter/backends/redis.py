"""Redis, as far as a reader needs it: one connection, commands in a row, their replies bounded.

The protocol is RESP 2 (https://redis.io/docs/latest/develop/reference/protocol-spec/). A driver of its own spares each
daemon some 15 MB of imports, and nothing that calls itself Redis can make it read without end.
"""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from exporter.backends.source import BackendError, Source
from exporter.backends.wire import Deadline, Stream, connect, connect_file, secure

LARGEST = 16 << 20
"""Bytes of all replies of one reading together."""
OVERHEAD = 64
"""Bytes that each reply counts for beside its own: it takes as many in memory."""
LONGEST_LINE = 1 << 12
DEEPEST = 4
PORT = 6379
SHOWN = 100
SCHEMES = frozenset({"redis", "rediss", "unix"})

Word = str | int | bytes


class Refusal(NamedTuple):
    """A command's error, in Redis' words."""

    text: str


Reply = None | int | bytes | Refusal | list["Reply"]


class Redis:
    """One connection to a Redis."""

    def __init__(self, stream: Stream) -> None:
        """Speak over *stream*; nothing is sent yet."""
        self._stream = stream
        self._left = LARGEST

    def ask(self, *commands: tuple[Word, ...]) -> list[Reply]:
        """Send *commands* at once and return their replies in order; an error of one is its reply."""
        self.tell(*commands)
        return [self._read(DEEPEST) for _ in commands]

    def tell(self, *commands: tuple[Word, ...]) -> None:
        """Send *commands* whose replies are received later, such as those of a subscription."""
        self._stream.write(b"".join(map(_write, commands)))
        self._stream.flush()

    def receive(self) -> Reply:
        """Return the next message of a subscription; each may be as long as all replies of one reading."""
        self._left = LARGEST
        return self._read(DEEPEST)

    def _read(self, depth: int, begun: bytes = b"") -> Reply:
        line = self._line(begun)
        kind, rest = line[:1], line[1:]
        match kind:
            case b"+":
                return rest
            case b"-":
                return Refusal(rest.decode(errors="replace")[:SHOWN])
            case b":":
                return _whole(rest)
            case b"$":
                return self._bulk(_whole(rest))
            case b"*" if depth:
                return self._list(_whole(rest), depth - 1)
            case _:
                raise BackendError("does not speak Redis' protocol: is it the port of a Redis?")

    def _bulk(self, length: int) -> bytes | None:
        return None if length < 0 else self._take(length + 2)[:-2]

    def _list(self, length: int, depth: int) -> list[Reply] | None:
        return None if length < 0 else [self._element(depth) for _ in range(length)]

    def _element(self, depth: int) -> Reply:
        """Read one element of a list; long lists hold texts alone, and this is the short way to them."""
        head = self._stream.readline(LONGEST_LINE)
        if head[:1] != b"$" or not head[1:-2].isdigit() or head[-2:] != b"\r\n":
            return self._read(depth, head)
        length = int(head[1:-2])
        self._left -= OVERHEAD
        return self._take(length + 2)[:-2]

    def _line(self, begun: bytes) -> bytes:
        line = begun or self._stream.readline(LONGEST_LINE)
        self._spend(len(line) + OVERHEAD)
        if not line.endswith(b"\r\n"):
            raise BackendError("ended its answer in the middle, or does not speak Redis' protocol")
        return line[:-2]

    def _take(self, length: int) -> bytes:
        self._spend(length)
        content = self._stream.read(length)
        if len(content) < length:
            raise BackendError("ended its answer in the middle")
        return content

    def _spend(self, length: int) -> None:
        self._left -= length
        if self._left < 0:
            raise BackendError(f"answered more than {LARGEST} bytes: no queue's figures are as long")


@contextmanager
def connected(source: Source) -> Iterator[Redis]:
    """Connect to the Redis of a queue, signed in and with its database chosen; all of it ends within the timeout.

    The address is ``redis://[USER][:PASSWORD]@HOST[:PORT][/DB]``, ``rediss://`` with TLS, or ``unix://PATH[?db=N]``.
    Raises BackendError, also for what goes wrong inside the context, with the address and without its password.
    """
    try:
        with Deadline(source.timeout) as deadline, _dial(source, deadline) as stream:
            redis = Redis(stream)
            sign_in(redis, source.url)
            yield redis
    except (OSError, ValueError) as error:
        raise BackendError(
            f"{source.place} does not answer ({str(error) or repr(error)}): is Redis running?"
        ) from error
    except BackendError as error:
        raise BackendError(f"{source.place}: {error}") from error


@contextmanager
def _dial(source: Source, deadline: Deadline) -> Iterator[Stream]:
    with dial(source, deadline) as connection, connection.makefile("rwb") as stream:
        yield stream


def dial(source: Source, deadline: Deadline) -> socket.socket:
    """Connect to the Redis of a queue, not signed in yet; the caller closes what it gets."""
    parts = urlsplit(source.url)
    if parts.scheme == "unix":
        return connect_file(unquote(parts.path), deadline)
    host = parts.hostname or "127.0.0.1"
    connection = connect(host, parts.port or PORT, deadline)
    return secure(connection, host, source.ca_file) if parts.scheme == "rediss" else connection


def sign_in(redis: Redis, url: str) -> None:
    """Give user and password, and choose the database; raises BackendError when it is refused."""
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if password:
        (answer,) = redis.ask(("AUTH", user, password) if user else ("AUTH", password))
        if isinstance(answer, Refusal):
            raise BackendError("refuses user and password: correct them in the address")
    if number := database(url):
        (answer,) = redis.ask(("SELECT", number))
        _ = accepted(answer)


def database(url: str) -> int:
    """Return the number of the database that an address names; raises ValueError for what is none."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return int(parse_qs(parts.query).get("db", ["0"])[0])
    return int(parts.path.strip("/") or 0)


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


def _whole(text: bytes) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise BackendError("does not speak Redis' protocol: is it the port of a Redis?") from error


def _write(command: Iterable[Word]) -> bytes:
    words = [word if isinstance(word, bytes) else str(word).encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
