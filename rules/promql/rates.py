"""The rate family: what a window's first and last samples, and a counter's resets between, say about change."""

from collections.abc import Callable, Sequence
from operator import sub

from rules.blocks import Points
from rules.promql.bulk import FEW, Bulk, nameless
from rules.promql.frame import Dialect, Frame, VectorOf
from rules.promql.nodes import Node
from rules.promql.parts import Parts
from rules.rosters import Rows
from rules.views import Stretch

FAR = 1.1
"""A window's end is far when it is more than this many sample distances away: the series begins or ends there."""
AT_LEAST = 2


def extrapolated(
    stretch: Stretch, window: tuple[int, int], *, counter: bool, per: float, dialect: Dialect
) -> Sequence[float]:
    """Return the changes over the whole *window* (milliseconds), as Prometheus extrapolates them from the samples.

    The samples' own change is stretched to the ends of the window, but by half a sample distance where an end is far,
    and for a counter never to before the time at which it would have been zero. It is divided by *per*: the window's
    seconds for a rate, 1 for an increase. What does not depend on the values is worked out once for all series.
    """
    sampled = (stretch.last_at - stretch.first_at) / 1000
    distance = sampled / (stretch.samples - 1)
    far = distance * FAR
    to_start = (stretch.first_at - window[0]) / 1000
    to_end = (window[1] - stretch.last_at) / 1000
    if to_end >= far:
        to_end = distance / 2
    limit = to_start if dialect.zero_first or to_start < far else distance / 2

    def cut(first: float, change: float) -> float:
        """Stretch one counter's change, no farther back than to its zero."""
        start = min(limit, sampled * (first / change)) if change > 0 and first >= 0 else limit
        if start >= far:
            start = distance / 2
        return change * ((sampled + start + to_end) / sampled / per)

    firsts, changes = stretch.firsts, list(map(sub, stretch.lasts, stretch.firsts))
    usual = distance / 2 if limit >= far else limit
    factor = (sampled + usual + to_end) / sampled / per
    if not counter:
        return [change * factor for change in changes]
    if limit <= sampled and len(changes) > FEW:  # a counter that did not even double was zero before its stretch begins
        pairs = zip(firsts, changes, strict=True)
        found = [change * factor if change <= first else cut(first, change) for first, change in pairs]
    else:
        found = list(map(cut, firsts, changes))
    for index, fallen in stretch.fallen.items():
        change = changes[index]
        for before in fallen:
            change += before
        found[index] = cut(firsts[index], change)
    return found


def _extrapolating(*, counter: bool, per_second: bool) -> Callable[[Parts, tuple[Node, ...]], VectorOf]:
    def compile_call(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        windows = parts.windows(args[0])
        per = windows.range_ms / 1000 if per_second else 1.0

        def evaluate(frame: Frame) -> Rows:
            until = windows.until(frame)
            window, dialect = (until - windows.range_ms, until), frame.dialect
            found: Rows = [
                (stretch.roster, extrapolated(stretch, window, counter=counter, per=per, dialect=dialect))
                for stretch in windows.stretches(frame)
                if stretch.samples >= AT_LEAST
            ]
            return nameless(frame, found)

        return Bulk(evaluate)

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
