"""What the series may forget: slabs that neither the history nor a rule needs, and series that have none left."""

from collections import deque
from collections.abc import Iterator

from rules.blocks import ROWS, Band, Slab, Track
from rules.weight import PLACE_BYTES, Weight, band_bytes, series_bytes

USUAL_MS = 15_000
"""The distance of ticks, where nobody says another."""
SWEEP = 20
"""Ticks between two looks at what can be dropped."""
GRADES = 4
"""Beyond the first; each is kept for up to twice as long as the one before."""


class Retention:
    """Knows all bands that hold samples, how long each is needed, and which series have ended."""

    def __init__(self, history: int, tick_ms: int = USUAL_MS) -> None:
        """Keep *history* rows of each lane; *tick_ms* is the distance of ticks, before two of them told it.

        The first tick's series are put together by it: with a wrong one, all would be kept as long as the longest.
        """
        self.history = history
        self._usual_ms = tick_ms
        self.needed: dict[str, int] = {}
        """How many milliseconds back the rules look, by metric name."""
        self.needed_by_all = 0
        self.forget()

    def forget(self) -> None:
        """Know of no samples."""
        self.weight = Weight()
        self.ended: dict[Track, None] = {}
        self.ticks: deque[int] = deque(maxlen=max(self.history, SWEEP))
        self._tick_ms = self._usual_ms
        self._distances: deque[int] = deque(maxlen=3)
        self._bands: dict[Band, frozenset[str]] = {}

    def ticked(self, at: int) -> None:
        """Take note of a tick: the history of what has ended is counted in them.

        The distance of ticks is the middle one of the last three, so that a pause or a step of the clock is none.
        """
        if self.ticks:
            self._distances.append(at - self.ticks[-1])
            self._tick_ms = sorted(self._distances)[(len(self._distances) - 1) // 2]
        self.ticks.append(at)

    @property
    def horizon(self) -> int:
        """Time of the oldest tick that is history, in milliseconds."""
        return self.ticks[0] if self.ticks else 0

    def grade_of(self, name: str) -> int:
        """Return 0 for a metric that the history keeps long enough for the rules, else how much longer it is kept."""
        beyond = (self._need(name) - 1) // (self._tick_ms * self.history)
        return min(GRADES, beyond.bit_length()) if beyond > 0 else 0

    def promised(self, name: str, labels: int) -> int:
        """Return the bytes that a series of so many labels comes to once it has all the samples that are kept of it."""
        return PLACE_BYTES + series_bytes(labels, max(self.history, self._need(name) // self._tick_ms) + ROWS + SWEEP)

    def watch(self, band: Band) -> None:
        """Know of a band."""
        if band not in self._bands:
            self._bands[band] = frozenset(track.key[0] for track in band.members)

    def trim(self, now: int) -> Iterator[Track]:
        """Drop what can be dropped at the time *now*; yields the series that are to be forgotten."""
        horizon = self.horizon
        for band, names in list(self._bands.items()):
            needed = now - max(map(self._need, names))
            gone = [slab for slab in band.slabs if self._may_go(band, slab, needed)]
            if gone:
                band.slabs = tuple(slab for slab in band.slabs if slab not in gone)
                for slab in gone:
                    self.weight.drop(slab)
            if not band.slabs:
                self._drop(band)
        for track in list(self.ended):
            if track.lane is not None:
                del self.ended[track]
            elif not track.places or track.ended_at < min(horizon, now - self._need(track.key[0])):
                del self.ended[track]
                yield track

    def _may_go(self, band: Band, slab: Slab, needed: int) -> bool:
        if not slab.values or slab.last_at >= needed:
            return False
        if band.lane.bands:
            return band.lane.rows - slab.number - slab.rows + 1 >= self.history
        return slab.last_at < self.horizon

    def _drop(self, band: Band) -> None:
        band.closed = True
        self.weight.bytes -= band_bytes(band)
        del self._bands[band]
        for track in band.members:
            track.places = tuple(place for place in track.places if place.band is not band)

    def _need(self, name: str) -> int:
        return max(self.needed.get(name, 0), self.needed_by_all)
