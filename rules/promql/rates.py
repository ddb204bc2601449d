"""The rate family: what a window's first and last samples, and a counter's resets between, say about change."""

from collections.abc import Callable

from rules.blocks import Span
from rules.promql.frame import Dialect, Frame, Samples, VectorOf, twins
from rules.promql.nodes import Node
from rules.promql.parts import Parts
from rules.views import Points

FAR = 1.1
"""A window's end is far when it is more than this many sample distances away: the series begins or ends there."""
AT_LEAST = 2


def extrapolated(span: Span, window: tuple[int, int], *, counter: bool, per: float, dialect: Dialect) -> float:
    """Return the change over the whole *window* (milliseconds), as Prometheus extrapolates it from its samples.

    The samples' own change is stretched to the ends of the window, but by half a sample distance where an end is far,
    and for a counter never to before the time at which it would have been zero. It is divided by *per*: the window's
    seconds for a rate, 1 for an increase.
    """
    sampled = (span.last_at - span.first_at) / 1000
    distance = sampled / (span.samples - 1)
    change = span.last - span.first
    if counter:
        for before in span.fallen:
            change += before
    to_start = (span.first_at - window[0]) / 1000
    to_end = (window[1] - span.last_at) / 1000
    to_zero = sampled * (span.first / change) if counter and change > 0 and span.first >= 0 else to_start
    if dialect.zero_first:
        to_start = min(to_start, to_zero)
    if to_start >= distance * FAR:
        to_start = distance / 2
    if counter and not dialect.zero_first:
        to_start = min(to_start, to_zero)
    if to_end >= distance * FAR:
        to_end = distance / 2
    return change * ((sampled + to_start + to_end) / sampled / per)


def _extrapolating(*, counter: bool, per_second: bool) -> Callable[[Parts, tuple[Node, ...]], VectorOf]:
    def compile_call(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        windows = parts.windows(args[0])
        per = windows.range_ms / 1000 if per_second else 1.0

        def evaluate(frame: Frame) -> Samples:
            until = windows.until(frame)
            window, dialect = (until - windows.range_ms, until), frame.dialect
            found: Samples = {}
            for labels, span in windows.spans(frame):
                if span.samples >= AT_LEAST:
                    key = frame.nameless(labels)
                    if key in found:
                        raise twins()
                    found[key] = extrapolated(span, window, counter=counter, per=per, dialect=dialect)
            return found

        return evaluate

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
