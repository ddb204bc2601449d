"""The metrics of healing: a pure function from its state to families."""

from collections.abc import Iterable
from datetime import datetime

from healer.counts import BOUNDS, Counts
from healer.gates import GATES, is_spent
from healer.settings import OPERATOR, WORKER_EXIT
from healer.world import World
from medic.core.clock import EPOCH
from medic.core.healing import Outcome
from medic.core.samples import Family, Kind, Sample, counter, gauge, labels, written
from medic.core.targets import Target, TargetKind

REASONS = (*(gate.name for gate in GATES if gate.name != "ended"), "dry-run", "error")
DELIVERIES = ("delivered", "failed")


def families(world: World, counts: Counts, now: datetime) -> list[Family]:
    """Describe healing; counters of remedies and reasons known in advance are there as 0 from the start."""
    remedies = [*(remedy.name for remedy in world.policy.remedies), WORKER_EXIT, OPERATOR]
    return [
        _attempts(remedies, counts),
        _suppressed(remedies, counts),
        _in_progress(remedies, world),
        _durations(remedies, counts),
        gauge(
            "medic_heal_last_timestamp_seconds",
            "When a remedy last acted.",
            *((labels(remedy=remedy), (at - EPOCH).total_seconds()) for remedy, at in sorted(counts.last.items())),
        ),
        _breakers(world, now),
        gauge("medic_healing_paused", "Whether all healing is paused.", ((), float(is_paused(world, now)))),
        counter(
            "medic_notifications_total",
            "Notices that were tried, by what became of it.",
            *((labels(outcome=outcome), float(counts.notifications[outcome])) for outcome in DELIVERIES),
        ),
    ]


def is_paused(world: World, now: datetime) -> bool:
    """Tell whether all healing is paused, by a person's order or by the file."""
    pauses = [pause for pause in world.history.pauses if pause.target is None]
    return world.scene.paused_by_file or any(pause.until is None or now < pause.until for pause in pauses)


def open_breakers(world: World, now: datetime) -> frozenset[Target]:
    """Name the targets that are left alone but for a rare probe."""
    return frozenset(case.target for case in world.cases() if is_spent(case, now))


def _attempts(remedies: Iterable[str], counts: Counts) -> Family:
    known = {(remedy, outcome) for remedy in remedies for outcome in Outcome} | counts.attempts.keys()
    rows = [
        (labels(remedy=name, outcome=outcome), float(counts.attempts[name, outcome])) for name, outcome in sorted(known)
    ]
    return counter("medic_heal_attempts_total", "Attempts by their verified outcome.", *rows)


def _suppressed(remedies: Iterable[str], counts: Counts) -> Family:
    known = {(remedy, reason) for remedy in remedies for reason in REASONS} | counts.suppressed.keys()
    rows = [
        (labels(remedy=name, reason=reason), float(counts.suppressed[name, reason])) for name, reason in sorted(known)
    ]
    return counter("medic_heal_suppressed_total", "Times that a gate began to hold an episode.", *rows)


def _in_progress(remedies: Iterable[str], world: World) -> Family:
    open_ = [attempt.remedy for attempt in world.history.attempts.values()]
    rows = [(labels(remedy=remedy), float(open_.count(remedy))) for remedy in sorted({*remedies, *open_})]
    return gauge("medic_heal_in_progress", "Attempts that act or are being verified.", *rows)


def _breakers(world: World, now: datetime) -> Family:
    open_ = open_breakers(world, now)
    pools = {target for target in world.policy.declared if target.kind is TargetKind.POOL}
    rows = [(labels(target=str(target)), float(target in open_)) for target in sorted(pools | open_)]
    return gauge("medic_breaker_open", "Whether a target is left alone but for a rare probe.", *rows)


def _durations(remedies: Iterable[str], counts: Counts) -> Family:
    name = "medic_heal_duration_seconds"
    samples = [sample for remedy in sorted(remedies) for sample in _histogram(name, remedy, counts)]
    exemplars = {
        (f"{name}_bucket", labels(remedy=remedy, le=written(bound))): latest
        for (remedy, bound), latest in counts.latest.items()
    }
    return Family(name, Kind.HISTOGRAM, "Seconds from an active alert to its verified heal.", samples, exemplars)


def _histogram(name: str, remedy: str, counts: Counts) -> list[Sample]:
    pairs = labels(remedy=remedy)
    samples, total = [], 0
    for bound in (*BOUNDS, float("inf")):
        total += counts.durations[remedy, bound]
        samples.append(Sample(f"{name}_bucket", labels(remedy=remedy, le=written(bound)), float(total)))
    seconds = counts.seconds[remedy] / 1000
    return [*samples, Sample(f"{name}_sum", pairs, seconds), Sample(f"{name}_count", pairs, float(total))]
