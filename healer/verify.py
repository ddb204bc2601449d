"""Verification: what the evidence since the action says of an attempt."""

from datetime import datetime
from typing import NamedTuple

from healer.book import EXPIRED
from healer.ports import Condition
from healer.settings import Policy, Verify
from healer.world import Evidence, World
from medic.core.alerts import Alert, AlertState
from medic.core.changes import Change, Closed, Ended
from medic.core.healing import Attempt, Ending, Outcome
from medic.core.targets import Target
from medic.core.workers import Exit, Pool, SlotState, Worker


class Finding(NamedTuple):
    """An outcome with its reason."""

    outcome: Outcome
    why: str


def judge(attempt: Attempt, verify: Verify, evidence: Evidence, now: datetime) -> Finding | None:
    """Say how an attempt came out; None while it cannot be said yet, or while the action still runs.

    Healed is what has not been wrong for ``stable``. What is wrong or unknown is waited on until ``within`` is over.
    """
    if attempt.acted_at is None:
        return None
    holds, reason = evidence.condition.holds, evidence.condition.reason
    over = evidence.final or now >= (evidence.acted or attempt.acted_at) + verify.within
    if holds is False:
        return Finding(Outcome.HEALED, reason) if now >= evidence.since + verify.stable else None
    if attempt.succeeded is False and (holds or over):
        return Finding(Outcome.FAILED, f"the action failed; {reason}")
    if not over:
        return None
    return Finding(Outcome.FAILED if holds else Outcome.UNKNOWN, reason)


def wakes(attempt: Attempt, verify: Verify, evidence: Evidence) -> datetime | None:
    """Return when the evidence, should it stay as it is, leads to an outcome; None while the action runs."""
    if attempt.acted_at is None:
        return None
    if evidence.condition.holds is False:
        return evidence.since + verify.stable
    return (evidence.acted or attempt.acted_at) + verify.within


def close_due(world: World, now: datetime) -> list[Change]:
    """Return the changes that close what verification has decided, and end what that heals."""
    changes: list[Change] = []
    for attempt in world.history.attempts.values():
        evidence = world.scene.evidence.get(attempt.id)
        verify = verify_of(world.policy, attempt)
        finding = None if evidence is None else judge(attempt, verify, evidence, now)
        if finding is not None:
            changes += close(world, attempt, finding, now)
    return changes


def close(world: World, attempt: Attempt, finding: Finding, now: datetime) -> list[Change]:
    """Close an attempt; its episode ends with it when it healed, or when a person's order was all it was for."""
    closed = Closed(attempt.id, now, finding.outcome, finding.why)
    episode = world.history.episodes.get(attempt.episode)
    if episode is None:
        return [closed]
    if finding.outcome is Outcome.HEALED:
        return [closed, Ended(episode.id, now, Ending.HEALED, finding.why)]
    case = world.case(episode)
    if case is not None and case.by_hand:
        return [closed, Ended(episode.id, now, Ending.GIVEN_UP, finding.why)]
    return [closed]


def verify_of(policy: Policy, attempt: Attempt) -> Verify:
    """Return how an attempt's remedy verifies; the defaults where the configuration has lost it."""
    remedy = policy.remedy(attempt.remedy)
    return Verify() if remedy is None else remedy.verify


def of_worker(worker: Worker | None, exits: tuple[Exit, ...], attempt: Attempt) -> Evidence:
    """Weigh a worker's attempt: alive since its start, or ended, which nothing can undo."""
    begun = attempt.reserved_at
    later = [exit_ for exit_ in exits if exit_.at > begun]
    if later:
        return Evidence(Condition(holds=True, reason=f"it ended again: {later[-1].status}"), later[-1].at, final=True)
    if worker is not None and worker.state is SlotState.RUNNING:
        return Evidence(Condition(holds=False, reason="alive"), worker.since or attempt.acted_at or begun)
    return Evidence(Condition(holds=True, reason="no process is in its slot"), attempt.acted_at or begun, final=True)


def of_order(attempt: Attempt, pool: Pool | None) -> Evidence:
    """Weigh a person's order: a pool must be whole, of anything else the action's own word is taken."""
    at = attempt.acted_at or attempt.reserved_at
    if pool is not None:
        whole = pool.running >= pool.expected
        return Evidence(Condition(not whole, f"{pool.running} of {pool.expected} workers run"), at)
    if attempt.succeeded is None:
        return Evidence(Condition(holds=None, reason="Medic died during the action"), at, final=True)
    return Evidence(Condition(not attempt.succeeded, "the action's own word"), at, final=True)


def together(conditions: list[Condition]) -> Condition:
    """Join the conditions of several alerts: one that is wrong makes it wrong, else one unknown makes it unknown."""
    for wanted in (True, None):
        for condition in conditions:
            if condition.holds is wanted:
                return condition
    return conditions[0] if conditions else Condition(holds=None, reason="nothing tells")


def of_external(alert: Alert) -> Condition:
    """Judge an alert of which only its sender knows more."""
    if alert.why_resolved == EXPIRED:
        return Condition(holds=None, reason=f"{alert.name}: {EXPIRED}")
    if alert.state is AlertState.INACTIVE:
        return Condition(holds=False, reason=f"{alert.name}: {alert.why_resolved or 'resolved'}")
    return Condition(holds=None, reason=f"{alert.name}: its sender has not resolved it")


def died(world: World, target: Target, exit_: Exit, now: datetime) -> list[Change]:
    """Close the attempt on a worker that ended again, so that the next replacement need not wait for it."""
    words = f"it ended again: {exit_.status}"
    open_ = [a for a in world.history.attempts.values() if a.target == target and a.acted_at is not None]
    return [change for attempt in open_ for change in close(world, attempt, Finding(Outcome.FAILED, words), now)]
