"""What a broker of Celery is asked, whichever it is."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from exporter.backends.celery.messages import Answer, Event, Parcel
from medic.core.queue import Json

BEAT = 1.0
"""Seconds after which a listener says at the latest that nothing came."""
WHOLE = 5.0
"""Seconds that an event may take to arrive once it has begun."""
PATIENCE = 1.0
"""Seconds that workers have to answer a command; those that answer at all do so within milliseconds."""


class Order(NamedTuple):
    """A command of Celery's remote control."""

    method: str
    arguments: dict[str, Json]
    hosts: tuple[str, ...] = ()
    """To whom; to all workers when empty."""


class Broker(Protocol):
    """An open connection to a broker; after it raised OSError or BackendError it is of no more use."""

    def waiting(self, queue: str) -> int:
        """Count the tasks that no worker has taken yet."""

    def heads(self, queue: str) -> list[str]:
        """Return the ids of the tasks that come next; empty when they cannot be looked at."""

    def ask(self, orders: Sequence[Order], living: int) -> list[tuple[str, Answer]]:
        """Send commands to the workers, and return what they answer within PATIENCE, each with its method.

        As many answers are waited for as the broker says that it reached workers, or, where it cannot say, *living*.
        """

    def send(self, queue: str, parcel: Parcel) -> None:
        """Add a task to a queue."""

    def result(self, task: str) -> Json:
        """Return what a result backend beside the queue says of a task; None when there is none, or it says nothing."""


class Listener(Protocol):
    """Hears the events of all workers; after it raised OSError or BackendError it is of no more use."""

    def batches(self) -> Iterator[list[Event]]:
        """Yield the events from now on, as they come, and none at least every BEAT seconds."""

    def shut(self) -> None:
        """Have whoever waits for events fail, from another thread; does not block."""


def late(monotonic: Callable[[], float]) -> Callable[[], bool]:
    """Make what tells whether an event that a listener begins to wait for now should have come by then."""
    end = monotonic() + BEAT + WHOLE
    return lambda: monotonic() > end
