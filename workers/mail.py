"""The messages in a keeper's mailbox."""

import asyncio
from dataclasses import dataclass

from medic.core.processes import ExitStatus, Process
from workers.plan import Order, Step


@dataclass(frozen=True, slots=True)
class Exited:
    """The process in a slot ended; sent once for each, so a slot is never refilled before it was read."""

    slot: int
    status: ExitStatus


@dataclass(frozen=True, slots=True)
class Silent:
    """A process has sent no heartbeat for too long."""

    slot: int
    process: Process


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in the mailbox, and where its answer goes."""

    message: Order | Exited | Silent
    answer: asyncio.Future[tuple[Step, ...]] | None = None
