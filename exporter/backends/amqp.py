"""AMQP 0-9-1, as far as a reader needs it: how long queues are, asked by declaring them passively.

The frames and methods are those of https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf. Drivers read and wait
without an end that could be set for a whole conversation, and log what they are sent; this one does neither.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from exporter.backends.source import BackendError, Source
from exporter.backends.wire import Deadline, Stream, connect, secure

HEADER = b"AMQP\x00\x00\x09\x01"
METHOD = 1
END = 0xCE
LARGEST = 1 << 17
"""Bytes of a frame; brokers announce 128 KiB."""
MOST_FRAMES = 1_000
"""Of one conversation; heartbeats are among them."""
PORTS = {"amqp": 5672, "amqps": 5671}
SCHEMES = frozenset(PORTS)
NOT_FOUND = 404
CLIENT = b"\x0ccapabilitiesF\x00\x00\x00\x1f\x1cauthentication_failure_closet\x01"
"""Our properties: a wrong password is to be told instead of hanging up."""

Method = tuple[int, int]
START, START_OK, TUNE, TUNE_OK = (10, 10), (10, 11), (10, 30), (10, 31)
OPEN, OPEN_OK, CLOSE, CLOSE_OK = (10, 40), (10, 41), (10, 50), (10, 51)
CHANNEL_OPEN, CHANNEL_OPEN_OK, CHANNEL_CLOSE, CHANNEL_CLOSE_OK = (20, 10), (20, 11), (20, 40), (20, 41)
DECLARE, DECLARE_OK = (50, 10), (50, 11)


class Length(NamedTuple):
    """How long a queue is."""

    ready: int
    consumers: int


def lengths(source: Source, queues: Sequence[str]) -> list[Length | None]:
    """Return the length of each of *queues*, None of one that there is not; raises BackendError.

    The address is ``amqp://USER:PASSWORD@HOST[:PORT][/VHOST]``, or ``amqps://``; without a virtual host ``/`` is meant.
    """
    parts = urlsplit(source.url)
    host = parts.hostname or "127.0.0.1"
    try:
        with Deadline(source.timeout) as deadline:
            connection = connect(host, parts.port or PORTS[parts.scheme], deadline)
            if parts.scheme == "amqps":
                connection = secure(connection, host, source.ca_file)
            with connection, connection.makefile("rwb") as stream:
                return _Conversation(stream).hold(parts, queues)
    except (OSError, ValueError, struct.error) as error:
        raise BackendError(f"{source.place} does not answer ({_told(error)}): is the broker running?") from error
    except BackendError as error:
        raise BackendError(f"{source.place}: {error}") from error


class _Conversation:
    """One connection from its greeting to its end."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._frames = 0

    def hold(self, parts: SplitResult, queues: Sequence[str]) -> list[Length | None]:
        self._open(parts)
        found = [self._declare(channel, queue) for channel, queue in enumerate(queues, start=1)]
        self._send(0, CLOSE, struct.pack(">H", 200) + _short("") + bytes(4))
        self._expect(CLOSE_OK)
        return found

    def _open(self, parts: SplitResult) -> None:
        user, password = unquote(parts.username or "guest"), unquote(parts.password or "guest")
        vhost = unquote(parts.path.removeprefix("/"))
        self._stream.write(HEADER)
        self._stream.flush()
        self._expect(START)
        plain = f"\0{user}\0{password}".encode()
        self._send(0, START_OK, _long(CLIENT) + _short("PLAIN") + _long(plain) + _short("en_US"))
        channels, frame, _ = struct.unpack(">HIH", self._expect(TUNE)[:8])
        self._send(0, TUNE_OK, struct.pack(">HIH", channels, min(frame, LARGEST) or LARGEST, 0))
        self._send(0, OPEN, _short(vhost or "/") + b"\0\0")
        self._expect(OPEN_OK)

    def _declare(self, channel: int, queue: str) -> Length | None:
        """Ask in a channel of its own, which the broker closes when there is no such queue."""
        self._send(channel, CHANNEL_OPEN, b"\0")
        self._expect(CHANNEL_OPEN_OK)
        self._send(channel, DECLARE, bytes(2) + _short(queue) + b"\x01" + bytes(4))
        method, content = self._next()
        if method == DECLARE_OK:
            return Length(*struct.unpack_from(">II", content, 1 + content[0]))
        if method != CHANNEL_CLOSE:
            raise _nonsense()
        self._send(channel, CHANNEL_CLOSE_OK, b"")
        if struct.unpack_from(">H", content)[0] == NOT_FOUND:
            return None
        raise BackendError(f"refuses to tell of the queue {queue!r}: {_reason(content)}")

    def _send(self, channel: int, method: Method, content: bytes) -> None:
        payload = struct.pack(">HH", *method) + content
        self._stream.write(struct.pack(">BHI", METHOD, channel, len(payload)) + payload + bytes([END]))
        self._stream.flush()

    def _expect(self, wanted: Method) -> bytes:
        method, content = self._next()
        if method == CLOSE:
            raise BackendError(f"refuses: {_reason(content)}")
        if method != wanted:
            raise _nonsense()
        return content

    def _next(self) -> tuple[Method, bytes]:
        """Return the next method and its arguments; heartbeats are passed over."""
        while True:
            kind, payload = self._frame()
            if kind == METHOD and len(payload) > struct.calcsize(">HH"):
                return struct.unpack_from(">HH", payload), payload[4:]
            if kind == METHOD:
                return struct.unpack(">HH", payload), b""

    def _frame(self) -> tuple[int, bytes]:
        self._frames += 1
        kind, _, size = struct.unpack(">BHI", self._stream.read(7))
        if size > LARGEST or self._frames > MOST_FRAMES:
            raise _nonsense()
        payload = self._stream.read(size + 1)
        if payload[-1:] != bytes([END]) or len(payload) != size + 1:
            raise _nonsense()
        return kind, payload[:-1]


def _nonsense() -> BackendError:
    return BackendError("does not speak AMQP 0-9-1: is it the port of a broker?")


def _reason(content: bytes) -> str:
    """Return why something was closed, in the broker's words: they repeat names, never a password."""
    size = struct.unpack_from(">HB", content)[1]
    return content[3 : 3 + size].decode(errors="replace")


def _told(error: Exception) -> str:
    return str(error) or repr(error) if isinstance(error, OSError) else "it does not speak AMQP 0-9-1, or hung up"


def _short(text: str) -> bytes:
    content = text.encode()
    return bytes([len(content)]) + content


def _long(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content
