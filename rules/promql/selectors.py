"""Selectors and subqueries as functions of a frame."""

from collections.abc import Iterator, Sequence
from itertools import chain

from rules.blocks import Points, Span
from rules.labelsets import LabelSet
from rules.panes import Stretch, stretch_of
from rules.postings import Matcher, name_of
from rules.promql.budget import Budget
from rules.promql.bulk import Bulk
from rules.promql.frame import LOOKBACK_MS, Frame, Samples, VectorOf
from rules.promql.nodes import Selector, Shift, Subquery, Window
from rules.rosters import Rows
from rules.selections import Selection
from rules.views import View


class Finder:
    """The series that some matchers select, looked up again only after a series came or went."""

    __slots__ = ("_found", "_matchers", "_name")

    def __init__(self, matchers: tuple[Matcher, ...]) -> None:
        """Look for what fulfils all *matchers*."""
        self._matchers = matchers
        self._name = name_of(matchers)
        self._found = Selection(())

    def __call__(self, view: View) -> Selection:
        """Return the matching series of *view*."""
        found, index = self._found, view.index
        if found.origin is not index or index.changes.get(self._name, 0) != found.generation:
            found = self._found = index.share(self._matchers)
        return found


class Current:
    """A compiled instant vector selector: the newest sample within the lookback, unless it is stale."""

    __slots__ = ("_find", "_shift")

    def __init__(self, node: Selector) -> None:
        """Compile *node*."""
        self._find = Finder(node.matchers)
        self._shift = node.shift

    def rows(self, frame: Frame) -> Rows:
        """Read the series in bulk."""
        view, budget, until = frame.view, frame.budget, frame.moment(self._shift)
        found = self._find(view)
        if budget is not None:
            budget.spend(len(found.tracks))
        return view.rows(found, frame.since(until, LOOKBACK_MS), until)


def compile_selector(node: Selector) -> VectorOf:
    """Compile an instant vector selector."""
    return Bulk(Current(node).rows)


def compile_moments(node: Selector) -> VectorOf:
    """Compile ``timestamp(selector)``: the times of the samples, in seconds."""
    find, shift = Finder(node.matchers), node.shift

    def evaluate(frame: Frame) -> Samples:
        until, tracks = frame.moment(shift), find(frame.view)
        if frame.budget is not None:
            frame.budget.spend(len(tracks))
        found = frame.view.moments(tracks, frame.since(until, LOOKBACK_MS), until)
        return frame.mapped({labels: float(at) for labels, at in found.items()}, lambda at: at / 1000)

    return evaluate


class WindowOf:
    """A compiled range vector selector."""

    __slots__ = ("_find", "_shift", "range_ms")

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
        return chain.from_iterable(stretch.spans() for stretch in self.stretches(frame, self.until(frame)))

    def stretches(self, frame: Frame, until: int) -> Sequence[Stretch]:
        """Return the same, in bulk."""
        view, budget = frame.view, frame.budget
        found = view.stretches(self._find(view), frame.since(until, self.range_ms), until)
        if budget is not None:
            for stretch in found:
                budget.spend(stretch.samples * len(stretch.firsts))
        return found


class SubqueryOf:
    """A compiled subquery: an expression at each multiple of its step inside of the window."""

    __slots__ = ("_inner", "_shift", "_step", "range_ms")

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
        """Yield the results of each series that has any; without need nothing is evaluated, nor twice."""
        if frame.notes is None and frame.origins is None:
            return self._evaluated(frame)
        if frame.evaluated is None:
            frame.evaluated = {}
        if self not in frame.evaluated:
            frame.evaluated[self] = list(self._evaluated(frame))
        return iter(frame.evaluated[self])

    def _evaluated(self, frame: Frame) -> Iterator[tuple[LabelSet, Points]]:
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
        return chain.from_iterable(stretch.spans() for stretch in self.stretches(frame, self.until(frame)))

    def stretches(self, frame: Frame, until: int) -> Sequence[Stretch]:  # noqa: ARG002 - its grid is that of ``points``
        """Return the same, as other windows do; here each series comes for itself."""
        return [stretch_of(labels, points) for labels, points in self.points(frame)]


def _metered(found: Iterator[tuple[LabelSet, Points]], budget: Budget) -> Iterator[tuple[LabelSet, Points]]:
    """Ask the budget for each series before the next one is read."""
    for labels, points in found:
        budget.spend(len(points.values))
        yield labels, points
