"""Selectors and subqueries as functions of a frame."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rules.blocks import Span, Track
from rules.labelsets import LabelSet
from rules.postings import Index, Matcher
from rules.promql.frame import INTERVAL_MS, LOOKBACK_MS, Frame, Samples, VectorOf
from rules.promql.nodes import Selector, Shift, Subquery, Window
from rules.views import Points, View


class Finder:
    """The series that some matchers select, looked up again only after a series came or went."""

    def __init__(self, matchers: Sequence[Matcher]) -> None:
        """Look for what fulfils all *matchers*."""
        self.matchers = matchers
        self._memory: tuple[Index | None, int, tuple[Track, ...]] = (None, 0, ())

    def __call__(self, view: View) -> tuple[Track, ...]:
        """Return the matching series of *view*."""
        index, generation, tracks = self._memory
        if view.index is not index or index.generation != generation:
            generation = view.index.generation
            tracks = view.select(self.matchers)
            self._memory = (view.index, generation, tracks)
        return tracks


def compile_selector(node: Selector) -> VectorOf:
    """Compile an instant vector selector: the newest sample within the lookback, unless it is stale."""
    find, shift = Finder(node.matchers), node.shift

    def evaluate(frame: Frame) -> Samples:
        until = frame.moment(shift)
        return frame.view.latest(find(frame.view), frame.since(until, LOOKBACK_MS), until)

    return evaluate


def compile_moments(node: Selector) -> VectorOf:
    """Compile ``timestamp(selector)``: the times of the samples, in seconds."""
    find, shift = Finder(node.matchers), node.shift

    def evaluate(frame: Frame) -> Samples:
        until = frame.moment(shift)
        found = frame.view.moments(find(frame.view), frame.since(until, LOOKBACK_MS), until)
        return frame.mapped({labels: float(at) for labels, at in found.items()}, lambda at: at / 1000)

    return evaluate


class WindowOf:
    """A compiled range vector selector."""

    def __init__(self, node: Window) -> None:
        """Compile *node*."""
        self.range_ms = node.range_ms
        self._shift = node.selector.shift
        self._find = Finder(node.selector.matchers)

    def until(self, frame: Frame) -> int:
        """Return the newer end of the window."""
        return frame.moment(self._shift)

    def points(self, frame: Frame) -> Iterator[tuple[LabelSet, Points]]:
        """Yield the samples of each series that has any."""
        until = frame.moment(self._shift)
        return frame.view.windows(self._find(frame.view), frame.since(until, self.range_ms), until)

    def spans(self, frame: Frame) -> Iterator[tuple[LabelSet, Span]]:
        """Yield the sums of each series that has samples."""
        until = frame.moment(self._shift)
        return frame.view.spans(self._find(frame.view), frame.since(until, self.range_ms), until)


class SubqueryOf:
    """A compiled subquery: an expression at each multiple of its step inside of the window."""

    def __init__(self, node: Subquery, inner: VectorOf) -> None:
        """Evaluate *inner* on the grid of *node*."""
        self.range_ms = node.range_ms
        self._shift: Shift = node.shift
        self._step = node.step_ms or INTERVAL_MS
        self._inner = inner

    def until(self, frame: Frame) -> int:
        """Return the newer end of the window."""
        return frame.moment(self._shift)

    def points(self, frame: Frame) -> Iterator[tuple[LabelSet, Points]]:
        """Yield the results of each series that has any."""
        until = frame.moment(self._shift)
        since = frame.since(until, self.range_ms)
        times: dict[LabelSet, list[int]] = {}
        values: dict[LabelSet, list[float]] = {}
        for at in range((since // self._step + 1) * self._step, until + 1, self._step):
            for labels, value in self._inner(frame.move(at)).items():
                times.setdefault(labels, []).append(at)
                values.setdefault(labels, []).append(value)
        return ((labels, Points(found, values[labels])) for labels, found in times.items())

    def spans(self, frame: Frame) -> Iterator[tuple[LabelSet, Span]]:
        """Yield the sums of each series that has results."""
        return ((labels, _span(points)) for labels, points in self.points(frame))


def _span(points: Points) -> Span:
    times, values = points
    fallen = [before for before, after in pairwise(values) if after < before]
    return Span(len(times), times[0], values[0], times[-1], values[-1], fallen)
