"""The decision: over all open episodes in their order, each verdict made true before the next is sought."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from healer.gates import first_closed, is_spent
from healer.settings import ActionSpec
from healer.verify import verify_of, wakes
from healer.world import Case, World
from medic.core.changes import Change, Ended, Reserved
from medic.core.healing import Attempt, Ending, Episode, Mode
from medic.core.targets import Target


@dataclass(frozen=True, slots=True)
class Act:
    """Do it now: *attempt* is to be reserved, then *action* is to run."""

    episode: Episode
    attempt: Attempt
    action: ActionSpec
    dead: bool


@dataclass(frozen=True, slots=True)
class DryRun:
    """It would be done now, but its mode is ``dry-run``."""

    episode: Episode
    attempt: Attempt
    action: ActionSpec


@dataclass(frozen=True, slots=True)
class Held:
    """A gate says no."""

    episode: Episode
    gate: str
    value: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class End:
    """The episode is over."""

    episode: Episode
    ending: Ending
    why: str


Verdict = Act | DryRun | Held | End


def decide(world: World, now: datetime, targets: frozenset[Target] | None = None) -> tuple[Verdict, ...]:
    """Judge every open episode, oldest first; with *targets* only the episodes of those."""
    verdicts: list[Verdict] = []
    for episode in world.history.episodes.values():
        if targets is not None and episode.target not in targets:
            continue
        verdict = _decide_one(world, episode, now)
        if changes := made(verdict, now):
            world = world.after(changes)
        verdicts.append(verdict)
    return tuple(verdicts)


def made(verdict: Verdict, now: datetime) -> tuple[Change, ...]:
    """Return the changes that a verdict stands for; being held changes nothing."""
    match verdict:
        case Act():
            return (Reserved(verdict.attempt, verdict.dead),)
        case End():
            return (Ended(verdict.episode.id, now, verdict.ending, verdict.why),)
        case DryRun() | Held():
            return ()


def next_wake(world: World, now: datetime, verdicts: Iterable[Verdict] | None = None) -> datetime | None:
    """Return when time alone can next change a verdict or close an attempt; None when it never does.

    *verdicts* saves deciding again where the caller has just decided.
    """
    judged = decide(world, now) if verdicts is None else verdicts
    gates = [verdict.until for verdict in judged if isinstance(verdict, Held)]
    evidence = world.scene.evidence
    open_ = [attempt for attempt in world.history.attempts.values() if attempt.id in evidence]
    moments = [*gates, *(wakes(attempt, verify_of(world.policy, attempt), evidence[attempt.id]) for attempt in open_)]
    return min((moment for moment in moments if moment is not None), default=None)


def propose(case: Case, now: datetime) -> Attempt:
    """Describe the attempt that would be next, whatever the gates say."""
    history, failures = case.world.history, case.tally.failures
    probe = is_spent(case, now)
    number = max(1, failures) if probe else failures + 1
    return Attempt(
        id=history.next_attempt,
        episode=case.episode.id,
        remedy=case.remedy.name,
        target=case.target,
        action=case.remedy.rung(failures).name,
        number=number,
        probe=probe,
        reason=_reason(case, probe=probe, number=number),
        reserved_at=now,
    )


def _decide_one(world: World, episode: Episode, now: datetime) -> Verdict:
    if episode.id in world.scene.broken:
        return Held(episode, "error", "a bug of Medic's keeps it from being judged; the log says how", None)
    case = world.case(episode)
    if case is None:
        return _without_remedy(world, episode)
    if (end := _conclude(case, now)) is not None:
        return end
    if (closed := first_closed(case, now)) is not None:
        name, reading = closed
        return Held(episode, name, reading.value, reading.until)
    attempt, action = propose(case, now), case.remedy.rung(case.tally.failures)
    if world.policy.effective(case.remedy) is Mode.DRY_RUN:
        return DryRun(episode, attempt, action)
    return Act(episode, attempt, action, case.replaces_dead)


def _without_remedy(world: World, episode: Episode) -> Verdict:
    why = f"the configuration has no remedy {episode.remedy} any more"
    if any(attempt.episode == episode.id for attempt in world.history.attempts.values()):
        return Held(episode, "busy", f"{why}; its last attempt is being verified", None)
    return End(episode, Ending.SUPERSEDED, why)


def _conclude(case: Case, now: datetime) -> End | None:
    """End what is over without an attempt; an open attempt is first closed by verification."""
    if case.attempts:
        return None
    if case.replaces_dead:
        return _conclude_worker(case, now)
    if not case.active:
        return End(case.episode, _by_itself(case, now), _why(case))
    if case.by_hand:
        return End(case.episode, Ending.GIVEN_UP, "nothing of the order is left to do")
    return None


def _conclude_worker(case: Case, now: datetime) -> End | None:
    workers = case.world.scene.workers
    if case.target in workers and workers[case.target] is None:
        return End(case.episode, Ending.SUPERSEDED, "its slot is there no longer")
    if case.running:
        return End(case.episode, _by_itself(case, now), "somebody else filled the slot")
    return None


def _by_itself(case: Case, now: datetime) -> Ending:
    # Where the attempts were spent, Medic had given up: what came after was not its doing and not by itself.
    return Ending.GIVEN_UP if is_spent(case, now) else Ending.RESOLVED


def _why(case: Case) -> str:
    reasons = {alert.why_resolved for alert in case.episode.alerts if alert.why_resolved}
    return "; ".join(sorted(reasons)) or "no alert of it is active any more"


def _reason(case: Case, *, probe: bool, number: int) -> str:
    names = ", ".join(dict.fromkeys(alert.name for alert in case.episode.alerts))
    count = "probe of the open breaker" if probe else f"attempt {number} of {case.remedy.most}"
    details = [exit_.status for exit_ in case.exits[-1:]]
    return "; ".join([names, *details, count])
