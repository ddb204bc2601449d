"""Loading test series as time goes on: each keeps its gaps, and ends only where it is marked as stale."""

from collections.abc import Iterable, Iterator
from heapq import merge
from typing import NamedTuple

from medic.core.samples import Sample
from rules.labelsets import NAME
from rules.series import Series
from rules.testing.notation import Mark, Point
from rules.testing.suite import Case, Input


class Batch(NamedTuple):
    """What one lane writes at a time, in milliseconds; nothing marks its series as stale."""

    at_ms: int
    lane: str
    samples: tuple[Sample, ...]


class Feed:
    """The series of a test on their way into the store."""

    def __init__(self, case: Case, series: Series) -> None:
        """Load nothing yet."""
        self._series = series
        self._batches = batches(case)
        self._next = next(self._batches, None)

    def until(self, at_ms: int) -> None:
        """Load what is written up to *at_ms*."""
        while self._next is not None and self._next.at_ms <= at_ms:
            self._series.append_samples(self._next.samples, self._next.at_ms, source=self._next.lane)
            self._next = next(self._batches, None)


def batches(case: Case) -> Iterator[Batch]:
    """Lay the series of a test out in time.

    Series with the same gaps and ends share a lane: a lane's series vanish together, so that what a gap means for one
    of them is never said of another.
    """
    lanes: dict[tuple[bool | None, ...], list[Input]] = {}
    for each in case.inputs:
        lanes.setdefault(tuple(map(_shape, each.points)), []).append(each)
    named = enumerate(lanes.values())
    return merge(*(_lane(f"test series {number}", inputs, case) for number, inputs in named), key=lambda one: one.at_ms)


def _shape(point: Point) -> bool | None:
    """Tell a number (True) from a stale mark (False) and from a gap."""
    return None if point is Mark.NOTHING else point is not Mark.STALE


def _lane(lane: str, inputs: list[Input], case: Case) -> Iterator[Batch]:
    keys = [_key(each) for each in inputs]
    for index, row in enumerate(zip(*(each.points for each in inputs), strict=True)):
        if row[0] is Mark.NOTHING:
            continue
        yield Batch(case.start_ms + index * case.interval_ms, lane, tuple(_samples(keys, row)))
        if not case.interval_ms:  # all values are of one time, and the first counts
            return


def _key(each: Input) -> Sample:
    pairs = dict(each.labels)
    name = pairs.pop(NAME, "")
    return Sample(name, tuple(sorted(pairs.items())), 0.0)


def _samples(keys: Iterable[Sample], row: tuple[Point, ...]) -> Iterator[Sample]:
    for key, point in zip(keys, row, strict=True):
        if not isinstance(point, Mark):
            yield key._replace(value=point)
