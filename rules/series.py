"""The time series in memory: written by ticks and rules, read through views, trimmed by whole blocks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isnan, nan

from medic.core.samples import Labels, Sample, Snapshot
from rules.blocks import STALE, Column, Lane, Track
from rules.labelsets import NAME, Catalog
from rules.postings import Index
from rules.views import Head, View

__all__ = ["Counts", "Series", "View"]

SWEEP = 20
"""Ticks between two looks at what can be dropped."""
SET_BACK_MS = 60_000
"""A tick that is earlier than the last by more says that the clock was wrong, and not only set right a little."""


@dataclass(slots=True)
class Counts:
    """What was not stored, since the start."""

    refused: int = 0
    """Samples out of order: at or before the newest one of their series, or of a tick before the last or after now."""
    repeated: int = 0
    """Samples of slow collectors seen again with the next tick; that is normal."""


class Series:
    """All series of the host; one thread writes, any number read views.

    Each sample belongs to a lane: the tick, one run of a slow collector, or one named source (a rule). A series that
    its lane goes on without has vanished and gets a stale mark at once, as in Prometheus.
    """

    def __init__(self, *, history: int = 480) -> None:
        """Keep at least *history* samples of each series that no rule needs for longer."""
        self.counts = Counts()
        self.history = history
        self._needed: dict[str, int] = {}
        self._needed_by_all = 0
        self._catalog = Catalog()
        self._index = Index()
        self._tracks: dict[tuple[str, Labels], Track] = {}
        self._tick = Lane(Column(0))
        self._sources: dict[str, Lane] = {}
        self._slow: dict[Lane, None] = {}
        self._lengths: dict[Column, int] = {}
        self._generation = 0
        self._ticks: list[int] = []
        self._head = Head(0, {}, 0)

    def append(self, snapshot: Snapshot) -> None:
        """Store a tick; samples with a time of their own keep it, and one seen again is stored once.

        A snapshot that is not later than the last is refused and counted, whole. But one that is earlier by more than
        a minute begins the store anew: the clock was wrong, and what was stored under its times would pass for new.
        """
        if self._ticks and snapshot.at < self._ticks[-1] - SET_BACK_MS:
            self._forget()
        samples = [sample for family in snapshot.families for sample in family.samples]
        self._generation += 1
        if not self._advance(self._tick, snapshot.at):
            self.counts.refused += len(samples)
            return
        slow = [sample for sample in samples if sample.at is not None]
        self._write(self._tick, (sample for sample in samples if sample.at is None) if slow else samples)
        if slow:
            self._write_slow(slow, latest=snapshot.at + SET_BACK_MS)
        self._ticks.append(snapshot.at)
        if len(self._ticks) % SWEEP == 0:
            self._trim(snapshot.at)
        self._publish(snapshot.at)

    def append_samples(self, samples: Iterable[Sample], at_ms: int, *, source: str) -> None:
        """Store what *source* (one rule) wrote at *at_ms*; what it wrote last time and not now goes stale at once.

        An empty batch therefore marks all that the source wrote as stale. A name that the tick measures, too, belongs
        to whoever writes first at that time.
        """
        lane = self._sources.get(source)
        rows = list(samples)
        if lane is None:
            if not rows:
                return
            lane = self._sources[source] = Lane(Column(self._generation + 1))
        self._generation += 1
        if not self._advance(lane, at_ms):
            self.counts.refused += len(rows)
            return
        self._write(lane, rows)
        if not lane.members:
            del self._sources[source]
            self._lengths.pop(lane.column, None)
        self._publish(self._head.at_ms)

    def mark_stale(self, source: str, at_ms: int) -> None:
        """Mark all series that *source* wrote as stale: its rule was removed."""
        self.append_samples((), at_ms, source=source)

    def keep(self, ranges: Mapping[str, int], *, everything: int = 0) -> None:
        """Say how many milliseconds back the rules look, by metric name; *everything* holds for every name."""
        self._needed = dict(ranges)
        self._needed_by_all = everything

    def view(self, since_ms: int | None = None) -> View:
        """Return what is written now, for reading; samples at or before *since_ms* are hidden in it."""
        return View(self._index, self._catalog, self._head, since_ms)

    @property
    def size(self) -> int:
        """The number of series that have samples."""
        return len(self._tracks)

    def _forget(self) -> None:
        """Drop everything stored; views that were taken before still see it."""
        self._index, self._tracks = Index(), {}
        self._tick, self._sources, self._slow, self._lengths = Lane(Column(self._generation + 1)), {}, {}, {}
        self._ticks = []

    def _advance(self, lane: Lane, at: int) -> bool:
        """Open the row of time *at* in *lane*, and know how long its column now is."""
        self._lengths.pop(lane.column, None)
        is_later = lane.advance(at, self._generation)
        self._lengths[lane.column] = len(lane.column.times)
        return is_later

    def _write(self, lane: Lane, samples: Iterable[Sample]) -> None:
        written = 0
        for sample in samples:
            key = (sample.name, sample.labels)
            track = self._tracks.get(key) or self._begin(key)
            if lane.write(track, nan if isnan(sample.value) else sample.value):
                written += 1
                if track.lane is not lane:
                    self._adopt(lane, track)
            else:
                self.counts.refused += 1
        if written < len(lane.members):
            self._end(lane, ())

    def _write_slow(self, samples: Iterable[Sample], *, latest: int) -> None:
        opened: dict[int, Lane] = {}
        advanced: dict[Lane, None] = {}
        seen: set[Track] = set()
        for sample in samples:
            at = sample.at or 0
            if at > latest:  # of a run before the clock was set back; stored, it would refuse what comes after it
                self.counts.refused += 1
                continue
            key = (sample.name, sample.labels)
            track = self._tracks.get(key) or self._begin(key)
            if track.blocks and track.blocks[-1].last >= at:
                self._repeat(track, at)
                seen.add(track)
                continue
            lane = self._lane_for(track, at, opened, advanced)
            lane.write(track, nan if isnan(sample.value) else sample.value)
            self._adopt(lane, track)
        for lane in advanced:
            self._end(lane, seen)

    def _repeat(self, track: Track, at: int) -> None:
        if track.blocks[-1].last == at:
            self.counts.repeated += 1
        else:
            self.counts.refused += 1

    def _lane_for(self, track: Track, at: int, opened: dict[int, Lane], advanced: dict[Lane, None]) -> Lane:
        """Find the lane of a slow sample: its series' own if that can go on to *at*, else the one opened for *at*."""
        own = track.lane
        if own is not None and own in self._slow:
            if own not in advanced and self._advance(own, at):
                advanced[own] = None
                opened.setdefault(at, own)
                return own
            if own in advanced and own.column.times[-1] == at:
                return own
        lane = opened.get(at)
        if lane is None:
            lane = opened[at] = Lane(Column(self._generation))
            self._advance(lane, at)
            self._slow[lane] = None
            advanced[lane] = None
        return lane

    def _begin(self, key: tuple[str, Labels]) -> Track:
        name, labels = key
        pairs = tuple(sorted((*((NAME, name),), *labels)))
        track = self._tracks[key] = Track(self._catalog.intern(pairs))
        return track

    def _adopt(self, lane: Lane, track: Track) -> None:
        """Make *track*, just written, a member; one that is new can be found only now that it has a sample."""
        if track.lane is None and len(track.blocks) == 1:
            self._index.add(track)
        lane.adopt(track)

    def _end(self, lane: Lane, seen: Iterable[Track]) -> None:
        """Mark the members that the newest row lacks as stale; those in *seen* only had nothing new."""
        for track in [member for member in lane.members if not lane.holds(member)]:
            if track not in seen:
                lane.write(track, STALE)
            lane.release(track)
        if not lane.members and lane in self._slow:
            del self._slow[lane]
            self._lengths.pop(lane.column, None)

    def _publish(self, at_ms: int) -> None:
        """Let readers see what is written; a copy, since each rule that fires publishes, and most columns rest."""
        self._head = Head(self._generation, self._lengths.copy(), at_ms)

    def _trim(self, now: int) -> None:
        """Drop blocks that neither the history nor a rule needs, and series that have none left."""
        del self._ticks[: -max(self.history, SWEEP)]
        horizon = self._ticks[0]
        for key, track in list(self._tracks.items()):
            needed = now - max(self._needed.get(key[0], 0), self._needed_by_all)
            drop = _droppable(track, self.history, min(horizon, needed) if track.lane is None else needed)
            if drop == len(track.blocks):  # readers that have found it still see its blocks
                self._index.discard(track)
                del self._tracks[key]
            elif drop:
                track.blocks = track.blocks[drop:]


def _droppable(track: Track, history: int, before: int) -> int:
    """Count the oldest blocks that end before *before* and, while the series lives, are not among its history."""
    kept = sum(len(block.values) for block in track.blocks)
    drop = 0
    for block in track.blocks:
        kept -= len(block.values)
        if block.last >= before or (track.lane is not None and kept < history):
            break
        drop += 1
    return drop
