"""How long successful probes took: a histogram since the start, and percentiles of the last hour."""

import math
from bisect import bisect_left
from collections import deque
from itertools import accumulate
from typing import NamedTuple

from medic.core.samples import Family, Kind, Sample, labels, written

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""
WRITTEN = tuple(map(written, (*BOUNDS, math.inf)))
WINDOW = 3600.0
MOST = 3600
"""Runs that are remembered; of a probe that comes more often than each second the window is shorter."""


class _Run(NamedTuple):
    at: float
    seconds: float
    success: bool


class Latency:
    """Counts the runs of one probe; written by one thread, read by any."""

    def __init__(self) -> None:
        """Know of no run yet."""
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0
        self._runs: deque[_Run] = deque(maxlen=MOST)

    def add(self, at: float, seconds: float, *, success: bool) -> None:
        """Count a run; *at* is on a monotonic clock. The time of one that failed is not its service's time."""
        self._runs.append(_Run(at, seconds, success))
        if success:
            self._counts[bisect_left(BOUNDS, seconds)] += 1
            self._sum += seconds

    def family(self, probe: str) -> Family:
        """Give ``medic_probe_duration_seconds`` over all runs that succeeded so far."""
        name, pairs = "medic_probe_duration_seconds", labels(probe=probe)
        counts, total = list(self._counts), self._sum
        samples = [
            Sample(f"{name}_bucket", labels(probe=probe, le=bound), count)
            for bound, count in zip(WRITTEN, accumulate(counts), strict=True)
        ]
        samples += [Sample(f"{name}_sum", pairs, total), Sample(f"{name}_count", pairs, sum(counts))]
        return Family(name, Kind.HISTOGRAM, "How long probes took that succeeded.", samples)

    def percentile(self, share: float, now: float) -> float | None:
        """Return what *share* (0 to 1) of the last hour's successful runs did not exceed; None when there are none."""
        times = sorted(run.seconds for run in self._recent(now) if run.success)
        return times[math.ceil(share * len(times)) - 1] if times else None

    def availability(self, now: float) -> float | None:
        """Return the share of the last hour's runs that succeeded; None when there are none."""
        recent = self._recent(now)
        return sum(run.success for run in recent) / len(recent) if recent else None

    def _recent(self, now: float) -> list[_Run]:
        return [run for run in list(self._runs) if run.at > now - WINDOW]
