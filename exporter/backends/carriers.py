"""Canaries through queues of others: how one is sent and followed for each backend that can carry one.

A carrier is a module with ``carry(source, reader, clock) -> Carrier | None``. A backend that is not here cannot carry
one: a page of figures takes no tasks, RabbitMQ alone does not know what a task is, and an empty queue of huey does not
tell whether it is a list or a sorted set, so that a task put there as the wrong one would stop it.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol

from exporter.backends.source import Reader, Source
from medic.core.clock import Clock
from medic.core.queue import TaskState


class Carrier(Protocol):
    """Sends canaries through one queue; both block, and raise BackendError when the broker cannot be asked."""

    def send(self) -> str:
        """Add the task that the source names, and return its id, which begins with `CANARY`."""

    def look(self, id_: str) -> TaskState:
        """Tell how it stands; what nobody knows to have ended is pending."""


Carry = Callable[[Source, Reader, Clock], Carrier | None]

CARRIERS: Mapping[str, str] = {
    "celery": "celery.canary",
    "rq": "canaries.rq",
    "dramatiq": "canaries.dramatiq",
}
"""The module of each, in this package."""


def carry(source: Source, reader: Reader, clock: Clock) -> Carrier | None:
    """Make the carrier of a queue; None when it has no canary, or cannot carry one."""
    if not source.canary or source.backend not in CARRIERS:
        return None
    make: Carry = import_module(f"{__package__}.{CARRIERS[source.backend]}").carry
    return make(source, reader, clock)
