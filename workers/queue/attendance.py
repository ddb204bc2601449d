"""When each worker last came to a queue, kept in memory: a restarted server begins anew, and its workers come soon."""

from datetime import timedelta

from medic.core.clock import MILLISECOND
from medic.core.queue import Seen

MOST = 1000
"""Workers that are remembered; of more, those that have not come for longest are forgotten."""
KEPT = timedelta(hours=1) // MILLISECOND
"""Milliseconds after which one that has not come is forgotten: it was given another name, or is no more."""
SLACK = timedelta(seconds=10) // MILLISECOND
"""Milliseconds by which a worker may be late: it is busy with its own affairs between two tasks."""


class Attendance:
    """Who came, and by when each is to come again; times are milliseconds since the epoch."""

    def __init__(self) -> None:
        """Nobody came yet."""
        self._came: dict[str, tuple[int, int]] = {}
        """When each came, and by when it is to come again, in the order of their last coming."""

    def note(self, worker: str, now: int, within: int) -> None:
        """Note that *worker* came *now*, and comes again *within* so many milliseconds if it lives."""
        self._came.pop(worker, None)
        self._came[worker] = (now, now + within + SLACK)
        if len(self._came) > MOST:
            del self._came[next(iter(self._came))]

    def seen(self, now: int) -> tuple[Seen, ...]:
        """Return whoever came in the last hour, the last to come last."""
        self._came = {worker: (at, until) for worker, (at, until) in self._came.items() if at > now - KEPT}
        return tuple(Seen(worker, at, late=until < now) for worker, (at, until) in self._came.items())
