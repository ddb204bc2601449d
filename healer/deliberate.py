"""One deliberation: from what has arrived to the changes to write and the verdicts to carry out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from healer.decide import Verdict, decide, made, next_wake
from healer.intake import Unplaced, gone, take_alerts, take_exit
from healer.notices import due
from healer.verify import close_due
from healer.world import World
from medic.core.alerts import Alert
from medic.core.changes import Acted, Change, Taken, Waiting
from medic.core.workers import Exit


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What has come since the last deliberation."""

    acted: tuple[Acted, ...] = ()
    exits: tuple[Exit, ...] = ()
    alerts: tuple[Alert, ...] = ()
    """Of the embedded rules: all of the last tick, or none when there was no tick."""
    missing: frozenset[str] = frozenset()
    """Fingerprints of embedded alerts that are reported no longer."""
    waiting: tuple[Waiting, ...] = ()
    """From the inbox."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deliberation leads to."""

    now: datetime
    before: World
    after: World
    changes: tuple[Change, ...]
    verdicts: tuple[Verdict, ...]
    unplaced: tuple[Unplaced, ...]
    wake: datetime | None


def deliberate(world: World, arrivals: Arrivals, now: datetime) -> Plan:
    """Take in what arrived, close what is verified, decide on what is open, and tell people what they must hear."""
    taken, changes, unplaced = _take(world, arrivals, now)
    closed = close_due(taken, now)
    judged = taken.after(closed) if closed else taken
    verdicts = decide(judged, now)
    decided = [change for verdict in verdicts for change in made(verdict, now)]
    after = judged.after(decided) if decided else judged
    changes += [*closed, *decided]
    told = due(world, after, changes, now)
    final = after.after(told) if told else after
    return Plan(now, world, final, (*changes, *told), verdicts, unplaced, next_wake(final, now, verdicts))


def recover(world: World, now: datetime) -> tuple[Change, ...]:
    """Mark the attempts that a dead Medic left half-done: they are looked at, never repeated."""
    words = "Medic ended during the action"
    halves = [attempt for attempt in world.history.attempts.values() if attempt.acted_at is None]
    return tuple(Acted(attempt.id, now, None, words) for attempt in halves)


def _take(world: World, arrivals: Arrivals, now: datetime) -> tuple[World, list[Change], tuple[Unplaced, ...]]:
    changes: list[Change] = list(arrivals.acted)
    world = world.after(changes) if changes else world
    for exit_ in arrivals.exits:
        taken = take_exit(world, exit_, now)
        world, changes = taken.world, [*changes, *taken.changes]
    lost = gone(world, arrivals.missing, now, "no longer reported")
    found = take_alerts(lost.world, _all_alerts(arrivals), now)
    changes += [*lost.changes, *found.changes]
    if arrivals.waiting:
        changes.append(Taken(tuple(each.row for each in arrivals.waiting), now))
    return found.world, changes, found.unplaced


def _all_alerts(arrivals: Arrivals) -> Iterable[Alert]:
    yield from arrivals.alerts
    for each in arrivals.waiting:
        yield each.alert
