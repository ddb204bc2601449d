"""Connections that end in time, whatever the other side does: silence, a byte now and then, or bytes without end."""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, unquote

from exporter.backends.source import BackendError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

LARGEST = 16 << 20
"""Bytes of all that is received in one reading; no queue's figures are as long."""
CHUNK = 1 << 16
"""Bytes that are received at once, however many the driver was told that there will be: it sets aside as many."""
LINE = 64
"""Bytes that each line counts for beside its own: it may be an object, which takes as many in memory."""


class Deadline:
    """The end of one conversation: what is watched is shut down when the time is up, connecting included.

    A timeout of a socket begins anew with each byte; this one does not. Only the look-up of a name cannot be cut short.
    Leaving the context after the end raises TimeoutError, for what was read may be half of an answer.
    """

    def __init__(self, seconds: float) -> None:
        """Start no clock yet."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._passed = False

    def __enter__(self) -> Self:
        """Start the clock."""
        self._timer.start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Stop the clock, and close what was watched."""
        self._timer.cancel()
        with self._lock:
            self._release()
            passed = self._passed
        if passed:
            raise TimeoutError(f"no whole answer within {self._seconds:g} s") from error

    def watch(self, connection: socket.socket) -> None:
        """Shut this connection down at the end, instead of the one before; raises TimeoutError when it is too late."""
        with self._lock:
            self._release()
            if self._passed:
                raise TimeoutError(f"no answer within {self._seconds:g} s")
            self._held = connection.dup()  # it may be wrapped, detached or closed meanwhile; this one is ours

    def _end(self) -> None:
        with self._lock:
            self._passed = True
            if self._held is not None:
                with contextlib.suppress(OSError):
                    self._held.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


class Line:
    """A connection as drivers use a socket, over which no more than `LARGEST` is received until it is refilled.

    Drivers read for as long as the other side says something, and keep all of it.
    """

    def __init__(self, connection: socket.socket) -> None:
        """Use a connected socket, which is closed with this."""
        self._connection = connection
        self.left = LARGEST
        """What may still be received."""
        self._is_late: Callable[[], bool] = _never

    def refill(self) -> None:
        """Begin to count anew, for whoever has done with what was received."""
        self.left = LARGEST

    def limit(self, is_late: Callable[[], bool]) -> None:
        """Receive nothing more once it *is_late*; for who listens longer than a `Deadline` lasts."""
        self._is_late = is_late

    def recv(self, most: int) -> bytes:
        """Receive what is there; raises BackendError once it is too much, and TimeoutError once it is late."""
        if self._is_late():
            raise TimeoutError("it does not come to the end of what it says")
        content = self._connection.recv(min(most, CHUNK))
        self._spend(content)
        return content

    def sendall(self, content: "ReadableBuffer") -> None:
        """Send all of it."""
        self._connection.sendall(content)

    def settimeout(self, seconds: float | None) -> None:
        """Have each step take no longer."""
        self._connection.settimeout(seconds)

    def gettimeout(self) -> float | None:
        """Return how long a step may take."""
        return self._connection.gettimeout()

    def setsockopt(self, level: int, option: int, value: "int | ReadableBuffer") -> None:
        """Set an option of the socket."""
        self._connection.setsockopt(level, option, value)

    def shutdown(self, how: int = socket.SHUT_RDWR) -> None:
        """End the connection for whoever uses it; it stays to be closed."""
        self._connection.shutdown(how)

    def close(self) -> None:
        """Let go of the socket."""
        self._connection.close()

    def _spend(self, content: bytes) -> None:
        self.left -= len(content) + LINE * content.count(b"\n")
        if self.left < 0:
            raise BackendError("answered without end: no queue's figures are as long")


def _never() -> bool:
    return False


def dial(parts: SplitResult, port: int, deadline: Deadline, *, ca_file: Path | None, tls: bool) -> Line:
    """Connect to the broker of an address, at *port* unless it names one; raises OSError.

    The caller closes what it gets. An address ``unix://PATH`` is a socket of this host.
    """
    if parts.scheme == "unix":
        return Line(connect_file(unquote(parts.path), deadline))
    host = parts.hostname or "127.0.0.1"
    connection = connect(host, parts.port or port, deadline)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # small questions must not wait for each other
    return Line(secure(connection, host, ca_file) if tls else connection)


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect over TCP to the first address of *host* that answers; raises OSError."""
    failed = OSError(f"{host} has no address")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"no host can have this name ({error})") from error
    for family, kind, protocol, _, address in found:
        try:
            return _join(socket.socket(family, kind, protocol), address, deadline)
        except TimeoutError:
            raise
        except OSError as error:
            failed = error
    raise failed


def connect_file(path: str, deadline: Deadline) -> socket.socket:
    """Connect to the socket of this host that stands at *path*; raises OSError."""
    return _join(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), path, deadline)


def secure(connection: socket.socket, host: str, ca_file: Path | None) -> socket.socket:
    """Speak TLS over a connection, the name checked; the certificates in *ca_file* are trusted instead of the system's.

    Raises OSError; a file that is none says so.
    """
    import ssl

    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        connection.close()
        raise OSError(f"no certificates can be read from {ca_file}: give a file in PEM ({error})") from error
    return context.wrap_socket(connection, server_hostname=host)


def _join(connection: socket.socket, address: str | tuple[str | int | bytes, ...], deadline: Deadline) -> socket.socket:
    try:
        deadline.watch(connection)
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection
