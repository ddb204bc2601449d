"""How long tasks ran and waited, as histograms; for backends that see single tasks."""

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

from medic.core.queue import Histogram
from medic.core.samples import labels

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0)
"""Seconds; those of the embedded queue, so that queues can be compared."""
MOST = 50
"""Task types that are told apart; whatever comes later counts as `OTHER`, so that the series are bounded."""
OTHER = "other"


@dataclass(slots=True)
class Tally:
    """One histogram that grows."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    sum: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one task; what a clock that was set back makes negative counts as 0."""
        self.counts[bisect_left(BOUNDS, max(0.0, seconds))] += 1
        self.sum += max(0.0, seconds)

    def histogram(self, task: str = "") -> Histogram:
        """Tell what was counted, under the label ``task`` unless that is empty."""
        buckets = tuple(zip((*BOUNDS, math.inf), accumulate(self.counts), strict=True))
        return Histogram(labels(task=task), buckets, self.sum, sum(self.counts))


class Durations:
    """A histogram for each task type, of which there are at most MOST and `OTHER`; for one thread."""

    def __init__(self) -> None:
        """Know no task yet."""
        self._tallies: dict[str, Tally] = {}

    def add(self, task: str, seconds: float) -> None:
        """Count a task of the type *task*; one without a type is left out of none and counts as `OTHER`."""
        known = task in self._tallies or len(self._tallies) < MOST
        self._tallies.setdefault(task if task and known else OTHER, Tally()).add(seconds)

    def histograms(self) -> tuple[Histogram, ...]:
        """Tell of every type, in the order in which they were first seen."""
        return tuple(tally.histogram(task) for task, tally in self._tallies.items())
