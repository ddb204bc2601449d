"""What windows hold: the rows of a band that are inside, and what the rate family needs of them."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from rules.blocks import Points, Slab, Span
from rules.labelsets import LabelSet
from rules.rosters import Roster
from rules.selections import Part

Piece = tuple[Slab, int, int]
"""Rows of a slab inside of a window: the first, and the end, before which the last one is; never empty."""

NOTHING: Mapping[int, Sequence[float]] = {}
NOWHERE: frozenset[int] = frozenset()


class Pane(NamedTuple):
    """What a band has in a window: one row at least."""

    pieces: Sequence[Piece]
    """Oldest first."""
    samples: int
    first_at: int
    last_at: int
    holes: frozenset[int]
    """Positions that may have no sample in some row."""
    oldest: bool
    """Whether it begins where the band does, so that the window may reach older places of its series."""

    def odd(self, part: Part) -> frozenset[int]:
        """Return the positions of *part* that must be read one by one.

        Their series have no sample in some row, or have older places that the window may reach.
        """
        odd = part.moved if self.oldest else NOWHERE
        return odd | part.hit(self.holes) if self.holes else odd

    def times(self) -> "array[int]":
        """Return the times of its rows."""
        return _joined([slab.column.times[slab.start + first : slab.start + end] for slab, first, end in self.pieces])

    def values(self, position: int) -> "array[float]":
        """Return what the member at *position* has in its rows."""
        if len(self.pieces) == 1:
            [(slab, first, end)] = self.pieces
            return slab.history(position, first, end)
        values = array("d")
        for slab, first, end in self.pieces:
            values += slab.history(position, first, end)
        return values

    def stretch(self, part: Part) -> "Stretch":
        """Sum up the windows of series that have a sample in each row."""
        pieces, samples, first_at, last_at, _, _ = self
        head, first, _ = pieces[0]
        tail, _, end = pieces[-1]
        firsts, lasts = part.row(head, first), part.row(tail, end - 1)
        return Stretch(part.roster, samples, first_at, last_at, firsts, lasts, _fallen(part, pieces))


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


def pane_of(pieces: Sequence[Piece], *, oldest: bool) -> Pane:
    """Look at *pieces*, of which there is at least one, as at a whole."""
    head, first, _ = pieces[0]
    tail, _, end = pieces[-1]
    samples = sum(end - first for _, first, end in pieces)
    holes = NOWHERE.union(*[slab.holes for slab, _, _ in pieces])
    first_at, last_at = head.column.times[head.start + first], tail.column.times[tail.start + end - 1]
    return Pane(pieces, samples, first_at, last_at, holes, oldest)


def stretch_of(labels: LabelSet, points: Points) -> Stretch:
    """Sum up the window of one series, which is not empty."""
    times, values = points
    fallen = [before for before, after in pairwise(values) if after < before]
    first, last = values[:1], values[-1:]
    return Stretch(Roster((labels,)), len(times), times[0], times[-1], first, last, {0: fallen} if fallen else NOTHING)


def _joined(parts: Sequence["array[int]"]) -> "array[int]":
    joined = parts[0]
    for part in parts[1:]:
        joined += part
    return joined


def _fallen(part: Part, pieces: Sequence[Piece]) -> Mapping[int, Sequence[float]]:
    """Collect the values before each drop; a fall to the first value of the window was before it."""
    fallen: dict[int, list[float]] = {}
    skip = 1
    for slab, first, end in pieces:
        if drops := part.drops(slab, first + skip, end):
            for row, indices in drops:
                if first + skip <= row < end:
                    before = part.before(slab, row)
                    for index in indices:
                        fallen.setdefault(index, []).append(before[index])
        skip = 0
    return fallen
