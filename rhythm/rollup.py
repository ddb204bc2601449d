"""From samples to rollups: each series and window with its least, mean, greatest and last value. Pure."""

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from math import fsum, isfinite

from medic.core.rollups import Rollup
from medic.core.samples import Sample, Snapshot

PERIOD = 300_000
"""Milliseconds of a window."""


def pick(snapshot: Snapshot, names: Collection[str]) -> list[Sample]:
    """Take the samples of these names out of a snapshot, each with the time when it was measured."""
    found = (sample for family in snapshot.families for sample in family.samples if sample.name in names)
    return [sample if sample.at is not None else sample._replace(at=snapshot.at) for sample in found]


def roll_up(samples: Iterable[Sample], period: int = PERIOD) -> tuple[Rollup, ...]:
    """Make one rollup of each series and window of *period* milliseconds that has a sample.

    Each sample must carry its time. One that was picked again while its collector slept (same series, same time) counts
    once; what is not a finite number has no place in a mean and is left out.
    """
    points = sorted({(s.name, s.labels, s.at, s.value) for s in samples if s.at is not None and isfinite(s.value)})
    return tuple(_windows(points, period))


def _windows(points: list[tuple[str, tuple[tuple[str, str], ...], int, float]], period: int) -> Iterator[Rollup]:
    for (name, labels, window), found in groupby(points, key=lambda point: (*point[:2], point[2] // period)):
        values = [point[3] for point in found]
        share = fsum(value / len(values) for value in values)  # divided first: a sum of great values may overflow
        mean = min(max(share, min(values)), max(values))  # and division may round beyond the ends
        yield Rollup(name, labels, window * period, min(values), mean, max(values), values[-1], len(values))
