"""How much one query may read, and for how long."""

from collections.abc import Callable

from rules.promql.errors import EvaluationError

PATIENCE = 20_000
"""Samples that are read between two looks at the clock, some milliseconds' work."""
MOST_KEPT = 1_000_000
"""Points that an answer over time may have; until it is written each takes some 200 bytes."""


class Budget:
    """What one query may spend; each query needs one of its own, or ``renew``.

    It is asked before samples are read, so that a query that is too large fails before it fills the memory.
    """

    __slots__ = ("_clock", "_deadline", "_due", "_max_samples", "kept", "spent")

    def __init__(self, *, max_samples: int, deadline: float, clock: Callable[[], float]) -> None:
        """Allow *max_samples*, and time until *clock*, which never goes back, shows *deadline* (both in seconds)."""
        self._max_samples = max_samples
        self._deadline = deadline
        self._clock = clock
        self._due = 0
        self.kept = 0
        self.spent = 0
        """Samples that were asked for; those of each step of a subquery or a range query count again."""

    def renew(self, deadline: float) -> None:
        """Begin anew for the next query, whose time has just begun and lasts until *deadline*."""
        self._deadline = deadline
        self._due = PATIENCE
        self.kept = self.spent = 0

    def spend(self, samples: int) -> None:
        """Ask for *samples*; raises EvaluationError when there were too many or the time is up."""
        self.spent += samples
        if self.spent > self._max_samples:
            raise EvaluationError(
                f"the query would read more than {self._max_samples} samples: select fewer series, shorten its ranges "
                "or widen its steps, or raise `rules.max_samples`"
            )
        if self.spent >= self._due:
            self._due = self.spent + PATIENCE
            self.check()

    def check(self) -> None:
        """Raise EvaluationError when the time is up; for loops that read nothing new."""
        if self._clock() >= self._deadline:
            raise EvaluationError("the query timed out: make it cheaper, or raise `rules.timeout`")

    def keep(self, points: int) -> None:
        """Count *points* of an answer over time; raises EvaluationError when it grows too large for the memory."""
        self.kept += points
        if self.kept > MOST_KEPT:
            raise EvaluationError(
                f"the answer would have more than {MOST_KEPT} points: select fewer series, or widen the step"
            )
