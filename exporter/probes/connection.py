"""Connections whose every step ends at one deadline."""

import io
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from exporter.probes.resolving import Address

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Deadline:
    """The instant at which a probe must be done, whatever it waits for."""

    def __init__(self, seconds: float, time: Callable[[], float]) -> None:
        """Count from now; *time* is a monotonic clock."""
        self._time = time
        self._at = time() + seconds

    def left(self) -> float:
        """Return the seconds that are left, which is more than nothing; raises TimeoutError when none are."""
        left = self._at - self._time()
        if left <= 0:
            raise TimeoutError
        return left


class Channel(io.RawIOBase):
    """A connected socket; a peer that gives a byte now and then cannot stretch the deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        """Own *connected* from now on."""
        self._socket = connected
        self._deadline = deadline

    def readable(self) -> bool:
        """Tell io that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read what is there, at least a byte; 0 is the end. Raises TimeoutError and OSError."""
        self._socket.settimeout(self._deadline.left())
        return self._socket.recv_into(buffer)

    def send(self, content: bytes) -> None:
        """Send all of *content*."""
        rest = memoryview(content)
        while rest:
            self._socket.settimeout(self._deadline.left())
            rest = rest[self._socket.send(rest) :]

    def makefile(self, *_mode: str) -> io.BufferedReader:
        """Return a reader, as ``http.client.HTTPResponse`` asks a socket for one; closing it closes this."""
        return io.BufferedReader(self)

    def close(self) -> None:
        """End the connection without waiting."""
        self._socket.close()
        super().close()


def connect(addresses: Sequence[Address], deadline: Deadline) -> tuple[socket.socket, str]:
    """Connect to the first of *addresses* that takes it, and say which; each gets its share of the time that is left.

    Raises the last one's OSError when none does.
    """
    error: OSError = OSError("the name has no address")
    for index, address in enumerate(addresses):
        tried = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            tried.settimeout(deadline.left() / (len(addresses) - index))
            tried.connect(address.place)
        except OSError as refused:
            tried.close()
            error = refused
        else:
            return tried, str(address.place[0])
    raise error


def secure(plain: socket.socket, context: ssl.SSLContext, host: str, deadline: Deadline) -> ssl.SSLSocket:
    """Speak TLS on *plain*, which is closed when that fails; raises ssl.SSLError for a certificate that is not good."""
    try:
        plain.settimeout(deadline.left())
        return context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
