"""redis-py over a connection that is there already, and is never made anew."""

from typing import cast

from redis._parsers import _RESP2Parser
from redis._parsers.socket import SocketBuffer
from redis.connection import AbstractConnection
from redis.utils import SENTINEL

from exporter.backends.source import BackendError
from exporter.backends.wire import Line

RESP = 2
"""Of the protocol; in version 3 the server may send what nobody asked for."""
END = b"\r\n"
LONGEST_LINE = 1 << 16
"""Bytes, as Redis' own limit for what is no bulk."""
KEPT = 1 << 20
"""Bytes of what was read already that may be kept."""


class Buffer(SocketBuffer):
    """What was received and is not read yet; redis-py's own drops nothing until nothing is unread.

    Under a flood of events that never comes, and all of it would be kept.
    """

    def readline(self, timeout: float | object = SENTINEL) -> bytes:
        """Refuse a line without end: redis-py would gather it, copying all that it has each time.

        Lines hold lengths, numbers and errors alone; what is long comes with its length before it.
        """
        line: bytes = self._buffer.readline()
        while not line.endswith(END):
            if len(line) > LONGEST_LINE:
                raise BackendError("answered a line without end: is it a Redis?")
            self._read_from_socket(timeout=timeout)
            line += self._buffer.readline()
        return line.removesuffix(END)

    def purge(self) -> None:
        """Drop what was read, now and then also where something is unread."""
        if self.get_pos() < KEPT:
            super().purge()
            return
        unread = self._buffer.read()
        self._buffer.seek(0)
        self._buffer.truncate()
        self._buffer.write(unread)
        self._buffer.seek(0)


class Parser(_RESP2Parser):
    """redis-py's parser with our buffer, also where hiredis is installed, whose parser looks at the socket itself."""

    def on_connect(self, connection: AbstractConnection) -> None:
        """Read from a connection that is open."""
        super().on_connect(connection)  # type: ignore[no-untyped-call]  # redis-py has no types here
        self._buffer = Buffer(self._sock, self.socket_read_size, None)  # type: ignore[arg-type]  # None is no timeout


class DialledConnection(AbstractConnection):
    """A connection of redis-py that lives as long as its line."""

    host = ""
    """The driver need not know where it is connected to."""

    def __init__(self, line: Line, *, username: str | None, password: str | None, database: int) -> None:
        """Say nothing yet: `connect` signs in and chooses the *database*."""
        self.line = line
        super().__init__(
            db=database,
            username=username,
            password=password,
            socket_timeout=None,
            protocol=RESP,
            parser_class=Parser,
            driver_info=None,
        )

    def repr_pieces(self) -> list[tuple[str, object]]:
        """Tell nothing of the address, which may hold a password."""
        return []

    def _connect(self) -> Line:
        return self.line

    def _host_error(self) -> str:
        return "Redis"


def refusal(error: Exception) -> str:
    """Return an error of Redis' in its own words, of which the driver sets the first apart."""
    code = cast("str | None", getattr(error, "status_code", None))
    return f"{code} {error}" if code else str(error)
