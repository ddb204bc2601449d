"""Counters out of lists that forget: how many tasks came into a registry since it was first read. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from medic.core.queue import CANARY


class Entry(NamedTuple):
    """A task in a registry, which is a sorted set."""

    id: bytes
    score: float
    """Rises whenever the task comes into the registry again; the registry is read from its highest downwards."""


@dataclass(frozen=True, slots=True)
class Endings:
    """What a registry held when it was last read; None before the first reading."""

    held: frozenset[Entry] | None = None
    floor: float = float("-inf")
    """Below this score the registry was not read, and nobody knows what is new there."""
    count: int = 0


def take(known: Endings, entries: Sequence[Entry], *, most: int) -> tuple[Endings, tuple[Entry, ...]]:
    """Add a reading of the *most* highest entries; return what is known now, and the entries that are new.

    The first reading only says where counting begins. What comes and goes between two readings is never seen.
    """
    held = frozenset(entries)
    whole = len(entries) < most
    floor = float("-inf") if whole else min(entry.score for entry in entries)
    if known.held is None:
        return Endings(held, floor, known.count), ()
    new = tuple(
        entry
        for entry in entries
        if entry not in known.held and entry.score >= known.floor and not entry.id.startswith(CANARY.encode())
    )
    return Endings(held, floor, known.count + len(new)), new
