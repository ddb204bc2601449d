"""What the pools of one supervisor share, and what a keeper knows of each of its slots."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from medic.core.clock import Clock
from medic.core.targets import Target
from medic.core.workers import ExitReason, SlotState, Worker
from workers.heartbeats import Listener
from workers.oom import OomWatch
from workers.ports import Held, OnExit
from workers.slots import Occupant, Place


@dataclass(frozen=True, slots=True)
class House:
    """What the pools of one supervisor share."""

    state: Path
    config: Path | None
    clock: Clock
    on_exit: OnExit
    held: Held
    stopped: Callable[[], frozenset[Target]]
    oom: OomWatch
    start: Callable[[Coroutine[object, object, object], str], object]
    """Starts background work under a name."""


@dataclass(slots=True)
class Slot:
    """One slot as its keeper knows it."""

    place: Place
    occupant: Occupant | None = None
    ending: ExitReason | None = None
    """Why it is being stopped; None while nothing ends it."""
    again: bool = False
    """Start it again when it has ended."""
    replaces: ExitReason | None = None
    """Of an empty slot: why the last worker ended, when that calls for another."""
    ended: datetime | None = None
    """Of an empty slot: when its last process ended."""
    error: str = ""
    """Why the last start failed."""
    listener: Listener | None = None
    calm: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while nothing is being stopped."""

    @property
    def state(self) -> SlotState:
        """What is known of it."""
        if self.occupant is None:
            return SlotState.EMPTY
        return SlotState.STOPPING if self.ending else SlotState.RUNNING

    def worker(self, patience: timedelta | None, now: datetime) -> Worker:
        """Tell of the worker in it, which is to send a heartbeat within *patience* if it is listened to."""
        place, occupant, listener = self.place, self.occupant, self.listener
        if occupant is None:
            return Worker(place.pool, place.slot, self.state, ended=self.ended)
        silence = None if listener is None else timedelta(seconds=listener.silence)
        return Worker(
            place.pool,
            place.slot,
            self.state,
            occupant.process.id,
            occupant.since,
            adopted=occupant.process.adopted,
            heard=now - silence if silence is not None and listener is not None and listener.beaten else None,
            silence=silence,
            patience=None if listener is None else patience,
        )
