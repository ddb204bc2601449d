"""What a group of processes has at one instant."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from exporter.collectors.groups.counts import NOTHING, Counts, add
from exporter.collectors.groups.looks import Look
from exporter.table import Process


@dataclass(slots=True)
class Tally:
    """What a group has just now; counters are kept apart, as they outlive the processes."""

    processes: int = 0
    threads: int = 0
    resident_pages: int = 0
    virtual: int = 0
    swapped: int | None = None
    proportional: int | None = None
    proportional_swap: int | None = None
    descriptors: int | None = None
    worst_ratio: float | None = None
    oldest: int | None = None
    """Clock ticks since boot when its oldest process started."""
    states: Counter[str] = field(default_factory=Counter)
    wchans: Counter[str] = field(default_factory=Counter)
    thread_counts: Counter[str] = field(default_factory=Counter)
    readable: Counts = NOTHING
    """What could be read of any of its processes is here a number, whichever, and what of none is None."""


class Errors(NamedTuple):
    """What went wrong since Medic began to look."""

    sweeps: int = 0
    """Sweeps that were begun and not ended."""
    processes: int = 0
    """Processes of groups that could not be read, once for each sweep."""
    partial: int = 0
    """Processes of which something was kept from us, once for each sweep."""


NO_ERRORS = Errors()


@dataclass(frozen=True, slots=True)
class Told:
    """What one sweep told of all groups."""

    tallies: Mapping[str, Tally]
    counts: Mapping[str, Counts]
    threads: Mapping[str, Mapping[str, Counts]]
    """By group, and in it by name of the thread."""
    errors: Errors = NO_ERRORS


def count(tally: Tally, process: Process, look: Look) -> None:
    """Add a process to its group; the worst ratio is its follower's to know."""
    tally.processes += 1
    if None in tally.readable:
        tally.readable = add(tally.readable, look.counts)
    tally.threads += process.threads
    tally.resident_pages += process.pages
    tally.virtual += process.virtual
    tally.swapped = _sum(tally.swapped, look.swapped)
    tally.proportional = _sum(tally.proportional, look.proportional)
    tally.proportional_swap = _sum(tally.proportional_swap, look.proportional_swap)
    tally.descriptors = _sum(tally.descriptors, look.descriptors)
    tally.oldest = min(tally.oldest or process.start, process.start)
    for state, wchan in [(each.state, each.wchan) for each in look.threads] or [(process.state, look.wchan)]:
        tally.states[state] += 1
        if wchan:
            tally.wchans[wchan] += 1


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else other + (one or 0)


def most(one: float | None, other: float | None) -> float | None:
    """Return the greater one of those that are known."""
    return one if other is None else max(other, one or 0.0)
