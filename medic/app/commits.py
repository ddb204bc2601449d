"""How long the journal's commits took: counted in the writer's thread, shown as a histogram."""

from bisect import bisect_left
from itertools import accumulate

from medic.core.samples import Family, Kind, Sample, labels

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
NAME = "medic_journal_commit_seconds"


class Commits:
    """Counts; one thread adds, any may read."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one commit."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self._sum += seconds

    def family(self) -> Family:
        """Lay the counts out as a classic histogram."""
        totals = list(accumulate(self._counts))
        bounds = [*map(str, BOUNDS), "+Inf"]
        buckets = [Sample(f"{NAME}_bucket", labels(le=le), n) for le, n in zip(bounds, totals, strict=True)]
        tail = [Sample(f"{NAME}_sum", (), self._sum), Sample(f"{NAME}_count", (), totals[-1])]
        return Family(NAME, Kind.HISTOGRAM, "Seconds that commits of the journal took.", [*buckets, *tail])
