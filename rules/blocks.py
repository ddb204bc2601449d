"""How samples lie in memory: shared time columns, the blocks of values over them, and reading them."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from math import copysign
from typing import NamedTuple

from rules.labelsets import LabelSet

ROWS = 120
"""Rows of one column; a full column is sealed and the next begins, so that trimming can drop whole blocks."""

STALE = copysign(float("nan"), -1.0)
"""Says that a series ended; real NaN values are stored with a positive sign, so that the two cannot be confused."""


def is_stale(value: float) -> bool:
    """Tell the stale mark from every other value, NaN included."""
    return value != value and copysign(1.0, value) < 0  # noqa: PLR0124 - only a NaN differs from itself


class Column:
    """The times, in milliseconds and ascending, that all series written together share."""

    __slots__ = ("born", "times")

    def __init__(self, born: int) -> None:
        """Begin an empty column in generation *born* of the store."""
        self.born = born
        self.times = array("q")


class Block:
    """Values of one series over consecutive rows of a column; only its last value can be a stale mark."""

    __slots__ = ("column", "scan", "start", "values")

    def __init__(self, column: Column, start: int, value: float) -> None:
        """Begin with *value* in row *start* of *column*."""
        self.column = column
        self.start = start
        self.values = array("d", (value,))
        self.scan: tuple[int, tuple[int, ...]] = (1, ())

    @property
    def last(self) -> int:
        """Time of the newest value."""
        return self.column.times[self.start + len(self.values) - 1]

    def drops(self, upto: int) -> tuple[int, ...]:
        """Return the indices below *upto* at which a value is smaller than the one before: resets of a counter.

        What was looked at is remembered in one tuple, replaced whole, so that readers in several threads do no harm.
        """
        scanned, found = self.scan
        if scanned >= upto:
            return found
        values = self.values
        more = tuple(index for index in range(scanned, upto) if values[index] < values[index - 1])
        self.scan = (upto, found + more)
        return found + more


class Track:
    """All that is kept of one series."""

    __slots__ = ("blocks", "labels", "lane")

    def __init__(self, labels: LabelSet) -> None:
        """Begin without samples."""
        self.labels = labels
        self.blocks: tuple[Block, ...] = ()
        self.lane: Lane | None = None


class Lane:
    """Series that one source writes together: who of them is missing when the others go on has vanished."""

    __slots__ = ("column", "members")

    def __init__(self, column: Column) -> None:
        """Begin without members."""
        self.column = column
        self.members: dict[Track, None] = {}

    def advance(self, at: int, generation: int) -> bool:
        """Open the row of time *at*; False when that time is not later than the last row's."""
        times = self.column.times
        if times and times[-1] >= at:
            return False
        if len(times) >= ROWS:
            self.column = Column(generation)
        self.column.times.append(at)
        return True

    def holds(self, track: Track) -> bool:
        """Tell whether *track* has a value in the newest row."""
        block = track.blocks[-1]
        return block.column is self.column and block.start + len(block.values) == len(self.column.times)

    def write(self, track: Track, value: float) -> bool:
        """Put *value* of *track* into the newest row; False when it has a value at that time or later already."""
        column, blocks = self.column, track.blocks
        row = len(column.times) - 1
        if (
            track.lane is self and (block := blocks[-1]).column is column
        ):  # else it ended, and a stale mark ends a block
            gap = row - block.start - len(block.values)
            if gap < 0:
                return False
            if gap == 0:
                block.values.append(value)
                return True
        if blocks and blocks[-1].last >= column.times[row]:
            return False
        track.blocks = (*blocks, Block(column, row, value))
        return True

    def adopt(self, track: Track) -> None:
        """Make *track* a member here, and no longer where it was."""
        if track.lane is not self:
            if track.lane is not None:
                track.lane.members.pop(track, None)
            track.lane = self
            self.members[track] = None

    def release(self, track: Track) -> None:
        """Let *track* go: it is no longer missed."""
        self.members.pop(track, None)
        track.lane = None


class Piece(NamedTuple):
    """Part of a block inside of a window: ``values[first:end]``, never empty, never a stale mark."""

    block: Block
    first: int
    end: int


NOTHING: tuple[float, ...] = ()


class Span(NamedTuple):
    """What the rate family needs of a window."""

    samples: int
    first_at: int
    first: float
    last_at: int
    last: float
    fallen: Sequence[float]
    """The values just before each drop, in order: what a counter had when it was reset."""


def span_within(block: Block, first: int, end: int) -> Span:
    """Sum up a window that lies in one block, not empty and without a stale mark."""
    values, times, start = block.values, block.column.times, block.start
    drops = block.drops(end)
    fallen = [values[index - 1] for index in drops if first < index < end] if drops else NOTHING
    last = end - 1
    return Span(end - first, times[start + first], values[first], times[start + last], values[last], fallen)


def cut(times: "array[int]", since: int, until: int, limit: int) -> tuple[int, int]:
    """Return the rows of ``(since, until]`` among the first *limit*."""
    end = limit if limit and times[limit - 1] <= until else bisect_right(times, until, 0, limit)
    return bisect_right(times, since, 0, end), end


def span_of(pieces: Sequence[Piece]) -> Span:
    """Sum up a window, oldest piece first; a drop between two pieces counts as one inside of a piece."""
    head, tail = pieces[0], pieces[-1]
    fallen: list[float] = []
    count, before = 0, head.block.values[head.first]
    for block, first, end in pieces:
        values = block.values
        if values[first] < before:
            fallen.append(before)
        if found := block.drops(end):
            fallen.extend(values[index - 1] for index in found if first < index < end)
        count += end - first
        before = values[end - 1]
    first_at = head.block.column.times[head.block.start + head.first]
    last_at = tail.block.column.times[tail.block.start + tail.end - 1]
    return Span(count, first_at, head.block.values[head.first], last_at, before, fallen)
