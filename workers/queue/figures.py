"""What a queue says of itself: rolling windows, success ratios and its canaries, out of what was counted."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from medic.core.clock import MILLISECOND
from medic.core.queue import CanaryEnd, QueueFigures, QueueTally, Seen, Slice, Window

HOUR = timedelta(hours=1) // MILLISECOND
WINDOWS = (("1h", HOUR), ("24h", 24 * HOUR))
HALF_LIFE = HOUR // 2
"""A task that ended half an hour ago weighs half as much as one that ends now."""
LEAST_WEIGHT = 2**-10
"""Less than one task that ended ten half-lives ago is no data."""


def ratio(completed: float, failed: float) -> float | None:
    """Return completed / (completed + failed), from 0 to 1; None when nothing ran."""
    total = completed + failed
    return completed / total if total else None


def count_windows(slices: Sequence[Slice], now: int) -> tuple[Window, ...]:
    """Sum what ended in the last hour and day before *now* (milliseconds); exact to the length of a slice."""
    return tuple(
        Window(
            name,
            completed=sum(part.completed for part in slices if part.at > now - length),
            failed=sum(part.failed for part in slices if part.at > now - length),
        )
        for name, length in WINDOWS
    )


def weigh(slices: Iterable[Slice], now: int) -> float | None:
    """Return the success ratio in which each task counts 2^(-age / HALF_LIFE); None when hardly any weight is left."""
    completed = failed = 0.0
    for part in slices:
        weight = 2.0 ** (-max(0, now - part.at) / HALF_LIFE)
        completed += weight * part.completed
        failed += weight * part.failed
    return ratio(completed, failed) if completed + failed >= LEAST_WEIGHT else None


def judge_canaries(ends: Sequence[CanaryEnd]) -> tuple[bool | None, float | None]:
    """Say whether the last canary of every type succeeded, and how many seconds the slowest took.

    A type whose last canary ended an hour before the newest one is no longer sent, and says nothing. None without any.
    """
    newest = max((end.ended_at for end in ends), default=0)
    current = [end for end in ends if end.ended_at > newest - HOUR]
    if not current:
        return None, None
    return all(end.succeeded for end in current), max(end.duration for end in current)


def figure(queue: str, tally: QueueTally, now: int, seen: tuple[Seen, ...] = ()) -> QueueFigures:
    """Turn what was counted, and whom it has seen, into what the queue says of itself at *now* (milliseconds)."""
    succeeded, duration = judge_canaries(tally.canaries)
    return QueueFigures(
        queue=queue,
        backend="embedded",
        up=True,
        pending=tally.pending,
        running=tally.running,
        submitted=tally.submitted,
        completed=tally.completed,
        failed=tally.failed,
        oldest_pending_at=tally.oldest_pending_at,
        windows=count_windows(tally.slices, now),
        weighted_ratio=weigh(tally.slices, now),
        durations=tally.durations,
        waits=tally.waits,
        canary_success=succeeded,
        canary_duration=duration,
        workers=sum(not each.late for each in seen),
        seen=seen,
    )
