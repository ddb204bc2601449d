"""How samples lie in memory: columns of times, and slabs over them that hold the values row by row."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from math import copysign
from typing import TYPE_CHECKING, NamedTuple

from medic.core.samples import Labels
from rules.labelsets import LabelSet

if TYPE_CHECKING:
    from rules.lanes import Lane

ROWS = 120
"""Rows of one column; a full column is sealed and the next begins, so that trimming can drop whole slabs."""

FOREVER = -(1 << 62)
"""Earlier than any sample, in milliseconds."""

STALE = copysign(float("nan"), -1.0)
"""Says that a series ended, and fills its place until it comes back; real NaN are stored with a positive sign."""


def is_stale(value: float) -> bool:
    """Tell the stale mark from every other value, NaN included."""
    return value != value and copysign(1.0, value) < 0  # noqa: PLR0124 - only a NaN differs from itself


class Column:
    """The times, in milliseconds and ascending, of rows that were written one after the other."""

    __slots__ = ("times", "written")

    def __init__(self) -> None:
        """Begin without rows."""
        self.times = array("q")
        self.written = array("q")
        """The generation of the store that completed each row; it comes last, and a row without it does not count."""

    def end(self, until: int, generation: int) -> int:
        """Return how many rows are not after *until* and were complete in *generation*; mostly that is all of them."""
        times, written = self.times, self.written
        limit = len(written)
        if limit and written[limit - 1] <= generation:
            return limit if times[limit - 1] <= until else bisect_right(times, until, 0, limit)
        return bisect_right(times, until, 0, bisect_right(written, generation, 0, limit))


class Slab:
    """Values of a band's members over consecutive rows of one column: those of a row lie side by side.

    So a row is a slice, and the history of one member is a slice with a step; both are cut out in C.
    """

    __slots__ = ("column", "holes", "number", "start", "values", "width")

    def __init__(self, column: Column, start: int, width: int, number: int) -> None:
        """Begin at row *start* of *column*, which is row *number* of its lane, for *width* members."""
        self.column = column
        self.start = start
        self.width = width
        self.number = number
        self.values = array("d")
        self.holes: frozenset[int] = frozenset()
        """Positions at which a row holds the stale mark; readers of the others need not look."""

    @property
    def rows(self) -> int:
        """How many rows it holds, those that are not published yet included."""
        return len(self.values) // self.width

    @property
    def last_at(self) -> int:
        """Time of its newest row in milliseconds."""
        return self.column.times[self.start + len(self.values) // self.width - 1]

    def history(self, position: int, first: int, end: int) -> "array[float]":
        """Return what the member at *position* has in the rows from *first* to before *end*."""
        width = self.width
        return self.values[first * width + position : end * width : width]


class Band:
    """Series that a lane writes in one fixed order, for as long as that order holds; columns come and go under it."""

    __slots__ = ("closed", "dead", "grade", "lane", "members", "slabs")

    def __init__(self, lane: "Lane", members: "tuple[Track, ...]", grade: int) -> None:
        """Begin without rows; *grade* is the one of all its *members*."""
        self.lane = lane
        self.closed = False
        """Whether its order holds no more; a band that is not closed may rest, and be woken by a member."""
        self.members = members
        self.grade = grade
        self.dead: set[int] = set()
        """Positions of members that have ended, or live elsewhere now."""
        self.slabs: tuple[Slab, ...] = ()


class Place(NamedTuple):
    """Where some samples of a series lie."""

    band: Band
    position: int


class Track:
    """All that is kept of one series."""

    __slots__ = ("ended_at", "grade", "key", "labels", "lane", "places", "promised")

    def __init__(self, key: tuple[str, Labels], labels: LabelSet, grade: int) -> None:
        """Begin without samples; *key* is the name and labels with which it is written."""
        self.key = key
        self.labels = labels
        self.grade = grade
        """Series of one grade are kept for about equally long, so that they can be dropped together."""
        self.places: tuple[Place, ...] = ()
        """Newest last; what lies in one is older than all that lies in the next."""
        self.lane: Lane | None = None
        """Where it lives; None before its first sample and after its end."""
        self.ended_at = FOREVER
        self.promised = 0
        """The bytes that it comes to once it has all the samples that are kept of it."""

    @property
    def last_at(self) -> int:
        """Time of its newest sample or stale mark in milliseconds."""
        return self.ended_at if self.lane is None else self.lane.at


class Span(NamedTuple):
    """What the rate family needs of a window."""

    samples: int
    first_at: int
    first: float
    last_at: int
    last: float
    fallen: Sequence[float]
    """The values just before each drop, in order: what a counter had when it was reset."""


class Points(NamedTuple):
    """The samples of one series in a window, ascending; equally long, without stale marks."""

    times: Sequence[int]
    values: Sequence[float]
