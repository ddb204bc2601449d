"""Selectors and subqueries as functions of a frame."""

from collections.abc import Iterator, Sequence
from itertools import chain

from rules.blocks import Points, Span
from rules.labelsets import LabelSet
from rules.postings import Index, Matcher
from rules.promql.budget import Budget
from rules.promql.bulk import Bulk
from rules.promql.frame import LOOKBACK_MS, Frame, Samples, VectorOf
from rules.promql.nodes import Selector, Shift, Subquery, Window
from rules.rosters import Rows
from rules.selections import Selection
from rules.views import Stretch, View, stretch_of


class Finder:
    """The series that some matchers select, looked up again only after a series came or went."""

    def __init__(self, matchers: Sequence[Matcher]) -> None:
        """Look for what fulfils all *matchers*."""
        self.matchers = matchers
        self._memory: tuple[Index | None, int, Selection] = (None, 0, Selection(()))

    def __call__(self, view: View) -> Selection:
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

    def evaluate(frame: Frame) -> Rows:
        until = frame.moment(shift)
        return frame.view.rows(_chosen(find, frame), frame.since(until, LOOKBACK_MS), until)

    return Bulk(evaluate)


def _chosen(find: Finder, frame: Frame) -> Selection:
    """Return the series of an instant selector, after the budget was asked for a sample of each."""
    found = find(frame.view)
    if frame.budget is not None:
        frame.budget.spend(len(found))
    return found


def compile_moments(node: Selector) -> VectorOf:
    """Compile ``timestamp(selector)``: the times of the samples, in seconds."""
    find, shift = Finder(node.matchers), node.shift

    def evaluate(frame: Frame) -> Samples:
        until = frame.moment(shift)
        found = frame.view.moments(_chosen(find, frame), frame.since(until, LOOKBACK_MS), until)
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
        found = frame.view.windows(self._find(frame.view), frame.since(until, self.range_ms), until)
        return found if frame.budget is None else _metered(found, frame.budget)

    def spans(self, frame: Frame) -> Iterator[tuple[LabelSet, Span]]:
        """Yield the sums of each series that has samples."""
        return chain.from_iterable(stretch.spans() for stretch in self.stretches(frame))

    def stretches(self, frame: Frame) -> Sequence[Stretch]:
        """Return the same, in bulk."""
        until = frame.moment(self._shift)
        found = frame.view.stretches(self._find(frame.view), frame.since(until, self.range_ms), until)
        if frame.budget is not None:
            frame.budget.spend(sum(stretch.samples * len(stretch.roster.labels) for stretch in found))
        return found


class SubqueryOf:
    """A compiled subquery: an expression at each multiple of its step inside of the window."""

    def __init__(self, node: Subquery, inner: VectorOf) -> None:
        """Evaluate *inner* on the grid of *node*."""
        self.range_ms = node.range_ms
        self._shift: Shift = node.shift
        self._step = node.step_ms
        self._inner = inner

    def until(self, frame: Frame) -> int:
        """Return the newer end of the window."""
        return frame.moment(self._shift)

    def points(self, frame: Frame) -> Iterator[tuple[LabelSet, Points]]:
        """Yield the results of each series that has any; nothing is evaluated before the first is asked for."""
        until = frame.moment(self._shift)
        since = frame.since(until, self.range_ms)
        times: dict[LabelSet, list[int]] = {}
        values: dict[LabelSet, list[float]] = {}
        step = self._step or frame.dialect.step_ms
        for at in range((since // step + 1) * step, until + 1, step):
            frame.check()
            for labels, value in self._inner(frame.move(at)).items():
                times.setdefault(labels, []).append(at)
                values.setdefault(labels, []).append(value)
        for labels, found in times.items():
            yield labels, Points(found, values[labels])

    def spans(self, frame: Frame) -> Iterator[tuple[LabelSet, Span]]:
        """Yield the sums of each series that has results."""
        return chain.from_iterable(stretch.spans() for stretch in self.stretches(frame))

    def stretches(self, frame: Frame) -> Sequence[Stretch]:
        """Return the same, as other windows do; here each series comes for itself."""
        return [stretch_of(labels, points) for labels, points in self.points(frame)]


def _metered(found: Iterator[tuple[LabelSet, Points]], budget: Budget) -> Iterator[tuple[LabelSet, Points]]:
    """Ask the budget for each series before the next one is read."""
    for labels, points in found:
        budget.spend(len(points.values))
        yield labels, points
