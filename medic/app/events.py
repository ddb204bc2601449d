"""What happens, as it happens: a bus that pages and tools listen to, which never waits for a slow listener."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from medic.core.queue import Json

BACKLOG = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: its kind (``tick``, ``exit``) and what is known of it."""

    kind: str
    body: dict[str, Json]


@dataclass(slots=True)
class Bus:
    """Hands each event to all who listen now; one who falls behind by a thousand loses the rest."""

    _listeners: set["asyncio.Queue[Event]"] = field(default_factory=set)

    def publish(self, kind: str, **body: Json) -> None:
        """Tell all listeners; costs nothing when there are none."""
        for listener in self._listeners:
            if not listener.full():
                listener.put_nowait(Event(kind, body))

    @contextmanager
    def listen(self) -> Iterator["asyncio.Queue[Event]"]:
        """Yield a queue that receives all events from now on."""
        listener: asyncio.Queue[Event] = asyncio.Queue(BACKLOG)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
