"""What went wrong between us and a broker, in a line that an operator can act on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from exporter.backends.source import BackendError, DriverError, Source
from medic.core.tasks import spared

SHOWN = 200
"""Letters of what a broker said."""


@contextmanager
def translated(source: Source, server: str, foreign: Callable[[Exception], str]) -> Iterator[None]:
    """Turn whatever goes wrong, also in a driver on bytes that are none of its own, into BackendError with the address.

    *server* is what has to run there; *foreign* says what a driver's own error means.
    """
    with spared() as raised:
        yield
    if raised:
        raise _told(source, server, raised[0], foreign) from raised[0]


def _told(source: Source, server: str, error: Exception, foreign: Callable[[Exception], str]) -> BackendError:
    if isinstance(error, DriverError):
        return error
    if isinstance(error, BackendError):
        return BackendError(f"{source.place}: {error}")
    if isinstance(error, OSError):
        return BackendError(f"{source.place} does not answer ({line(error)}): is {server} running?")
    return BackendError(f"{source.place} {foreign(error)}")


def line(said: object) -> str:
    """Return in one line, and shortly, what somebody said."""
    return " ".join((str(said) or repr(said)).split())[:SHOWN]
