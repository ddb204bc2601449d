"""The gate to the clock: wall time as aware datetimes, intervals by the monotonic clock."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where a shell asks for the time; pure code takes ``now`` as an argument instead."""

    def now(self) -> datetime:
        """Return the wall time, aware and in UTC."""

    def monotonic(self) -> float:
        """Return seconds on a clock that is never set; only differences mean anything."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the wall time, aware and in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds on a clock that is never set."""
        return time.monotonic()


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Convert an aware datetime to integer milliseconds since the epoch, rounding down."""
    return (moment - EPOCH) // MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Convert integer milliseconds since the epoch to an aware datetime in UTC."""
    return EPOCH + milliseconds * MILLISECOND
