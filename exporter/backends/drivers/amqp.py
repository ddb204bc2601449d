"""py-amqp over a connection that is there already."""

from amqp import Connection
from amqp.exceptions import AMQPError
from amqp.transport import TCPTransport

from exporter.backends.source import BackendError
from exporter.backends.wire import Line

LARGEST_FRAME = 1 << 17
"""Bytes; what brokers announce unless told otherwise. The driver sets aside as many as it is told."""


class DialledTransport(TCPTransport):  # type: ignore[misc]  # py-amqp publishes no types
    """A transport of py-amqp that lives as long as its line; TLS is the line's affair."""

    def __init__(self, line: Line, write_timeout: float) -> None:
        """Send nothing yet."""
        super().__init__("", write_timeout=write_timeout)
        self._line = line

    def _connect(self, _host: str, _port: int, _timeout: float | None) -> None:
        self.sock = self._line

    def _read(self, n: int, *more: object) -> bytes:
        """Refuse a frame that is longer than was agreed: the driver would gather it, copying all it has each time."""
        if n > LARGEST_FRAME:
            raise BackendError("announced a frame of a length that was not agreed: is it an AMQP broker?")
        return bytes(super()._read(n, *more))

    def _set_socket_options(self, _settings: object) -> None:
        """Set none: the watch on the connection ends it, and it may be no TCP."""


class DialledConnection(Connection):  # type: ignore[misc]  # py-amqp publishes no types
    """A connection of py-amqp that lives as long as its line."""

    def __init__(
        self, line: Line, *, userid: str, password: str, virtual_host: str, heartbeat: int, step: float
    ) -> None:
        """Send nothing yet: `connect` signs in. A step of sending takes at most *step* seconds."""
        super().__init__(
            userid=userid, password=password, login_method="PLAIN", virtual_host=virtual_host, heartbeat=heartbeat
        )
        self.line = line
        self._step = step

    def Transport(self, *_told: object, **_more: object) -> DialledTransport:  # noqa: N802 - the driver's name of it
        """Return what the driver sends and receives through."""
        return DialledTransport(self.line, self._step)

    def _on_tune(self, channel_max: int, frame_max: int, server_heartbeat: int) -> None:
        super()._on_tune(channel_max, min(frame_max, LARGEST_FRAME), server_heartbeat)


def refusal(error: Exception) -> str | None:
    """Return why the broker closed a channel or the connection, in its words; None when it did not."""
    return str(error.reply_text) if isinstance(error, AMQPError) and error.method_sig is not None else None
