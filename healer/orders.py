"""A person's orders: each becomes changes, or is refused with what would allow it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from healer.decide import Act, propose
from healer.gates import GateReport, Reading, first_closed, report, written
from healer.settings import OBEY, WORKER_EXIT, Remedy
from healer.world import Case, World
from medic.core.alerts import Alert, AlertState, Source
from medic.core.changes import Approved, Change, Opened, Paused, Released, Reserved, Reset, Resumed, Stopped
from medic.core.errors import RefusedError
from medic.core.healing import Attempt, Episode, Pause
from medic.core.samples import labels
from medic.core.targets import Target, TargetKind


@dataclass(frozen=True, slots=True)
class Healing:
    """What an order to heal leads to, or would lead to in a dry run."""

    attempt: Attempt
    gates: tuple[GateReport, ...]
    refused: str
    """Why it may not be done now; empty when it may."""
    changes: tuple[Change, ...]
    act: Act


def heal(world: World, target: Target, remedy: str | None, by: str, now: datetime) -> Healing:
    """Find what a person's order to heal *target* leads to; a person's word opens all gates but a few.

    Pause, stop and an attempt under way hold it too. Raises RefusedError where it names no remedy or no target.
    """
    chosen = _remedy(world, target, remedy)
    if not world.policy.declares(target):
        raise RefusedError(f"{target} is declared nowhere in the configuration; only what is declared is healed")
    episode, opened = _episode(world, chosen, target, by, now)
    case = Case(world.after(opened), episode, chosen)
    attempt = propose(case, now)
    act = Act(episode, attempt, chosen.rung(case.tally.failures), dead=False)
    closed = first_closed(case, now, OBEY.exempt)
    gates = tuple(line for line in report(case, now) if line.name not in OBEY.exempt)
    return Healing(attempt, gates, _refusal(closed), (*opened, Reserved(attempt)), act)


def pause(target: Target | None, now: datetime, lasting: timedelta, *, why: str, by: str) -> tuple[Change, ...]:
    """Forbid healing of a target, or of all, for a while; raises RefusedError without a reason or an end."""
    if not why.strip():
        raise RefusedError("a pause needs a reason: say why (--why TEXT), so that others know when to lift it")
    if lasting <= timedelta():
        raise RefusedError("a pause needs an end: say for how long (--for 30m)")
    return (Paused(Pause(target, now + lasting, why, by, now)),)


def resume(world: World, target: Target | None, now: datetime, by: str) -> tuple[Change, ...]:
    """End a pause; raises RefusedError where there is none, or where only deleting the file helps."""
    paused = [pause.target for pause in world.history.pauses]
    if target in paused:
        return (Resumed(target, by, now),)
    if world.scene.paused_by_file:
        raise RefusedError("healing is paused by the file PAUSED in the state folder; delete it")
    names = ", ".join("all" if each is None else str(each) for each in paused) or "nothing"
    raise RefusedError(f"{target or 'healing as a whole'} is not paused; paused: {names}")


def keep_down(known: frozenset[Target], stopped: frozenset[Target], now: datetime, by: str) -> tuple[Change, ...]:
    """Go from what was *known* to be stopped to what is *stopped*; a release lets go of all that it covers."""
    released = sorted(known - stopped)
    left = {target for target in known if not any(each.covers(target) for each in released)}
    added = sorted(stopped - left)
    return (*(Released(each, by, now) for each in released), *(Stopped(each, by, now) for each in added))


def reset(target: Target, now: datetime, by: str) -> tuple[Change, ...]:
    """Forget the failures of a target, and of what it covers: its breaker closes."""
    return (Reset(target, by, now),)


def approve(world: World, episode: int, now: datetime, by: str) -> tuple[Change, ...]:
    """Allow the action of an open episode; raises RefusedError, naming the open ones, for any other number."""
    if episode in world.history.episodes:
        return (Approved(episode, by, now),)
    raise RefusedError(f"no open episode {episode}; open: {_numbers(world.history.episodes)}")


def _remedy(world: World, target: Target, name: str | None) -> Remedy:
    if name is None or name == OBEY.name:
        if target.kind not in {TargetKind.POOL, TargetKind.WORKER, TargetKind.QUEUE}:
            raise RefusedError(
                f"name a remedy for {target} (--remedy NAME); without one only pools, workers and queues are healed"
            )
        return OBEY
    found = next((each for each in world.policy.remedies if each.name == name and name != WORKER_EXIT), None)
    if found is None:
        known = ", ".join(each.name for each in world.policy.remedies) or "none"
        raise RefusedError(f"no remedy {name!r}; configured: {known}")
    return found


def _episode(
    world: World, remedy: Remedy, target: Target, by: str, now: datetime
) -> tuple[Episode, tuple[Change, ...]]:
    key = (remedy.name, target)
    for episode in world.history.episodes.values():
        if (episode.remedy, episode.target) == key:
            return episode, ()
    named = labels(alertname="OperatorOrder", target=str(target), remedy=remedy.name)
    alert = Alert(named, labels(summary=f"{by} asked for it"), AlertState.FIRING, now, Source.OPERATOR)
    episode = Episode(world.history.next_episode, remedy.name, target, (alert,), now, now)
    return episode, (Opened(episode),)


def _refusal(closed: tuple[str, Reading] | None) -> str:
    if closed is None:
        return ""
    name, reading = closed
    return f"held by {name}: {reading.value}{written(reading.until)}"


def _numbers(episodes: Collection[int]) -> str:
    return ", ".join(str(number) for number in sorted(episodes)) or "none"
