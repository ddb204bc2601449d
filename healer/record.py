"""Keeping count and log of what was decided: one line a decision, with its reason."""

import logging
from collections.abc import Iterable

from healer.counts import Counts
from healer.decide import Act, DryRun, End, Held, Verdict
from healer.deliberate import Plan
from healer.intake import Unplaced
from medic.core.alerts import Alert, AlertState
from medic.core.changes import Change, Closed, Opened, SeenResolved
from medic.core.clock import to_ms
from medic.core.healing import Attempt, Ending
from medic.core.samples import labels

log = logging.getLogger(__name__)

_UNPLACED_KEPT = 1000


class Record:
    """Counts, logs, and knows which gate each episode stands before."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.counts = Counts()
        self.unplaced: dict[str, Unplaced] = {}
        """By fingerprint: alerts that a remedy matches but that name no target."""
        self._gates: dict[int, str] = {}

    def keep(self, plan: Plan, refused: frozenset[int]) -> None:
        """Take down a deliberation that was committed."""
        for unplaced in plan.unplaced:
            self._keep_unplaced(unplaced)
        for change in plan.changes:
            self._keep_change(plan, change)
        for verdict in plan.verdicts:
            self._keep_verdict(verdict, refused)
        self._gates = {number: gate for number, gate in self._gates.items() if number in plan.after.history.episodes}

    def forget(self, fingerprints: frozenset[str]) -> None:
        """Forget alerts without a target that are active no longer."""
        self.unplaced = {mine: each for mine, each in self.unplaced.items() if mine not in fingerprints}

    def _keep_unplaced(self, unplaced: Unplaced) -> None:
        mine = unplaced.alert.fingerprint
        if mine in self.unplaced:
            return
        if len(self.unplaced) >= _UNPLACED_KEPT:
            del self.unplaced[next(iter(self.unplaced))]
        self.unplaced[mine] = unplaced
        self.counts.suppressed[unplaced.remedy, "no-target"] += 1
        fields = {"alertname": unplaced.alert.name, "remedy": unplaced.remedy, "reason": unplaced.reason}
        log.warning("alert names no target", extra=fields)

    def _keep_change(self, plan: Plan, change: Change) -> None:
        if isinstance(change, Opened):
            episode = change.episode
            fields = {"episode": episode.id, "remedy": episode.remedy, "target": str(episode.target)}
            log.info("episode opened", extra=fields)
        elif isinstance(change, SeenResolved):
            self.unplaced.pop(change.fingerprint, None)
        elif isinstance(change, Closed):
            self._keep_outcome(plan, change)

    def _keep_outcome(self, plan: Plan, change: Closed) -> None:
        attempt = _attempt(plan, change.attempt)
        if attempt is None:
            return
        episode = plan.before.history.episodes.get(attempt.episode)
        began = episode.active_at if episode else attempt.reserved_at
        told = labels(attempt=str(attempt.id), episode=str(attempt.episode))
        seconds = max(0.0, (plan.now - began).total_seconds())
        self.counts.close(attempt.remedy, change.outcome, seconds, told=told, at=to_ms(plan.now))
        fields = {"attempt": attempt.id, "target": str(attempt.target), "outcome": str(change.outcome)}
        log.info("attempt closed", extra={**fields, "reason": change.detail})

    def _keep_verdict(self, verdict: Verdict, refused: frozenset[int]) -> None:
        episode = verdict.episode
        fields = {"episode": episode.id, "remedy": episode.remedy, "target": str(episode.target)}
        match verdict:
            case Act():
                self._keep_act(verdict, refused, fields)
            case End():
                ended = {"ending": str(verdict.ending), "reason": verdict.why}
                log.log(_level(verdict.ending), "episode ended", extra={**fields, **ended})
            case DryRun():
                self._enter(episode.id, "dry-run", {**fields, "reason": f"would {verdict.action.name}"})
            case Held():
                self._enter(episode.id, verdict.gate, {**fields, "reason": verdict.value})

    def _keep_act(self, verdict: Act, refused: frozenset[int], fields: dict[str, object]) -> None:
        if verdict.attempt.id in refused:
            log.warning("attempt refused by the journal", extra=fields)
            return
        self._gates.pop(verdict.episode.id, None)
        self.counts.last[verdict.attempt.remedy] = verdict.attempt.reserved_at
        reason = {"action": verdict.action.name, "attempt": verdict.attempt.id, "reason": verdict.attempt.reason}
        log.info("attempt begins", extra={**fields, **reason})

    def _enter(self, episode: int, gate: str, fields: dict[str, object]) -> None:
        """Count and log the entry into a gate, not each look at it."""
        if self._gates.get(episode) == gate:
            return
        self._gates[episode] = gate
        self.counts.suppressed[str(fields["remedy"]), gate] += 1
        log.info("episode held", extra={**fields, "gate": gate})


def resolved(alerts: Iterable[Alert]) -> frozenset[str]:
    """Name those of *alerts* that are active no longer, by fingerprint."""
    return frozenset(alert.fingerprint for alert in alerts if alert.state is AlertState.INACTIVE)


def _attempt(plan: Plan, number: int) -> Attempt | None:
    return plan.before.history.attempts.get(number)


def _level(ending: Ending) -> int:
    return logging.WARNING if ending is Ending.GIVEN_UP else logging.INFO
