"""Writing rows: a lane is what one source writes together, and knows who is missing when the others go on."""

from collections.abc import Collection, Iterable, Sequence

from medic.core.samples import Labels
from rules.blocks import ROWS, STALE, Band, Column, Place, Slab, Track
from rules.weight import LANE_BYTES, SLAB_BYTES, Weight, band_bytes, row_bytes

MOST_BANDS = 8
"""Bands of one lane; beyond, all but the largest ones become one."""
LARGEST = 3
"""Bands that are left as they are then: to copy many members for the sake of a few would cost most."""
DEAD = 32
"""Dead members beyond the living ones that a band may have."""

Entry = tuple[Track, float]
Order = list[int] | None
"""Which of a row's samples go into a band, in the order of its members; None means all as they come."""


class Lane:
    """Series that one source writes together, in bands of those that appeared together.

    A row that has the same series in the same order as the last one is written without a look at any of them.
    """

    __slots__ = (
        "at",
        "bands",
        "before",
        "began",
        "column",
        "labels",
        "lost",
        "moved",
        "names",
        "plan",
        "row_bytes",
        "rows",
        "shared",
        "tracks",
        "unsorted",
        "weight",
    )

    def __init__(self, weight: Weight, *, shared: bool = True) -> None:
        """Begin without series; what it holds is added to *weight*."""
        self.shared = shared
        """Whether it is measured, so that it gets no row between two ticks and many rules read the same of it."""
        self.weight = weight
        weight.bytes += LANE_BYTES
        self.row_bytes = 0
        """What a row weighs that repeats the last one."""
        self.column = Column()
        self.bands: list[Band] = []
        """Those with a living member; the others rest."""
        self.at = 0
        """Time of the newest row."""
        self.before = 0
        """Time of the row before that."""
        self.rows = 0
        self.began = 0
        """The time of the first row."""
        self.moved: list[Track] = []
        """Series that have got a new place since somebody emptied this list."""
        self.lost: list[Track] = []
        """Series that ended here since somebody emptied this list."""
        self.unsorted = False
        """Whether a member's grade is not that of its band any more."""
        self.names: list[str] | None = None
        self.labels: list[Labels] | None = None
        self.tracks: list[Track] = []
        """What the newest row was made of; without names where it cannot be repeated blindly."""
        self.plan: list[tuple[Band, Order]] | None = None

    def advance(self, at: int) -> bool:
        """Open the row of time *at*; False when that time is not later than the last row's."""
        if not self.rows:
            self.began = at
        elif self.at >= at:
            return False
        self.before, self.at = self.at, at
        self.rows += 1
        if len(self.column.times) >= ROWS:
            self.column = Column()
            for band in self.bands:
                self._lay(band, 0)
        self.column.times.append(at)
        return True

    def publish(self, generation: int) -> None:
        """Say that the newest row is complete."""
        self.column.written.append(generation)

    def repeat(self, values: list[float]) -> None:
        """Fill the newest row with the same series in the same order as the last one."""
        if self.plan is None:
            self._tidy()
            self.plan = self._planned()
            self.row_bytes = sum(row_bytes(len(band.members)) for band in self.bands)
        self.weight.bytes += self.row_bytes
        for band, order in self.plan:
            if order is None:
                band.slabs[-1].values.fromlist(values)
            else:
                padded = [*values, STALE]
                band.slabs[-1].values.fromlist([padded[index] for index in order])

    def fill(self, entries: Sequence[Entry], spared: Collection[Track] = ()) -> int:
        """Fill the newest row with *entries*; returns how many were refused as too old or repeated.

        Members that are not among them get the stale mark, but not those *spared*: they only leave the lane.
        """
        self._tidy()
        if spared:
            self._let_go(entries, spared)
        rows = {band: [STALE] * len(band.members) for band in self.bands}
        fresh: dict[Track, float] = {}
        refused = 0
        for track, value in entries:
            row = self._row_of(track, rows)
            if row is None:
                if track in fresh or track.last_at >= self.at:
                    refused += 1
                else:
                    fresh[track] = value
            elif row[position := track.places[-1].position] is STALE and track.ended_at < self.at:
                row[position] = value
            else:
                refused += 1
        for band, row in rows.items():
            self._write(band, row)
        self._admit(fresh)
        return refused

    def remember(self, names: list[str] | None, labels: list[Labels], tracks: list[Track]) -> None:
        """Know what the newest row was made of, for ``repeat``; without *names* it cannot be repeated."""
        self.names, self.labels, self.tracks, self.plan = names, labels, tracks, None

    def leave(self, track: Track) -> None:
        """Let go of a member that lives elsewhere now; it is no longer missed."""
        band, position = track.places[-1]
        band.dead.add(position)
        self.names = None
        if len(band.dead) == len(band.members) and band in self.bands:
            self.bands.remove(band)

    def _row_of(self, track: Track, rows: dict[Band, list[float]]) -> list[float] | None:
        """Find the row that has a place for *track*; one of a band that rests is woken for it."""
        if not track.places:
            return None
        band = track.places[-1].band
        row = rows.get(band)
        if row is None and band.lane is self and not band.closed and track.ended_at < self.at:
            self.bands.append(band)
            self._lay(band, len(self.column.times) - 1)
            row = rows[band] = [STALE] * len(band.members)
        return row

    def _write(self, band: Band, row: list[float]) -> None:
        slab = band.slabs[-1]
        slab.values.fromlist(row)
        self.weight.bytes += row_bytes(slab.width)
        dead = {position for position, value in enumerate(row) if value is STALE} if STALE in row else set()
        for position in dead - band.dead:
            self._end(band.members[position], self.at)
        for position in band.dead - dead:
            self._adopt(band.members[position])
        band.dead = dead
        if dead:
            slab.holes |= dead
            if len(dead) == len(row):
                self.bands.remove(band)

    def _adopt(self, track: Track) -> None:
        if track.lane is not None and track.lane is not self:
            track.lane.leave(track)
        track.lane = self

    def _end(self, track: Track, at: int) -> None:
        track.lane, track.ended_at = None, at
        self.lost.append(track)

    def _admit(self, fresh: dict[Track, float]) -> None:
        """Give those that have no place here a band."""
        for track in fresh:
            self._adopt(track)
        for members in _by_grade(fresh):
            self._write(self._begin(members), [fresh[track] for track in members])

    def _begin(self, members: tuple[Track, ...]) -> Band:
        """Begin a band with the newest row."""
        band = Band(self, members, members[0].grade)
        self._lay(band, len(self.column.times) - 1)
        for position, track in enumerate(members):
            track.places = (*track.places, Place(band, position))
        self.bands.append(band)
        self.moved.extend(members)
        self.weight.bytes += band_bytes(band)
        return band

    def _lay(self, band: Band, start: int) -> None:
        """Begin the next slab of *band* at row *start*."""
        slab = Slab(self.column, start, len(band.members), self.rows)
        slab.holes = frozenset(band.dead)
        band.slabs = (*band.slabs, slab)
        self.weight.bytes += SLAB_BYTES

    def _let_go(self, entries: Iterable[Entry], spared: Collection[Track]) -> None:
        """Take the members that are missing without having ended out of their bands, which therefore begin anew."""
        present = {track for track, _ in entries}
        for band in list(self.bands):
            missing = [track for track in _living(band) if track not in present and track in spared]
            if missing:
                for track in missing:
                    self._end(track, self.before)
                    band.dead.add(track.places[-1].position)
                self._merge([band])

    def _tidy(self) -> None:
        """Let the newest row begin with few bands that have few dead members, each of one grade."""
        if self.unsorted:
            self.unsorted = False
            self._merge(self.bands)
            return
        if len(self.bands) > MOST_BANDS:
            self._merge(sorted(self.bands, key=lambda band: len(band.dead) - len(band.members))[LARGEST:])
        self._merge([band for band in self.bands if len(band.dead) * 2 > len(band.members) + DEAD])

    def _merge(self, bands: Iterable[Band]) -> None:
        """Close *bands* and go on with their living members in new ones."""
        closing = list(bands)
        living = [track for band in closing for track in _living(band)]
        for band in closing:
            band.closed = True
            self.bands.remove(band)
            if not band.slabs[-1].values:
                self.weight.drop(band.slabs[-1])  # laid for the newest row, which it does not get
                band.slabs = band.slabs[:-1]
        for members in _by_grade(living):
            self._begin(members)

    def _planned(self) -> list[tuple[Band, Order]]:
        """Work out which of the remembered samples go where."""
        none = len(self.tracks)
        index_of = {track: index for index, track in enumerate(self.tracks)}
        every = list(range(none))
        orders = [(band, [index_of.get(track, none) for track in band.members]) for band in self.bands]
        return [(band, None if order == every else order) for band, order in orders]


def _living(band: Band) -> list[Track]:
    return [track for position, track in enumerate(band.members) if position not in band.dead]


def _by_grade(tracks: Iterable[Track]) -> Iterable[tuple[Track, ...]]:
    found: dict[int, list[Track]] = {}
    for track in tracks:
        found.setdefault(track.grade, []).append(track)
    return map(tuple, found.values())
