"""What ended when, told from counters alone: for queues that count, and remember no windows themselves. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from medic.core.queue import Slice
from medic.core.rollups import Rollup

SLICE = 30_000
"""Milliseconds: rolling windows are exact to this."""
REMEMBERED = 25 * 3_600_000
GAP = 60_000
"""Milliseconds between two readings after which nobody knows when in between the tasks ended."""


class Reading(NamedTuple):
    """Both counters at one instant."""

    at: int
    """Milliseconds since the epoch."""
    completed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended by slices of time, and the reading up to which that is known; None before the first."""

    last: Reading | None = None
    slices: tuple[Slice, ...] = ()


def gained(before: int, now: int) -> int:
    """Return by how much a counter rose; one that fell was reset and began at 0, as Prometheus has it."""
    return now - before if now >= before else now


def count(ended: Ended, reading: Reading) -> Ended:
    """Add what ended since the last reading; the first one only says where counting begins.

    After a gap (the queue, or Medic, was down) tasks are spread evenly over it: none is lost, and the last hour is not
    told that it had the work of a whole night.
    """
    before = ended.last
    if before is None:
        return Ended(reading, ended.slices)
    rise = Reading(reading.at, gained(before.completed, reading.completed), gained(before.failed, reading.failed))
    return Ended(reading, _merge((*ended.slices, *_spread(rise, since=before.at)), now=reading.at))


def recall(completed: Iterable[Rollup], failed: Iterable[Rollup], *, period: int, now: int) -> Ended:
    """Count again from the rollups of both counters, in the order of time; *period* is their windows' length.

    A window is as exact as rollups can be: a counter that was reset in it counts for what it had reached before, and
    from 0 for what came after.
    """
    others = {each.at: each for each in failed}
    last: Reading | None = None
    slices: list[Slice] = []
    for good in completed:
        bad = others.get(good.at)
        if bad is None or good.at > now:
            continue
        at = min(good.at + period, now)
        if last is not None:
            slices += _spread(Reading(at, _rise(last.completed, good), _rise(last.failed, bad)), since=last.at)
        last = Reading(at, int(good.last), int(bad.last))
    return Ended(last, _merge(slices, now=now))


def _rise(before: int, window: Rollup) -> int:
    """Return by how much a counter rose in a window, a reset in it included."""
    if window.min >= before and window.max <= window.last:
        return int(window.last) - before
    peak = int(window.max) if window.max > window.last else before
    return max(0, peak - before) + int(window.last)


def _spread(rise: Reading, *, since: int) -> Iterable[Slice]:
    """Share out what ended between *since* and the reading; shares are whole, and their sum is exact."""
    length = rise.at - since
    if length <= GAP:
        return [_slice(rise.at, rise.completed, rise.failed)]
    first = max(since, rise.at - REMEMBERED)  # a clock may leap by years
    bounds = [*range(first, rise.at, SLICE), rise.at]
    shares = [(at, (at - since) / length) for at in bounds]
    return [
        _slice(at, *(int(total * share) - int(total * former) for total in (rise.completed, rise.failed)))
        for (_, former), (at, share) in pairwise(shares)
    ]


def _slice(at: int, completed: int, failed: int) -> Slice:
    return Slice(at - at % SLICE, completed, failed)


def _merge(slices: Iterable[Slice], *, now: int) -> tuple[Slice, ...]:
    """Add up slices of the same time, and forget what is too old, or ahead of a clock that was set back."""
    sums: dict[int, Slice] = {}
    for each in slices:
        if now - REMEMBERED < each.at <= now and (each.completed or each.failed):
            known = sums.get(each.at, Slice(each.at, 0, 0))
            sums[each.at] = Slice(each.at, known.completed + each.completed, known.failed + each.failed)
    return tuple(sums[at] for at in sorted(sums))
