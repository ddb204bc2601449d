"""Reading the series: a view that stays as it is while the store goes on being written."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from rules.blocks import FOREVER, Band, Points, Slab, Span, Track, is_stale
from rules.labelsets import Catalog, LabelSet
from rules.postings import Index, Matcher
from rules.rosters import Roster, Rows
from rules.selections import Part, Selection

__all__ = ["FOREVER", "Points", "Stretch", "View", "stretch_of"]

NOTHING: Mapping[int, Sequence[float]] = {}


Piece = tuple[Slab, int, int]
"""Rows of a slab inside of a window: the first, and the end, before which the last one is; never empty."""


class Stretch(NamedTuple):
    """What the rate family needs of the windows of series that have their samples at the same times."""

    roster: Roster
    samples: int
    first_at: int
    last_at: int
    firsts: Sequence[float]
    lasts: Sequence[float]
    fallen: Mapping[int, Sequence[float]]
    """The values just before each drop, in order, by the index of the series; most have none."""

    def spans(self) -> Iterator[tuple[LabelSet, Span]]:
        """Yield what each series for itself comes to."""
        for index, labels in enumerate(self.roster.labels):
            first, last, fallen = self.firsts[index], self.lasts[index], self.fallen.get(index, ())
            yield labels, Span(self.samples, self.first_at, first, self.last_at, last, fallen)


def stretch_of(labels: LabelSet, points: Points) -> Stretch:
    """Sum up the window of one series, which is not empty."""
    times, values = points
    fallen = [before for before, after in pairwise(values) if after < before]
    first, last = values[:1], values[-1:]
    return Stretch(Roster((labels,)), len(times), times[0], times[-1], first, last, {0: fallen} if fallen else NOTHING)


class View:
    """The series as they were when the view was taken; samples at or before ``since_ms`` are hidden."""

    __slots__ = ("at_ms", "catalog", "generation", "index", "since_ms")

    def __init__(self, index: Index, catalog: Catalog, head: tuple[int, int], since_ms: int | None) -> None:
        """See what was complete in the generation that *head* names; its second is the time of the newest tick."""
        self.index = index
        self.catalog = catalog
        self.generation, self.at_ms = head
        self.since_ms = FOREVER if since_ms is None else since_ms

    def select(self, matchers: Sequence[Matcher]) -> Selection:
        """Return the series that fulfil all *matchers*, whether or not they have samples in a given window."""
        return self.index.select(matchers)

    def rows(self, tracks: Iterable[Track], since: int, until: int) -> Rows:
        """Return what ``latest`` returns, in bulk."""
        found: Rows = []
        for part in _parts(tracks):
            newest = self._newest(part.band, since, until)
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
            pieces = self._pieces(part.band, since, until)
            odd = _odd(part, pieces)
            rest, lone = part.without(odd) if odd else (part, ())
            if pieces and rest.positions:
                found.append(_stretch(rest, pieces))
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
            pieces = self._pieces(part.band, since, until)
            odd = _odd(part, pieces)
            rest, lone = part.without(odd) if odd else (part, ())
            if pieces and rest.positions:
                times = _times(pieces)
                for labels, position in zip(rest.roster.labels, rest.positions, strict=True):
                    yield labels, Points(times, _values(pieces, position))
            for track in lone:
                points = self._points(track, since, until)
                if points.times:
                    yield track.labels, points

    def _pieces(self, band: Band, since: int, until: int) -> list[Piece]:
        """Return the rows of *band* in ``(since, until]``, oldest first."""
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

    def _newest(self, band: Band, since: int, until: int) -> tuple[Slab, int] | None:
        """Return the newest row of *band* in ``(since, until]``, None when there is none."""
        for slab in band.slabs[::-1]:
            start = slab.start
            end, rows = slab.column.end(until, self.generation) - start, len(slab.values) // slab.width
            row = (end if end < rows else rows) - 1  # noqa: FURB136 - min() takes twice as long, and this is the hot path
            if row >= 0:
                at = slab.column.times[start + row]
                return (slab, row) if at > since and at > self.since_ms else None
        return None

    def _current(self, track: Track, since: int, until: int) -> tuple[float, int] | None:
        """Return the newest value in ``(since, until]`` with its time, None when it is stale or there is none."""
        for band, position in reversed(track.places):
            newest = self._newest(band, since, until)
            if newest is not None:
                slab, row = newest
                value = slab.values[row * slab.width + position]
                return None if is_stale(value) else (value, slab.column.times[slab.start + row])
        return None

    def _points(self, track: Track, since: int, until: int) -> Points:
        """Return the samples of one series wherever they lie."""
        times, values = array("q"), array("d")
        for band, position in track.places:
            for slab, first, end in self._pieces(band, since, until):
                for at, value in zip(_times_of(slab, first, end), slab.history(position, first, end), strict=True):
                    if value == value or not is_stale(value):  # noqa: PLR0124 - only a NaN differs from itself
                        times.append(at)
                        values.append(value)
        return Points(times, values)


def _parts(tracks: Iterable[Track]) -> Sequence[Part]:
    return tracks.parts if isinstance(tracks, Selection) else Selection(tracks).parts


def _times_of(slab: Slab, first: int, end: int) -> "array[int]":
    return slab.column.times[slab.start + first : slab.start + end]


def _times(pieces: Sequence[Piece]) -> "array[int]":
    times = _times_of(*pieces[0])
    for piece in pieces[1:]:
        times += _times_of(*piece)
    return times


def _values(pieces: Sequence[Piece], position: int) -> "array[float]":
    slab, first, end = pieces[0]
    values = slab.history(position, first, end)
    for slab, first, end in pieces[1:]:
        values += slab.history(position, first, end)
    return values


def _odd(part: Part, pieces: Sequence[Piece]) -> frozenset[int]:
    """Return the positions that must be read one by one.

    Their series have no sample in some row, or have older places that the window may reach.
    """
    odd = part.moved
    if odd and pieces and (pieces[0][1] or pieces[0][0] is not part.band.slabs[0]):
        odd = frozenset()
    for slab, _, _ in pieces:
        if slab.holes:
            odd |= part.hit(slab.holes)
    return odd


def _stretch(part: Part, pieces: Sequence[Piece]) -> Stretch:
    """Sum up windows that have a sample in each row of *pieces*."""
    head, first, _ = pieces[0]
    tail, _, end = pieces[-1]
    return Stretch(
        part.roster,
        end - first if head is tail else sum(piece[2] - piece[1] for piece in pieces),
        head.column.times[head.start + first],
        tail.column.times[tail.start + end - 1],
        part.row(head, first),
        part.row(tail, end - 1),
        _fallen(part, pieces),
    )


def _fallen(part: Part, pieces: Sequence[Piece]) -> Mapping[int, Sequence[float]]:
    """Collect the values before each drop; a fall to the first value of the window was before it."""
    fallen: dict[int, list[float]] = {}
    skip = 1
    for slab, first, end in pieces:
        for row, indices in part.drops(slab, first + skip, end):
            if first + skip <= row < end:
                before = part.before(slab, row)
                for index in indices:
                    fallen.setdefault(index, []).append(before[index])
        skip = 0
    return fallen
