"""What is seen at this moment: the rules' alerts, the evidence of attempts, the slots of workers."""

from collections.abc import Hashable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from healer import verify
from healer.faults import Faults
from healer.ports import Condition, Ports
from healer.settings import HOUR, WORKER_EXIT, Policy
from healer.stopwatch import Stopwatch
from healer.world import Evidence, Scene
from medic.core.alerts import Alert, AlertState, Source
from medic.core.changes import History
from medic.core.clock import Clock
from medic.core.healing import Attempt, Episode
from medic.core.targets import Target, TargetKind, worker_target
from medic.core.tasks import spared
from medic.core.workers import Exit

PAUSED = "PAUSED"
"""The file in the state folder that stops all healing."""


class Watch:
    """Looks around for ``decide``; it remembers what only time can show (since when something is so)."""

    def __init__(self, ports: Ports, state: Path, clock: Clock, faults: Faults) -> None:
        """Look through *ports*, and for the file PAUSED in *state*; what raises is told to *faults*."""
        self._ports = ports
        self._paused = state / PAUSED
        self._faults = faults
        self._stopwatch = Stopwatch(clock)
        self.started_at = clock.now()
        self._live: dict[str, Alert] = {}
        self._seen: set[str] = set()
        self._evidence: dict[int, Evidence] = {}
        self._fresh: set[int] = set()

    def observe(self, alerts: Iterable[Alert]) -> None:
        """Take the alerts of a tick: all that are active, and those that were just resolved."""
        self._live = {alert.fingerprint: alert for alert in alerts}
        self._seen |= self._live.keys()
        self._fresh.clear()

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Return the alerts of the last tick."""
        return tuple(self._live.values())

    def scene(self, policy: Policy, history: History, exits: Iterable[Exit], now: datetime) -> Scene:
        """Look at all that the open episodes and attempts of *history*, and *exits*, make of interest."""
        self._weigh(policy, history, now)
        return Scene(
            started_at=self.started_at,
            paused_by_file=self._paused.exists(),
            alerts=self._live,
            evidence=dict(self._evidence),
            workers={target: self._ports.health.worker(target) for target in _slots(history, exits)},
        )

    def missing(self, policy: Policy, history: History, now: datetime) -> frozenset[str]:
        """Name the embedded alerts that are over without having been reported so.

        Right after a start the rules know nothing yet: what they do not report is then asked for, not taken as over.
        """
        open_ = {
            alert.fingerprint: alert
            for episode in history.episodes.values()
            for alert in episode.alerts
            if alert.source is Source.RULES and alert.state is not AlertState.INACTIVE
        }
        over = {mine for mine, alert in open_.items() if mine not in self._live and self._is_over(mine, alert, now)}
        rested = now - self.started_at >= policy.rest
        return frozenset(over | {mine for mine in _unresolved(history) if mine not in self._live and rested})

    def _is_over(self, mine: str, alert: Alert, now: datetime) -> bool:
        if mine in self._seen or now - self.started_at >= HOUR:
            return True
        over = False
        with spared() as raised:
            over = self._ports.conditions.condition(alert, self.started_at, now).holds is False
        if raised:
            self._faults.tell(f"the condition of {alert.name} {mine}", raised[0])
        return over

    def _weigh(self, policy: Policy, history: History, now: datetime) -> None:
        open_ = {number: each for number, each in history.attempts.items() if each.acted_at is not None}
        self._stopwatch.keep(open_.keys())
        self._evidence = {number: self._timed(policy, history, attempt, now) for number, attempt in open_.items()}
        self._fresh &= open_.keys()

    def _timed(self, policy: Policy, history: History, attempt: Attempt, now: datetime) -> Evidence:
        """Weigh an attempt, its times such as they would be had nobody set the clock since."""
        acted = self._stopwatch.since(("acted", attempt.id), None, attempt.acted_at or attempt.reserved_at, now)
        process: Hashable = None
        with spared() as raised:
            found = self._evidence_of(policy, history, replace(attempt, acted_at=acted), now)
            process = self._process_of(attempt, history)
        if raised:
            self._faults.tell(f"the verification of attempt {attempt.id}", raised[0])
            found = Evidence(Condition(holds=None, reason="a bug of Medic's; the log says how"), now)
        since = self._stopwatch.since(("held", attempt.id), (found.condition.holds, process), found.since, now)
        return replace(found, since=since, acted=acted)

    def _process_of(self, attempt: Attempt, history: History) -> Hashable:
        """Return whose life is the evidence, if it is one's: another process there begins anew."""
        if attempt.target.kind is not TargetKind.WORKER or not _is_of_processes(attempt, history):
            return None
        worker = self._ports.health.worker(attempt.target)
        return worker and worker.process

    def _evidence_of(self, policy: Policy, history: History, attempt: Attempt, now: datetime) -> Evidence:
        episode = history.episodes.get(attempt.episode)
        expr = verify.verify_of(policy, attempt).expr
        if not expr and _is_of_processes(attempt, history):
            return self._of_processes(history, attempt, now)
        before = self._evidence.get(attempt.id)
        if before is not None and attempt.id in self._fresh:
            return before if expr else self._with_resolved(before, episode, now)
        self._fresh.add(attempt.id)
        since = attempt.acted_at or attempt.reserved_at
        if expr:
            return Evidence(self._ports.conditions.condition_of(expr, since, now), now)
        return Evidence(self._condition(episode, since, now), now)

    def _with_resolved(self, before: Evidence, episode: Episode | None, now: datetime) -> Evidence:
        """Between ticks nothing but a message of a sender can change what is known."""
        alerts = episode.alerts if episode else ()
        if any(alert.source is Source.RULES for alert in alerts):
            return before
        return Evidence(verify.together([verify.of_external(alert) for alert in alerts]), now)

    def _condition(self, episode: Episode | None, since: datetime, now: datetime) -> Condition:
        return verify.together([self._of_alert(alert, since, now) for alert in (episode.alerts if episode else ())])

    def _of_alert(self, alert: Alert, since: datetime, now: datetime) -> Condition:
        if alert.source is Source.RULES:
            return self._ports.conditions.condition(alert, since, now)
        return verify.of_external(alert)

    def _of_processes(self, history: History, attempt: Attempt, now: datetime) -> Evidence:
        target = attempt.target
        if target.kind is TargetKind.WORKER:
            worker = self._ports.health.worker(target)
            return verify.of_worker(worker, history.exits.get(target, ()), attempt)
        pool = self._ports.health.pool(target.name) if target.kind is TargetKind.POOL else None
        found = verify.of_order(attempt, pool)
        return found if found.final else replace(found, since=now)


def _is_of_processes(attempt: Attempt, history: History) -> bool:
    """Tell whether the processes say how it came out: of a dead worker, and of a person's order."""
    if attempt.remedy == WORKER_EXIT:
        return True
    episode = history.episodes.get(attempt.episode)
    return episode is not None and all(alert.source is Source.OPERATOR for alert in episode.alerts)


def _slots(history: History, exits: Iterable[Exit]) -> set[Target]:
    coming = {worker_target(exit_.pool, exit_.slot) for exit_ in exits}
    return coming | {episode.target for episode in history.episodes.values() if episode.remedy == WORKER_EXIT}


def _unresolved(history: History) -> set[str]:
    return {mine for mine, spent in history.spent.items() if spent.source is Source.RULES and spent.resolved_at is None}
