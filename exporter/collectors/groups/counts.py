"""What a process has counted, and how counters of groups go on when processes come, end and change groups: pure."""

from typing import NamedTuple


class Counts(NamedTuple):
    """Counters of one process, thread or group; None is what could not be read, and of a group what was never read."""

    user: int | None = None
    """Clock ticks."""
    system: int | None = None
    minor: int | None = None
    """Page faults that needed no disk."""
    major: int | None = None
    voluntary: int | None = None
    """Switches to another process because this one waited."""
    nonvoluntary: int | None = None
    read: int | None = None
    """Bytes that were fetched from storage."""
    written: int | None = None


NOTHING = Counts()
ZERO = Counts(*(0 for _ in Counts._fields))


def risen(before: Counts | None, now: Counts, *, is_new: bool) -> Counts:
    """Return by how much each counter rose since it was last read.

    What a process that *is_new* since then has counted is all of it a rise; of one that was there all along, and is
    read for the first time, nothing is known to be. No counter of a process falls; one that seems to has not risen.
    """
    known = before or (ZERO if is_new else NOTHING)
    first = int(is_new)
    return Counts._make(
        [
            None if new is None else new * first if old is None else new - old if new > old else 0
            for old, new in zip(known, now, strict=True)
        ]
    )


def add(one: Counts, other: Counts) -> Counts:
    """Add counter by counter; what is unknown on one side alone counts as nothing there."""
    return Counts._make([b if a is None else a if b is None else a + b for a, b in zip(one, other, strict=True)])
