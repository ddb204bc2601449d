"""Since when things are as they are, measured on a clock that nobody sets."""

from collections.abc import Collection, Hashable
from datetime import datetime, timedelta
from typing import NamedTuple

from medic.core.clock import Clock


class _Mark(NamedTuple):
    state: Hashable
    at: float


class Stopwatch:
    """Remembers the state of each thing, and at which monotonic second it began."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing known."""
        self._clock = clock
        self._marks: dict[tuple[str, int], _Mark] = {}

    def since(self, thing: tuple[str, int], state: Hashable, began: datetime, now: datetime) -> datetime:
        """Return since when *thing* is in *state*, as the wall clock, which says *now*, would have it.

        *began* counts only when the state is new: from then on no setting of the wall clock makes it longer or shorter.
        """
        seconds = self._clock.monotonic()
        mark = self._marks.get(thing)
        if mark is None or mark.state != state:
            mark = self._marks[thing] = _Mark(state, seconds - max(0.0, (now - began).total_seconds()))
        return now - timedelta(seconds=seconds - mark.at)

    def keep(self, numbers: Collection[int]) -> None:
        """Forget all things but those of these *numbers*."""
        self._marks = {thing: mark for thing, mark in self._marks.items() if thing[1] in numbers}
