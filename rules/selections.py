"""Series that are read together: grouped once by where they lie, so that a read takes whole rows."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from operator import lt
from typing import overload

from rules.blocks import Band, Slab, Track
from rules.rosters import Roster

Drops = tuple[tuple[int, tuple[int, ...]], ...]
"""Rows in which values are smaller than in the row before, with the indices of those."""

Looked = tuple[Slab | None, int, int, Drops]
"""Which rows of a slab were looked at, from the first to before the second, and what was found."""


class Part:
    """Series whose newest place is in one band, in the order of their positions there."""

    __slots__ = ("_drops", "_latest", "_tidy", "band", "moved", "only", "positions", "roster", "stride", "tracks")

    def __init__(self, band: Band, found: Sequence[tuple[int, Track]]) -> None:
        """Group tracks with their positions in *band*, ascending."""
        self.band = band
        self.positions = [position for position, _ in found]
        self.tracks = [track for _, track in found]
        self.roster = Roster(tuple(track.labels for track in self.tracks))
        self.moved = frozenset(position for position, track in found if len(track.places) > 1)
        """Positions of those that have older places, too."""
        self.only = self.positions[0] if len(found) == 1 else None
        """The position of one that is alone."""
        self.stride = _stride(self.positions) if found else None
        self._latest: Looked = (None, 0, 0, ())
        self._drops: dict[Slab, Looked] = {}
        self._tidy: tuple[frozenset[int], Part, tuple[Track, ...]] | None = None

    def row(self, slab: Slab, row: int) -> Sequence[float]:
        """Return the values of all in one row."""
        if self.only is not None:
            return (slab.values[row * slab.width + self.only],)
        base = row * slab.width
        if self.stride is not None:
            first, end, step = self.stride
            return slab.values[base + first : base + end : step]
        values = slab.values[base : base + slab.width]
        return [values[position] for position in self.positions]

    def without(self, positions: frozenset[int]) -> "tuple[Part, tuple[Track, ...]]":
        """Return a part without those at *positions*, and these; the last answer is remembered."""
        known = self._tidy
        if known is None or known[0] != positions:
            pairs = list(zip(self.positions, self.tracks, strict=True))
            rest = Part(self.band, [pair for pair in pairs if pair[0] not in positions])
            known = (positions, rest, tuple(track for position, track in pairs if position in positions))
            self._tidy = known
        return known[1], known[2]

    def hit(self, positions: frozenset[int]) -> frozenset[int]:
        """Return which of *positions* are among its own."""
        return positions.intersection(self.positions)

    def drops(self, slab: Slab, first: int, end: int) -> Drops:
        """Return the rows from *first* to before *end* in which a value fell: resets of a counter.

        A row is looked at once; what was found is remembered in one tuple, replaced whole, so that readers in several
        threads do no harm. The first row of a slab is compared with the last one of the slab before.
        """
        known = self._latest
        if known[0] is not slab:
            known = self._drops.get(slab) or (slab, first, first, ())
        _, low, high, found = known
        if low <= first and end <= high:
            return found
        if first < low:
            low, found = first, self._scan(slab, first, low) + found
        if high < end:
            high, found = end, found + self._scan(slab, high, end)
        self._remember(slab, (slab, low, high, found))
        return found

    def _remember(self, slab: Slab, looked: Looked) -> None:
        slabs = self.band.slabs
        if slab is slabs[-1]:
            self._latest = looked
        if len(self._drops) > len(slabs):
            self._drops = {kept: self._drops[kept] for kept in slabs if kept in self._drops}
        self._drops[slab] = looked

    def _scan(self, slab: Slab, first: int, end: int) -> Drops:
        if self.only is not None and first:
            values = slab.history(self.only, first - 1, end)
            if sorted(values) == values.tolist():  # nothing falls where sorting changes nothing
                return ()
        found = []
        before = self.before(slab, first)
        for number in range(first, end):
            row = self.row(slab, number)
            if any(map(lt, row, before)):
                found.append((number, tuple(compress(range(len(row)), map(lt, row, before)))))
            before = row
        return tuple(found)

    def before(self, slab: Slab, row: int) -> Sequence[float]:
        """Return the row before row *row* of *slab*, which may be the last of the slab before; empty without one."""
        if row:
            return self.row(slab, row - 1)
        slabs = self.band.slabs
        index = slabs.index(slab) if slab in slabs else 0
        return self.row(slabs[index - 1], slabs[index - 1].rows - 1) if index else ()


class Selection(Sequence[Track]):
    """Series that were selected, in the order in which they appeared."""

    __slots__ = ("__weakref__", "generation", "origin", "parts", "tracks")

    def __init__(self, tracks: Iterable[Track], *, origin: object = None, generation: int = 0) -> None:
        """Group *tracks* by where their newest samples lie in this *generation* of the index *origin*."""
        self.origin = origin
        self.generation = generation
        self.tracks = tuple(tracks)
        found: dict[Band, list[tuple[int, Track]]] = {}
        for track in self.tracks:
            if places := track.places:
                band, position = places[-1]
                found.setdefault(band, []).append((position, track))
        self.parts = tuple(Part(band, sorted(pairs, key=_position)) for band, pairs in found.items())

    @overload
    def __getitem__(self, index: int) -> Track: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Track, ...]: ...

    def __getitem__(self, index: int | slice) -> Track | tuple[Track, ...]:
        return self.tracks[index]

    def __iter__(self) -> Iterator[Track]:
        return iter(self.tracks)

    def __len__(self) -> int:
        return len(self.tracks)


def _position(pair: tuple[int, Track]) -> int:
    return pair[0]


def _stride(positions: Sequence[int]) -> tuple[int, int, int] | None:
    """Return the slice that *positions* are, or None where they are not evenly spaced."""
    first, end = positions[0], positions[-1] + 1
    step = positions[1] - first if len(positions) > 1 else 1
    return (first, end, step) if list(range(first, end, step)) == positions else None
