"""Reading the series: a view that stays as it is while the store goes on being written."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from rules.blocks import FOREVER, Band, Points, Slab, Span, Track, is_stale
from rules.labelsets import Catalog, LabelSet
from rules.panes import Pane, Piece, Stretch, pane_of, stretch_of
from rules.postings import Index, Matcher
from rules.rosters import Roster, Rows
from rules.selections import Part, Selection

__all__ = ["FOREVER", "Points", "View"]

Window = tuple[Band, int, int]
"""Where and when a query looks: after the first time, up to the second."""

REMEMBERED = 1024
"""Windows that are remembered; a query over time has ever new ones."""

T = TypeVar("T")


class Memory(NamedTuple):
    """What was found in windows over bands that are measured; it holds from one tick to the next."""

    panes: dict[Window, Pane | None]
    rows: dict[Window, tuple[Slab, int] | None]


class Head(NamedTuple):
    """How far the store is written."""

    generation: int
    at_ms: int
    """Time of the newest tick."""
    memory: Memory


class View:
    """The series as they were when the view was taken; samples at or before ``since_ms`` are hidden."""

    __slots__ = ("_panes", "_rows", "at_ms", "catalog", "generation", "index", "since_ms")

    def __init__(self, index: Index, catalog: Catalog, head: Head, since_ms: int | None) -> None:
        """See what is complete at *head*."""
        self.index = index
        self.catalog = catalog
        self.generation, self.at_ms, memory = head
        self.since_ms = FOREVER if since_ms is None else since_ms
        self._panes, self._rows = memory if since_ms is None else Memory({}, {})

    def select(self, matchers: Sequence[Matcher]) -> Selection:
        """Return the series that fulfil all *matchers*, whether or not they have samples in a given window."""
        return self.index.select(matchers)

    def rows(self, tracks: Iterable[Track], since: int, until: int) -> Rows:
        """Return what ``latest`` returns, in bulk."""
        found: Rows = []
        for part in tracks.parts if isinstance(tracks, Selection) else Selection(tracks).parts:
            newest = self._newest((part.band, since, until))
            if newest is not None and not newest[0].holes:
                found.append((part.roster, part.row(*newest)))
                continue
            odd = part.moved if newest is None else part.hit(newest[0].holes)
            rest, lone = part.without(odd) if odd else (part, ())
            if newest is not None and rest.positions:
                found.append((rest.roster, rest.row(*newest)))
            for track in lone:
                if (current := self._current(track, since, until)) is not None:
                    found.append((Roster((track.labels,)), current[:1]))
        return found

    def latest(self, tracks: Iterable[Track], since: int, until: int) -> dict[LabelSet, float]:
        """Return the newest value of each series in ``(since, until]``; what is stale or has none is left out."""
        found: dict[LabelSet, float] = {}
        for roster, values in self.rows(tracks, since, until):
            found.update(zip(roster.labels, values, strict=True))
        return found

    def moments(self, tracks: Iterable[Track], since: int, until: int) -> dict[LabelSet, int]:
        """Return the time of what ``latest`` returns, in milliseconds."""
        found = ((track.labels, self._current(track, since, until)) for track in tracks)
        return {labels: int(current[1]) for labels, current in found if current is not None}

    def stretches(self, tracks: Iterable[Track], since: int, until: int) -> list[Stretch]:
        """Return the sums of the windows ``(since, until]``, in bulk; series without samples there are left out."""
        found: list[Stretch] = []
        for part in _parts(tracks):
            pane = self._pane((part.band, since, until))
            odd = part.moved if pane is None else pane.odd(part)
            rest, lone = part.without(odd) if odd else (part, ())
            if pane is not None and rest.positions:
                found.append(pane.stretch(rest))
            for track in lone:
                points = self._points(track, since, until)
                if points.times:
                    found.append(stretch_of(track.labels, points))
        return found

    def spans(self, tracks: Iterable[Track], since: int, until: int) -> Iterator[tuple[LabelSet, Span]]:
        """Yield the sum of each series' window ``(since, until]``; series without samples there are left out."""
        for stretch in self.stretches(tracks, since, until):
            yield from stretch.spans()

    def windows(self, tracks: Iterable[Track], since: int, until: int) -> Iterator[tuple[LabelSet, Points]]:
        """Yield the samples of each series in ``(since, until]``; series without samples there are left out."""
        for part in _parts(tracks):
            pane = self._pane((part.band, since, until))
            odd = part.moved if pane is None else pane.odd(part)
            rest, lone = part.without(odd) if odd else (part, ())
            if pane is not None and rest.positions:
                times = pane.times()
                for labels, position in zip(rest.roster.labels, rest.positions, strict=True):
                    yield labels, Points(times, pane.values(position))
            for track in lone:
                points = self._points(track, since, until)
                if points.times:
                    yield track.labels, points

    def _pane(self, window: Window) -> Pane | None:
        """Return what a band has in a window; of many rules that look at the same the first finds it out."""
        try:
            return self._panes[window]
        except KeyError:
            pieces = self._pieces(window)
            oldest = bool(pieces) and not pieces[0][1] and pieces[0][0] is window[0].slabs[0]
            return _kept(self._panes, window, pane_of(pieces, oldest=oldest) if pieces else None)

    def _pieces(self, window: Window) -> list[Piece]:
        """Return the rows of a band in a window, oldest first."""
        band, since, until = window
        found: list[Piece] = []
        since = max(since, self.since_ms)
        for slab in band.slabs[::-1]:
            start, times = slab.start, slab.column.times
            end = min(slab.column.end(until, self.generation) - start, len(slab.values) // slab.width)
            if end <= 0:
                continue
            first = bisect_right(times, since, start, start + end) - start
            if first < end:
                found.append((slab, first, end))
            if first:
                break
        found.reverse()
        return found

    def _newest(self, window: Window) -> tuple[Slab, int] | None:
        """Return the newest row of a band in a window, None when there is none; remembered as ``_pane`` is."""
        try:
            return self._rows[window]
        except KeyError:
            return _kept(self._rows, window, self._last_row(window))

    def _last_row(self, window: Window) -> tuple[Slab, int] | None:
        band, since, until = window
        for slab in band.slabs[::-1]:
            start = slab.start
            row = min(slab.column.end(until, self.generation) - start, len(slab.values) // slab.width) - 1
            if row >= 0:
                at = slab.column.times[start + row]
                return (slab, row) if at > since and at > self.since_ms else None
        return None

    def _current(self, track: Track, since: int, until: int) -> tuple[float, int] | None:
        """Return the newest value in ``(since, until]`` with its time, None when it is stale or there is none."""
        for band, position in reversed(track.places):
            newest = self._newest((band, since, until))
            if newest is not None:
                slab, row = newest
                value = slab.values[row * slab.width + position]
                return None if is_stale(value) else (value, slab.column.times[slab.start + row])
        return None

    def _points(self, track: Track, since: int, until: int) -> Points:
        """Return the samples of one series wherever they lie."""
        times, values = array("q"), array("d")
        for band, position in track.places:
            pane = self._pane((band, since, until))
            if pane is not None:
                for at, value in zip(pane.times(), pane.values(position), strict=True):
                    if value == value or not is_stale(value):  # noqa: PLR0124 - only a NaN differs from itself
                        times.append(at)
                        values.append(value)
        return Points(times, values)


def _kept(memory: dict[Window, T], window: Window, found: T) -> T:
    """Remember what was found, if others are to find it."""
    if window[0].lane.shared:
        if len(memory) >= REMEMBERED:
            memory.clear()
        memory[window] = found
    return found


def _parts(tracks: Iterable[Track]) -> Sequence[Part]:
    return tracks.parts if isinstance(tracks, Selection) else Selection(tracks).parts
