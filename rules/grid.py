"""When a group is due: slots on a grid of its interval, rounded up to whole ticks."""

from dataclasses import dataclass


@dataclass(slots=True)
class Grid:
    """The slots of one group; times and spans are milliseconds."""

    interval_ms: int
    """Whole ticks."""
    tick_ms: int
    slot: int | None = None
    """The next one; None before the first evaluation."""
    last: int | None = None
    """When the group was last evaluated."""
    iterations: int = 0
    """Slots that have passed, those that were missed included."""
    missed: int = 0
    """Slots that passed without an evaluation, since the tick that it would have been came too late."""

    def is_due(self, at: int) -> bool:
        """Tell whether the tick *at* is the first at or after the slot; a clock that was set back makes it due.

        Ticks come a little early or late: half a tick of difference is none.
        """
        if self.slot is None or self.last is None or at < self.last:
            return True
        return at + self.tick_ms // 2 >= self.slot

    def advance(self, at: int) -> None:
        """Go on to the slot after *at*: on the grid that began with the first evaluation, the missed ones counted."""
        reached = at + self.tick_ms // 2
        begin = self.slot if self.slot is not None and reached >= self.slot else at
        missed = (reached - begin) // self.interval_ms
        self.slot = begin + self.interval_ms * (missed + 1)
        self.missed += missed
        self.iterations += missed + 1
        self.last = at

    def inherit(self, before: "Grid") -> None:
        """Take over the counts of the same group before a reload, and its place in time if its interval stayed."""
        self.last, self.iterations, self.missed = before.last, before.iterations, before.missed
        if self.interval_ms == before.interval_ms:
            self.slot = before.slot


def rounded(interval_ms: int | None, tick_ms: int) -> int:
    """Round a group's interval up to whole ticks; None is every tick."""
    return -(-(interval_ms or tick_ms) // tick_ms) * tick_ms
