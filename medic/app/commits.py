"""How the journal's commits went: counted in the writer's thread, shown as metrics, told when that changes."""

import logging
import math
from bisect import bisect_left
from itertools import accumulate

from medic.core.samples import Family, Kind, Sample, counter, labels, written

log = logging.getLogger(__name__)

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
NAME = "medic_journal_commit_seconds"


class Commits:
    """Counts; one thread adds, any may read."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0
        self._failures = 0
        self.error = ""
        """What kept the last commit from being made; empty while all is written."""

    def add(self, seconds: float, error: str = "") -> None:
        """Count one commit, with what failed it; a failure is logged when it begins and when it is over."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self._sum += seconds
        self._failures += bool(error)
        if error and not self.error:
            log.error("journal cannot be written", extra={"error": error})
        elif self.error and not error:
            log.warning("journal is written again", extra={"failures": self._failures})
        self.error = error

    def families(self) -> list[Family]:
        """Lay the counts out: a classic histogram, and a counter that is there from the start."""
        failures = counter("medic_journal_failures_total", "Commits of the journal that failed.", ((), self._failures))
        return [self._histogram(), failures]

    def _histogram(self) -> Family:
        totals = list(accumulate(self._counts))
        counts = zip((*BOUNDS, math.inf), totals, strict=True)
        buckets = [Sample(f"{NAME}_bucket", labels(le=written(bound)), total) for bound, total in counts]
        tail = [Sample(f"{NAME}_sum", (), self._sum), Sample(f"{NAME}_count", (), totals[-1])]
        return Family(NAME, Kind.HISTOGRAM, "Seconds that commits of the journal took.", [*buckets, *tail])
