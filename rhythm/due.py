"""When it is due: the arithmetic of each kind of trigger, exact over restarts and both clock changes."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from medic.core.clock import MILLISECOND
from medic.core.runs import JobRecord, Trigger
from rhythm.spec import At, Every, Rhythm

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Passed:
    """The due times in a stretch of time: the latest of them, and how many came before those."""

    older: int
    first: datetime | None
    """The first of all, older ones included; None when there was none."""
    latest: tuple[datetime, ...]
    """In their order."""


def interval(trigger: Rhythm) -> timedelta:
    """Return the usual time between two due times; a day that is changed by the clock counts as a day."""
    return trigger.period if isinstance(trigger, Every) else DAY


def moved(trigger: Rhythm, record: JobRecord | None) -> Rhythm:
    """Return the rhythm with the grid that the job has by now.

    A clock that was set back comes to the same instants again, and what was due then has been run: so each reset moves
    the grid of an interval by a millisecond. A time of day stays as it is; it waits for a day that it has not seen.
    """
    if record is None or not isinstance(trigger, Every):
        return trigger
    return replace(trigger, anchor=trigger.anchor + record.resets * MILLISECOND)


def kind(trigger: Rhythm) -> Trigger:
    """Name the trigger as the ledger does."""
    return Trigger.EVERY if isinstance(trigger, Every) else Trigger.AT


def next_due(trigger: Rhythm, after: datetime) -> datetime:
    """Return the first due time later than *after*, in UTC.

    A time of day that the clock skips is due as long after midnight as on other days (02:30 becomes 03:30), one that
    comes twice is due the first time: once on either day.
    """
    if isinstance(trigger, Every):
        anchor = trigger.anchor.astimezone(UTC)  # arithmetic within another zone would follow its clock changes
        return anchor + ((after - anchor) // trigger.period + 1) * trigger.period
    return _next_at(trigger, after)


def upcoming(trigger: Rhythm, after: datetime) -> Iterator[datetime]:
    """Yield the due times later than *after*, without end."""
    while True:
        after = next_due(trigger, after)
        yield after


def passed(trigger: Rhythm, after: datetime, until: datetime, limit: int) -> Passed:
    """Return the due times later than *after* and not later than *until*, at most *limit* of them by name."""
    first = next_due(trigger, after)
    if first > until:
        return Passed(0, None, ())
    if isinstance(trigger, Every):
        count = (until - first) // trigger.period + 1
        start = max(0, count - limit)
        return Passed(start, first, tuple(first + number * trigger.period for number in range(start, count)))
    latest: deque[datetime] = deque(maxlen=limit)
    count = 0
    for count, due in enumerate(takewhile(lambda due: due <= until, upcoming(trigger, after)), 1):  # noqa: B007 - the last
        latest.append(due)
    return Passed(count - len(latest), first, tuple(latest))


def _next_at(trigger: At, after: datetime) -> datetime:
    """Look at the days around *after*: the local date there may be off by one from the one that counts."""
    zone = ZoneInfo(trigger.timezone)
    today = after.astimezone(zone).date()
    days = (today + number * DAY for number in range(-1, 2))
    # fold is 0: in a gap that means the offset before it, in an overlap the first of the two.
    dues = (datetime.combine(day, trigger.time, zone).astimezone(UTC) for day in days)
    return min(due for due in dues if due > after)
