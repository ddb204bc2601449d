"""The time series in memory: written by ticks and rules, read through views, trimmed by whole slabs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

from medic.core.samples import Labels, Sample, Snapshot
from rules.blocks import Track
from rules.labelsets import NAME, Catalog
from rules.lanes import Lane
from rules.postings import Index
from rules.retention import SWEEP, USUAL_MS, Retention
from rules.rows import TICK, Needs, Row, as_stored, row_of
from rules.views import Head, Memory, View
from rules.weight import LANE_BYTES, series_bytes

__all__ = ["Counts", "Series", "View"]

SET_BACK_MS = 60_000
"""A tick that is earlier than the last by more says that the clock was wrong, and not only set right a little."""

_AT = itemgetter(3)


@dataclass(slots=True)
class Counts:
    """What was not stored, since the start."""

    refused: int = 0
    """Samples out of order: at or before the newest one of their series, or of a tick before the last or after now."""
    repeated: int = 0
    """Samples of slow collectors seen again with the next tick; that is normal."""
    over_memory: int = 0
    """Samples of series that were not taken in, since the memory bound was reached."""


class Series:
    """All series of the host; one thread writes, any number read views.

    Each sample belongs to a lane: the tick, one run of a slow collector, or one named source (a rule). A series that
    its lane goes on without has vanished and gets a stale mark at once, as in Prometheus.
    """

    def __init__(self, *, history: int = 480, max_bytes: int | None = None, tick_ms: int = USUAL_MS) -> None:
        """Keep at least *history* samples, *tick_ms* apart, of each series that no rule needs for longer.

        A new series is refused and counted when all series, at their full length, would take more than *max_bytes*;
        those that are there go on.
        """
        self.counts = Counts()
        self.max_bytes = max_bytes
        self.history = history
        self.observer: Callable[[Row], object] | None = None
        """Is handed each row once it is stored, so that it can be kept; a row that was refused whole it never sees."""
        self._catalog = Catalog()
        self._retention = Retention(history, tick_ms)
        self._generation = 0
        self._head = Head(0, 0, Memory({}, {}))
        self._forget()

    def _forget(self) -> None:
        """Drop everything stored; views that were taken before still see it."""
        self._index = Index()
        self._tracks: dict[tuple[str, Labels], Track] = {}
        self._retention.forget()
        self._promised = 0
        self._tick = Lane(self._retention.weight)
        self._sources: dict[str, Lane] = {}
        self._slow: dict[Lane, None] = {}
        self._slow_samples: Sequence[Sample] = ()

    def append(self, snapshot: Snapshot) -> None:
        """Store a tick; samples with a time of their own keep it, and one seen again is stored once.

        A snapshot that is not later than the last is refused and counted, whole. But one that is earlier by more than
        a minute begins the store anew: the clock was wrong, and what was stored under its times would pass for new.
        So does one that is earlier than all that is stored, at whose time there would be nothing to judge by.
        """
        samples = list(chain.from_iterable(family.samples for family in snapshot.families))
        times = list(map(_AT, samples))
        slow = [sample for sample in samples if sample.at is not None] if times.count(None) < len(times) else []
        quick = [sample for sample in samples if sample.at is None] if slow else samples
        self.write(row_of(TICK, snapshot.at, quick, slow))

    def append_samples(self, samples: Iterable[Sample], at_ms: int, *, source: str) -> None:
        """Store what *source* (one rule) wrote at *at_ms*; what it wrote last time and not now goes stale at once.

        An empty batch therefore marks all that the source wrote as stale. A name that the tick measures, too, belongs
        to whoever writes first at that time.
        """
        self.write(row_of(source, at_ms, samples if isinstance(samples, list) else list(samples)))

    def write(self, row: Row) -> None:
        """Store a row, of this run or of one before a restart, as ``append`` and ``append_samples`` say."""
        stored = self._write_tick(row) if row.source == TICK else self._write_source(row)
        if stored is not None and self.observer is not None:
            self.observer(stored)

    def mark_stale(self, source: str, at_ms: int) -> None:
        """Mark all series that *source* wrote as stale: its rule was removed."""
        self.append_samples((), at_ms, source=source)

    def keep(self, ranges: Mapping[str, int], *, everything: int = 0) -> None:
        """Say how many milliseconds back the rules look, by metric name; *everything* holds for every name."""
        self._retention.needed, self._retention.needed_by_all = dict(ranges), everything
        for track in self._tracks.values():
            self._promise(track)
            grade = self._retention.grade_of(track.key[0])
            if grade != track.grade:
                track.grade = grade
                if track.lane is not None:
                    track.lane.unsorted, track.lane.names = True, None

    def view(self, since_ms: int | None = None) -> View:
        """Return what is written now, for reading; samples at or before *since_ms* are hidden in it."""
        return View(self._index, self._catalog, self._head, since_ms)

    @property
    def needs(self) -> Needs:
        """What is still needed of the past, by the history and by the rules."""
        return Needs(self._retention.horizon, self._retention.needed, self._retention.needed_by_all)

    @property
    def size(self) -> int:
        """The number of series that have samples."""
        return len(self._tracks)

    @property
    def bytes(self) -> int:
        """Roughly the bytes that the series take now."""
        return self._retention.weight.bytes

    @property
    def promised_bytes(self) -> int:
        """Roughly the bytes that the series take once each has all the samples that are kept of it."""
        return self._promised

    def _write_tick(self, row: Row) -> Row | None:
        """Write a tick; returns it as it was stored, None when it was refused."""
        at = row.at
        if self._tick.rows and at < max(self._tick.began, self._tick.at - SET_BACK_MS):
            self._forget()
        self._generation += 1
        if not self._write(self._tick, row):
            self.counts.refused += len(row.slow)
            return None
        slow = row.slow if row.slow and self._write_slow(row.slow, latest=at + SET_BACK_MS) else ()
        self._retention.ticked(at)
        if self._tick.rows % SWEEP == 0:
            self._trim(at)
        self._head = Head(self._generation, at, Memory({}, {}))
        return as_stored(row, self._tick.names, self._tick.labels, slow)

    def _write_source(self, row: Row) -> Row | None:
        """Write what a rule gave; returns it as it was stored, None when it was refused or says nothing."""
        lane = self._sources.get(row.source)
        if lane is None:
            if not row.names:
                return None
            lane = self._sources[row.source] = Lane(self._retention.weight, shared=False)
        elif not row.names and not lane.bands:
            return None
        self._generation += 1
        if not self._write(lane, row):
            return None
        _, newest, memory = self._head
        self._head = Head(self._generation, newest, memory)
        return as_stored(row, lane.names, lane.labels)

    def _write(self, lane: Lane, row: Row, spared: Mapping[Track, int] | None = None) -> bool:
        """Write one row of *lane*; False when its time is not later than the last row's, and all is refused."""
        names, labels, values = row.names, row.labels, row.values
        if not lane.advance(row.at):
            self.counts.refused += len(names)
            return False
        if names == lane.names and labels == lane.labels:
            lane.repeat(values)
        else:
            known = self._fill(lane, list(zip(names, labels, strict=True)), values, spared or {})
            lane.remember(names if len(known) == len(names) else None, labels, known)
        if lane.moved or lane.lost:
            self._settle(lane)
        lane.publish(self._generation)
        return True

    def _fill(
        self, lane: Lane, keys: list[tuple[str, Labels]], values: list[float], spared: Mapping[Track, int]
    ) -> list[Track]:
        """Fill a row that is not as the last one was; returns its series when nothing in it was refused."""
        tracks = [self._tracks.get(key) or self._begin(key) for key in keys]
        entries = [(track, value) for track, value in zip(tracks, values, strict=True) if track is not None]
        refused = lane.fill(entries, spared)
        self.counts.refused += refused
        self.counts.over_memory += len(keys) - len(entries)
        return [] if refused else [track for track, _ in entries]

    def _write_slow(self, samples: Sequence[Sample], *, latest: int) -> bool:
        """Write what slow collectors measured; False when it is what they gave to the last tick."""
        if samples == self._slow_samples:
            self.counts.repeated += len(samples)
            return False
        refused = self.counts.refused + self.counts.over_memory
        arrived: dict[Track, int] = {}
        opened: dict[int, Lane] = {}
        rows: dict[Lane, tuple[int, list[Sample]]] = {}
        for sample in samples:
            at = sample.at or 0
            if at > latest:  # of a run before the clock was set back; stored, it would refuse what comes after it
                self.counts.refused += 1
                continue
            key = (sample.name, sample.labels)
            track = self._tracks.get(key) or self._begin(key)
            if track is None:
                self.counts.over_memory += 1
                continue
            last = arrived.get(track, track.last_at)
            arrived[track] = max(at, last)
            if last >= at:
                self._repeat(last, at)
                continue
            lane = self._lane_for(track, at, opened, rows)
            rows.setdefault(lane, (at, []))[1].append(sample)
        for lane, (at, row) in sorted(rows.items(), key=lambda item: item[1][0]):
            self._write(lane, row_of(TICK, at, row), arrived)
        self._slow_samples = samples if refused == self.counts.refused + self.counts.over_memory else ()
        return True

    def _repeat(self, last: int, at: int) -> None:
        if last == at:
            self.counts.repeated += 1
        else:
            self.counts.refused += 1

    def _lane_for(
        self, track: Track, at: int, opened: dict[int, Lane], rows: Mapping[Lane, tuple[int, list[Sample]]]
    ) -> Lane:
        """Find the lane of a slow sample: its series' own if that can go on to *at*, else the one opened for *at*."""
        own = track.lane
        if own is None and track.places and not track.places[-1].band.closed:
            own = track.places[-1].band.lane
        if own is not None and own in self._slow:
            if own not in rows and own.at < at:
                opened.setdefault(at, own)
                return own
            if own in rows and rows[own][0] == at:
                return own
        lane = opened.get(at)
        if lane is None:
            lane = opened[at] = Lane(self._retention.weight)
            self._slow[lane] = None
        return lane

    def _begin(self, key: tuple[str, Labels]) -> Track | None:
        """Take in a new series; None when there is no memory for it."""
        name, labels = key
        if self.max_bytes is not None:
            promised = self._promised + self._retention.promised(name, len(labels) + 1)
            if max(promised, self.bytes) > self.max_bytes:
                return None
        pairs = tuple(sorted(((NAME, name), *labels)))
        track = self._tracks[key] = Track(key, self._catalog.intern(pairs), self._retention.grade_of(name))
        self._retention.weight.bytes += series_bytes(len(pairs), 0)
        self._promise(track)
        return track

    def _promise(self, track: Track) -> None:
        self._promised -= track.promised
        track.promised = self._retention.promised(track.key[0], len(track.labels.pairs))
        self._promised += track.promised

    def _discard(self, track: Track) -> None:
        self._index.discard(track)
        self._tracks.pop(track.key, None)
        self._promised -= track.promised
        self._retention.weight.bytes -= series_bytes(len(track.labels.pairs), 0)

    def _settle(self, lane: Lane) -> None:
        """Make series findable where they have moved to, and remember to forget those that ended."""
        for track in lane.moved:
            self._retention.watch(track.places[-1].band)
            if len(track.places) == 1:
                self._index.add(track)
            else:
                self._index.touch(track)
        self._retention.ended.update(dict.fromkeys(lane.lost))
        lane.moved, lane.lost = [], []

    def _trim(self, now: int) -> None:
        """Drop slabs that neither the history nor a rule needs, and series and sources that have none left."""
        for track in self._retention.trim(now):
            self._discard(track)
        horizon = self._retention.horizon
        for source in [source for source, lane in self._sources.items() if not lane.bands and lane.at < horizon]:
            del self._sources[source]
            self._retention.weight.bytes -= LANE_BYTES
        for lane in [lane for lane in self._slow if not lane.bands and lane.at < horizon]:
            del self._slow[lane]
            self._retention.weight.bytes -= LANE_BYTES
