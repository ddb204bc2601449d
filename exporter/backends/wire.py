"""Connections that end in time, whatever the other side does: silence, a byte now and then, or bytes without end."""

import contextlib
import socket
import threading
from pathlib import Path
from typing import Protocol, Self


class Stream(Protocol):
    """What a connection's ``makefile("rwb")`` gives, as far as readers use it."""

    def write(self, content: bytes, /) -> object:
        """Take what is to be sent; it may wait until `flush`."""

    def flush(self) -> object:
        """Send it."""

    def read(self, length: int, /) -> bytes:
        """Return *length* bytes, fewer when the other side has ended."""

    def readline(self, most: int, /) -> bytes:
        """Return what comes up to the end of the line, at most *most* bytes."""


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


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect over TCP to the first address of *host* that answers; raises OSError."""
    failed = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
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
