"""Canaries through queues of others: how one is sent and followed for each backend that can carry one.

A carrier is a module with ``carry(source, reader, clock) -> Carrier | None``. A backend that is not here cannot carry
one: a page of figures takes no tasks, RabbitMQ alone does not know what a task is, and an empty queue of huey does not
tell whether it is a list or a sorted set, so that a task put there as the wrong one would stop it.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from exporter.backends.canaries import dramatiq, rq
from exporter.backends.celery import canary as celery
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

CARRIERS: Mapping[str, Carry] = {
    "celery": celery.carry,
    "rq": rq.carry,
    "dramatiq": dramatiq.carry,
}


def carry(source: Source, reader: Reader, clock: Clock) -> Carrier | None:
    """Make the carrier of a queue; None when it has no canary, or cannot carry one."""
    make = CARRIERS.get(source.backend)
    return make(source, reader, clock) if make and source.canary else None
