"""Reading the series: a view that stays as it is while the store goes on being written."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rules.blocks import Block, Column, Piece, Span, Track, cut, is_stale, span_of, span_within
from rules.labelsets import Catalog, LabelSet
from rules.postings import Index, Matcher

Cuts = dict[Column, tuple[int, int]]
"""Rows of one window in each column met so far: series that share a column share the search."""

FOREVER = -(1 << 62)
"""Earlier than any sample, in milliseconds."""


class Head(NamedTuple):
    """What was written completely at one moment; published as one value, so that no reader sees half a tick."""

    generation: int
    lengths: Mapping[Column, int]
    """Rows of the columns that were still growing; older columns are complete, younger ones do not exist yet."""
    at_ms: int
    """Time of the newest tick, 0 before the first."""


class Points(NamedTuple):
    """The samples of one series in a window, ascending; equally long, without stale marks."""

    times: Sequence[int]
    values: Sequence[float]


class View:
    """The series as they were when the view was taken; samples at or before ``since_ms`` are hidden."""

    __slots__ = ("catalog", "head", "index", "since_ms")

    def __init__(self, index: Index, catalog: Catalog, head: Head, since_ms: int | None) -> None:
        """See what *head* says is written, of the series in *index*."""
        self.index = index
        self.catalog = catalog
        self.head = head
        self.since_ms = FOREVER if since_ms is None else since_ms

    @property
    def at_ms(self) -> int:
        """Time of the newest tick in milliseconds, 0 before the first."""
        return self.head.at_ms

    def select(self, matchers: Sequence[Matcher]) -> tuple[Track, ...]:
        """Return the series that fulfil all *matchers*, whether or not they have samples in a given window."""
        return self.index.select(matchers)

    def cut(self, column: Column, since: int, until: int) -> tuple[int, int]:
        """Return the rows of *column* in ``(since, until]`` that this view may see."""
        limit = self.head.lengths.get(column)
        if limit is None:
            limit = 0 if column.born > self.head.generation else len(column.times)
        return cut(column.times, max(since, self.since_ms), until, limit)

    def latest(self, tracks: Iterable[Track], since: int, until: int) -> dict[LabelSet, float]:
        """Return the newest value of each series in ``(since, until]``; what is stale or has none is left out."""
        cuts: Cuts = {}
        found: dict[LabelSet, float] = {}
        for track in tracks:
            block = track.blocks[-1]
            column, values = block.column, block.values
            rows = cuts.get(column)
            if rows is None:
                rows = cuts[column] = self.cut(column, since, until)
            index = rows[1] - block.start - 1
            if index < 0 or index >= len(values):  # the newest value for sure only where this block has the row
                newest = self._newest(track, since, until, cuts)
                if newest is None:
                    continue
                values, index = newest[0].values, newest[1]
            elif index + block.start < rows[0]:
                continue
            value = values[index]
            if value == value or not is_stale(value):  # noqa: PLR0124 - only a NaN differs from itself
                found[track.labels] = value
        return found

    def moments(self, tracks: Iterable[Track], since: int, until: int) -> dict[LabelSet, int]:
        """Return the time of what ``latest`` returns, in milliseconds."""
        cuts: Cuts = {}
        found: dict[LabelSet, int] = {}
        for track in tracks:
            newest = self._newest(track, since, until, cuts)
            if newest is not None and not is_stale(newest[0].values[newest[1]]):
                found[track.labels] = newest[0].column.times[newest[0].start + newest[1]]
        return found

    def spans(self, tracks: Iterable[Track], since: int, until: int) -> Iterator[tuple[LabelSet, Span]]:
        """Yield the sum of each series' window ``(since, until]``; series without samples there are left out."""
        cuts: Cuts = {}
        for track in tracks:
            block = track.blocks[-1]
            rows = cuts.get(block.column)
            if rows is None:
                rows = cuts[block.column] = self.cut(block.column, since, until)
            first, end = rows[0] - block.start, rows[1] - block.start
            if first > 0 and first < end <= len(block.values) and not is_stale(block.values[end - 1]):
                yield track.labels, span_within(block, first, end)  # the window lies in one block, as it mostly does
            elif pieces := self.pieces(track, since, until, cuts):
                yield track.labels, span_of(pieces)

    def windows(self, tracks: Iterable[Track], since: int, until: int) -> Iterator[tuple[LabelSet, Points]]:
        """Yield the samples of each series in ``(since, until]``; series without samples there are left out."""
        cuts: Cuts = {}
        for track in tracks:
            pieces = self.pieces(track, since, until, cuts)
            if pieces:
                yield track.labels, _points(pieces)

    def pieces(self, track: Track, since: int, until: int, cuts: Cuts) -> list[Piece]:
        """Return the parts of *track* in ``(since, until]``, oldest first, without stale marks."""
        found: list[Piece] = []
        for block in reversed(track.blocks):
            rows = cuts.get(block.column)
            if rows is None:
                rows = cuts[block.column] = self.cut(block.column, since, until)
            start, values = block.start, block.values
            end, first = rows[1] - start, rows[0] - start
            end = min(end, len(values))
            first = max(first, 0)
            if end > first and is_stale(values[end - 1]):
                end -= 1
            if end > first:
                found.append(Piece(block, first, end))
            if rows[0] > start:
                break
        found.reverse()
        return found

    def _newest(self, track: Track, since: int, until: int, cuts: Cuts) -> tuple[Block, int] | None:
        for block in reversed(track.blocks):
            rows = cuts.get(block.column)
            if rows is None:
                rows = cuts[block.column] = self.cut(block.column, since, until)
            index = min(rows[1] - block.start, len(block.values)) - 1
            if index >= 0:
                return (block, index) if index + block.start >= rows[0] else None
        return None


def _points(pieces: Sequence[Piece]) -> Points:
    if len(pieces) == 1:
        block, first, end = pieces[0]
        return Points(block.column.times[block.start + first : block.start + end], block.values[first:end])
    times, values = array("q"), array("d")
    for block, first, end in pieces:
        times.extend(block.column.times[block.start + first : block.start + end])
        values.extend(block.values[first:end])
    return Points(times, values)
