"""Where a rule looks, and how much there is to see: what healing may rest on, and what it may not."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from medic.core.samples import Labels
from rules.blocks import Span, Track
from rules.durations import format_duration
from rules.kindred import Kindred, belongs
from rules.labelsets import NAME
from rules.promql.frame import LOOKBACK_MS
from rules.promql.reach import Reach
from rules.promql.selectors import Finder
from rules.views import View

COVERED = 0.8
"""The part of a window that must lie behind us before anything is healed on it."""
_NEVER = 1 << 62
"""Later than any time, in milliseconds."""


def written(reach: Reach) -> str:
    """Write a selector as in a rule; its window is the whole of what it reads."""
    inner = ", ".join(str(matcher) for matcher in reach.matchers if matcher.name != NAME or not reach.name)
    window = f"[{format_duration(length(reach))}]" if reach.window else ""
    return f"{reach.name}{{{inner}}}{window}" if inner else f"{reach.name}{window}"


def length(reach: Reach) -> int:
    """How many milliseconds a selector's window is long."""
    return reach.oldest_ms - reach.newest_ms


def spans(view: View, reach: Reach, at_ms: int, alert: Labels) -> list[Span]:
    """Return the windows of the series that an alert is about."""
    found = view.spans(view.select(reach.matchers), at_ms - reach.oldest_ms, at_ms - reach.newest_ms)
    return [span for labels, span in found if belongs(labels.pairs, alert)]


class Presence:
    """Which of the series that a rule reads have a current value at one time; looked at when first asked."""

    __slots__ = ("_at_ms", "_every", "_known", "_view")

    def __init__(self, view: View, every: Sequence[Reach], at_ms: int) -> None:
        """Look at what *every* selector selects."""
        self._view = view
        self._every = every
        self._at_ms = at_ms
        self._known: list[Kindred[int]] | None = None

    def has_vanished(self, alert: Labels) -> bool:
        """Tell whether none of the series that an alert is about is there; a rule that reads none loses none."""
        return bool(self._every) and all(known.best(alert) is None for known in self._present())

    def is_missing(self, alert: Labels) -> bool:
        """Tell whether one of the selectors sees no series of an alert."""
        return any(known.best(alert) is None for known in self._present())

    def _present(self) -> list[Kindred[int]]:
        if self._known is None:
            self._known = [Kindred(self._current(reach)) for reach in self._every]
        return self._known

    def _current(self, reach: Reach) -> Iterator[tuple[Labels, int]]:
        until = self._at_ms - reach.newest_ms
        for labels in self._view.latest(self._view.select(reach.matchers), until - LOOKBACK_MS, until):
            yield labels.pairs, until


class Cover(NamedTuple):
    """How much of a window the samples of a series cover."""

    covered: float
    """Milliseconds; each sample stands for the time up to the next."""
    until: int
    """Before that time the window is covered well enough, whatever comes; no later than now where nothing is sure."""


class Coverage:
    """How well the windows of one rule's alerts are covered; looked at again only when that can have become less.

    A window without any sample (of ``absent_over_time``) is covered when Medic itself has been looking long enough.
    """

    __slots__ = ("_lacking", "_looked_at", "_windows", "until")

    def __init__(self, reaches: Iterable[Reach]) -> None:
        """Look at those of *reaches* that are windows."""
        self._windows = [(reach, Finder(reach.matchers)) for reach in reaches if reach.window]
        self._lacking: dict[Labels, str] = {}
        self._looked_at = 0
        self.until = 0
        """Milliseconds: before that time, what ``lacking`` said of these alerts stays as it is."""

    @property
    def matters(self) -> bool:
        """Whether there is a window at all."""
        return bool(self._windows)

    def lacking(self, view: View, at_ms: int, alerts: Sequence[Labels], *, seen_since: int) -> Sequence[str]:
        """Say of each alert which window is covered by less than 80 %, or nothing.

        Of *alerts* only the labels that come from their series may be given; *seen_since* is in milliseconds.
        """
        known = self._lacking
        if not self._looked_at <= at_ms < self.until or any(alert not in known for alert in alerts):
            known = self._lacking = dict.fromkeys(alerts, "")
            self.until, self._looked_at = _NEVER, at_ms
            for reach, find in self._windows:
                windows = Kindred(_covers(view, find(view), reach, at_ms))
                self._look(reach, windows, Cover(at_ms - seen_since, at_ms))
        return [known[alert] for alert in alerts]

    def _look(self, reach: Reach, windows: Kindred[Cover], nothing: Cover) -> None:
        for alert in self._lacking:
            cover = windows.best(alert) or nothing
            if cover.covered < COVERED * length(reach):
                part = max(cover.covered, 0) / length(reach)
                said = f"the window of {written(reach)} is covered by {part:.0%}, {COVERED:.0%} are needed"
                self._lacking[alert] = self._lacking[alert] or said
            self.until = min(self.until, cover.until)


def _covers(view: View, found: Iterable[Track], reach: Reach, at_ms: int) -> Iterator[tuple[Labels, Cover]]:
    """Yield how well one selector's windows are covered at one time, for the series that were *found*."""
    known: dict[int, tuple[Sequence[int], Cover]] = {}
    for labels, (times, _) in view.windows(found, at_ms - reach.oldest_ms, at_ms - reach.newest_ms):
        cover = known.get(id(times))  # series that are read together share their times
        if cover is None:
            cover = known[id(times)] = times, _cover(times, reach)
        yield labels.pairs, cover[1]


def _cover(times: Sequence[int], reach: Reach) -> Cover:
    """Judge samples at *times*; they suffice until too many have left the window, if no other ever came."""
    if len(times) < 2:  # noqa: PLR2004 - of one sample no spacing is known
        return Cover(0, 0)
    last = times[-1]
    sufficient = bisect_right(times, last - COVERED * length(reach))
    until = times[sufficient - 1] + reach.oldest_ms if sufficient else 0
    return Cover((last - times[0]) * len(times) / (len(times) - 1), until)


def missing_since(whole: View, since: View, every: Sequence[Reach], at_ms: int, alert: Labels) -> str:
    """Say which selector has too few samples in the view *since* to conclude anything, or nothing.

    A range needs two samples, an instant one. Selectors that see nothing in the *whole* view either (the other branch
    of an ``or``) do not count, unless that holds of all.
    """
    needed = [reach for reach in every if spans(whole, reach, at_ms, alert)]
    if every and not needed:
        return "its series have vanished"
    for reach in needed:
        least = 2 if reach.window else 1
        most = max((span.samples for span in spans(since, reach, at_ms, alert)), default=0)
        if most < least:
            return f"{written(reach)} has {most} samples since then, {least} are needed"
    return ""
