"""The series of before a restart: replayed row by row, with what the rules go on from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rules.keeping.decoding import DamagedError, decode
from rules.rows import TICK, Row
from rules.series import SET_BACK_MS, Series

GAP_MS = 60_000
"""After a longer time without a tick the engine counts as having begun to look anew."""
GAP_TICKS = 4


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of the time before a restart."""

    at: int
    """When Medic started, in milliseconds."""
    rows: Mapping[str, Row] = field(default_factory=dict)
    """The last row of each rule, by its source."""
    seen_since: int | None = None
    """Since when, without a longer gap up to the start, there were ticks; None for not at all."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of one file."""

    last_at: int = 0
    """When its newest tick was, in milliseconds; 0 when it has none."""
    damage: str = ""
    """What is wrong with it, from where on nothing of it was taken; empty when nothing is."""


class Restoration:
    """Writes the files of before a restart into the series, in their order, and remembers what rules need of them."""

    def __init__(self, series: Series, *, now: int, interval_ms: int) -> None:
        """Restore into *series*, which are empty, as of the time *now* in milliseconds."""
        self._series = series
        self._now = now
        self._gap = max(GAP_MS, GAP_TICKS * interval_ms)
        self._rows: dict[str, Row] = {}
        self._since: int | None = None
        self._last: int | None = None
        self._began = 0
        self.ticks = 0

    def replay(self, data: bytes) -> Replayed:
        """Write the rows of one file; those of the future are left out, since the clock was wrong then or is now."""
        last, damage, counts = 0, "", replace(self._series.counts)
        try:
            for row in decode(data):
                if row.source == TICK:
                    last = max(last, row.at)
                if row.at <= self._now:
                    self._write(row)
        except DamagedError as error:
            damage = str(error)
        self._series.counts = counts  # what was refused once and is again is no news
        return Replayed(last, damage)

    def before(self) -> Before:
        """Return what the rules go on from."""
        looked = self._last is not None and self._now - self._last <= self._gap
        return Before(self._now, self._rows, self._since if looked else None)

    def _write(self, row: Row) -> None:
        self._series.write(row)
        if row.source != TICK:
            self._rows[row.source] = row
            return
        self.ticks += 1
        if self._last is not None and row.at < max(self._began, self._last - SET_BACK_MS):  # the series began anew
            self._last, self._rows = None, {}
        if self._last is None:
            self._began = row.at
        if self._last is None or row.at > self._last + self._gap:
            self._since = row.at
        self._last = row.at
