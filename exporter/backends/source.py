"""What a backend is: a queue as its configuration names it, and the reader that asks it for its figures."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from medic.core.clock import Clock
from medic.core.errors import MedicError
from medic.core.queue import QueueFigures

Pairs = tuple[tuple[str, str], ...]


class BackendError(MedicError):
    """A queue could not be read; the text names its place without user and password, and what to do."""


class DriverError(BackendError):
    """A backend's Python package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        """Say how *package* gets here."""
        super().__init__(f'the Python package {package} is missing: pip install "hostmedic[{extra}]"')


@dataclass(frozen=True, slots=True)
class Source:
    """One queue of the configuration, as its backend needs it; a backend that needs more adds a field here."""

    name: str
    """Medic's name of it: the label ``queue``."""
    backend: str
    """The label ``backend``."""
    url: str = field(repr=False)
    """May hold user and password: show `place` instead."""
    queue: str = ""
    """The broker's name of it; empty where the page or the broker holds one queue alone."""
    timeout: float = 4.0
    """Seconds that one whole reading may take, connecting included."""
    fields: Pairs = ()
    """Of a page with words of its own: (figure, dotted path)."""
    headers: Pairs = field(default=(), repr=False)
    token: str = field(default="", repr=False)
    metrics: str = field(default="", repr=False)
    """Where workers tell how tasks ended; may hold user and password."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    enable_events: bool = False
    """Whether Celery's workers may be told to send the events of their tasks."""
    canary: str = ""
    """What is sent through the queue as a canary, by the queue's own name of it; empty for none."""
    canary_timeout: float = 60.0
    """Seconds in which a canary must have ended."""

    @property
    def place(self) -> str:
        """The address as it may be shown: without user, password, query and fragment."""
        return shown(self.url)


class Reader(Protocol):
    """Asks one queue, again and again."""

    def read(self) -> QueueFigures:
        """Ask now; raises BackendError when there is no answer, or one that makes no sense.

        It blocks, in a thread of the caller's, and returns or raises within the source's timeout whatever the other
        side does; the connection is closed again by then. Never called twice at once.
        """

    def close(self) -> None:
        """Let go of what is held between readings; does not block. There is no reading after it, and may be none."""


def shown(url: str) -> str:
    """Return *url* as errors, logs and pages may show it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the address"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


class Waiting(NamedTuple):
    """Tasks in a database file of huey."""

    pending: int
    scheduled: int


@dataclass(frozen=True, slots=True)
class Gates:
    """What readers reach the system through, beside sockets of their own."""

    clock: Clock
    huey_file: Callable[[Path, str, float], Waiting]
    """Counts the tasks of a queue of huey in a SQLite file, within that many seconds; raises MedicError."""
