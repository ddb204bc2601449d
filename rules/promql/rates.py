"""The rate family: what a window's first and last samples, and a counter's resets between, say about change."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from rules.blocks import Points
from rules.panes import Stretch
from rules.promql.bulk import Bulk, nameless
from rules.promql.frame import Dialect, Frame, VectorOf
from rules.promql.nodes import Node
from rules.promql.parts import Parts, Windows
from rules.rosters import Rows

FAR = 1.1
"""A window's end is far when it is more than this many sample distances away: the series begins or ends there."""
AT_LEAST = 2


class Ends(NamedTuple):
    """How far the samples' own change is stretched to the ends of a window; all in seconds."""

    sampled: float
    """From the first sample to the last."""
    start: float
    """How far to stretch before the first sample, where no counter forbids it."""
    end: float
    far: float
    """From how far on a sample is far from the end of the window."""
    half: float
    """Half a sample distance, by which the change is stretched where an end is far."""
    ratio: float
    """What is stretched to what is sampled."""

    def cut(self, first: float, change: float) -> float:
        """Return the ratio for one counter, stretched no farther back than to its zero."""
        sampled, start, end, far, half, _ = self
        if change > 0 and first >= 0:
            start = min(start, sampled * (first / change))
        return (sampled + (half if start >= far else start) + end) / sampled


@lru_cache(maxsize=256)  # rules whose series are measured together ask for the same
def ends_of(samples: int, first_at: int, last_at: int, window: tuple[int, int], dialect: Dialect) -> Ends:
    """Work out how two or more samples are stretched to the ends of *window*; times in milliseconds."""
    sampled = (last_at - first_at) / 1000
    distance = sampled / (samples - 1)
    far, half = distance * FAR, distance / 2
    start, end = (first_at - window[0]) / 1000, (window[1] - last_at) / 1000
    if end >= far:
        end = half
    if start >= far and not dialect.zero_first:
        start = half
    return Ends(sampled, start, end, far, half, (sampled + (half if start >= far else start) + end) / sampled)


def extrapolated(
    stretch: Stretch, window: tuple[int, int], *, counter: bool, per: float, dialect: Dialect
) -> Sequence[float]:
    """Return the changes over the whole *window* (milliseconds), as Prometheus extrapolates them from the samples.

    The samples' own change is stretched to the ends of the window, but by half a sample distance where an end is far,
    and for a counter never to before the time at which it would have been zero. It is divided by *per*: the window's
    seconds for a rate, 1 for an increase. What does not depend on the values is worked out once for all series.
    """
    _, samples, first_at, last_at, firsts, lasts, every_fallen = stretch
    ends = ends_of(samples, first_at, last_at, window, dialect)
    factor = ends.ratio / per
    found: list[float] = []
    is_near = ends.start <= ends.sampled  # then a counter that did not even double was zero before its stretch begins
    for first, last in zip(firsts, lasts, strict=True):
        change = last - first
        if not counter or (is_near and change <= first):
            found.append(change * factor)
        else:
            found.append(change * (ends.cut(first, change) / per))
    if not counter:
        return found
    for index, fallen in every_fallen.items():
        change = lasts[index] - firsts[index]
        for before in fallen:
            change += before
        found[index] = change * (ends.cut(firsts[index], change) / per)
    return found


class Extrapolation:
    """A compiled ``rate``, ``increase`` or ``delta``."""

    __slots__ = ("_counter", "_per_second", "_windows")

    def __init__(self, windows: Windows, *, counter: bool, per_second: bool) -> None:
        """Extrapolate what *windows* hold, by the second or in all."""
        self._windows = windows
        self._counter = counter
        self._per_second = per_second

    def rows(self, frame: Frame) -> Rows:
        """Evaluate it in bulk."""
        windows, counter, dialect = self._windows, self._counter, frame.dialect
        until, length = windows.until(frame), windows.range_ms
        window, per = (until - length, until), length / 1000 if self._per_second else 1.0
        found: Rows = []
        for stretch in windows.stretches(frame, until):
            if stretch.samples >= AT_LEAST:
                changes = extrapolated(stretch, window, counter=counter, per=per, dialect=dialect)
                found.append((stretch.roster, changes))
        return nameless(frame, found)


def _extrapolating(*, counter: bool, per_second: bool) -> Callable[[Parts, tuple[Node, ...]], VectorOf]:
    def compile_call(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        return Bulk(Extrapolation(parts.windows(args[0]), counter=counter, per_second=per_second).rows)

    return compile_call


def irate(points: Points) -> float | None:
    """Return the rate per second between the last two samples; a smaller one is a counter that began again at 0."""
    change = idelta(points)
    if change is None or points.times[-1] == points.times[-2]:
        return None
    if points.values[-1] < points.values[-2]:
        change = points.values[-1]
    return change / ((points.times[-1] - points.times[-2]) / 1000)


def idelta(points: Points) -> float | None:
    """Return the difference of the last two samples."""
    return points.values[-1] - points.values[-2] if len(points.values) >= AT_LEAST else None


RATES = {
    "rate": _extrapolating(counter=True, per_second=True),
    "increase": _extrapolating(counter=True, per_second=False),
    "delta": _extrapolating(counter=False, per_second=False),
}
