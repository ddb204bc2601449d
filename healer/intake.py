"""What arrives becomes changes: alerts of the rules and of senders, and the exits of workers."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from healer.matchers import matches
from healer.settings import WORKER_EXIT, Policy
from healer.templates import render
from healer.verify import died
from healer.world import World
from medic.core.alerts import Alert, AlertState, Source
from medic.core.changes import Change, Exited, History, Joined, Opened, SeenResolved
from medic.core.errors import MedicError
from medic.core.healing import Episode
from medic.core.samples import labels
from medic.core.targets import Target, parse_target, worker_target
from medic.core.workers import Exit

ALERTS_KEPT = 100
"""Of one episode: further ones change nothing about what is done, and come again once these are over."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An alert that a remedy matches but that leads to no target."""

    alert: Alert
    remedy: str
    reason: str


class Intake(NamedTuple):
    """What arrivals lead to."""

    world: World
    changes: tuple[Change, ...]
    unplaced: tuple[Unplaced, ...] = ()


class Placed(NamedTuple):
    """Where an alert belongs."""

    remedy: str
    target: Target


def place(policy: Policy, alert: Alert) -> Placed | Unplaced | None:
    """Find the first remedy that matches and the target that it names; None when no remedy matches."""
    remedy = next((each for each in policy.remedies if matches(each.matchers, alert.labels)), None)
    if remedy is None:
        return None
    try:
        target = parse_target(render(remedy.target, dict(alert.labels)))
    except MedicError as error:
        return Unplaced(alert, remedy.name, str(error))
    if not policy.declares(target):
        return Unplaced(alert, remedy.name, f"{target} is declared nowhere in the configuration")
    return Placed(remedy.name, target)


def take_alerts(world: World, alerts: Iterable[Alert], now: datetime) -> Intake:
    """Open, join and resolve episodes by *alerts*; one that says nothing new changes nothing."""
    desk = _Desk(world, now)
    for alert in alerts:
        desk.take(alert)
    after = world.after(desk.changes) if desk.changes else world
    return Intake(after, tuple(desk.changes), tuple(desk.unplaced))


def gone(world: World, missing: Iterable[str], now: datetime, why: str) -> Intake:
    """Resolve the alerts of the rules, named by fingerprint, that are reported no longer."""
    lost = frozenset(missing)
    found = {
        alert.fingerprint: alert
        for episode in world.history.episodes.values()
        for alert in episode.alerts
        if alert.fingerprint in lost and alert.source is Source.RULES
    }
    resolved = [_resolve(alert, now, why) for alert in found.values()]
    taken = take_alerts(world, resolved, now)
    seen: list[Change] = [SeenResolved(each, now) for each in lost if _is_spent(world.history, each)]
    return Intake(taken.world.after(seen), (*taken.changes, *seen))


def take_exit(world: World, exit_: Exit, now: datetime) -> Intake:
    """Open or continue the episode of a slot whose worker died; an exit that was asked for changes nothing."""
    if not exit_.reason.unasked:
        return Intake(world, ())
    target = worker_target(exit_.pool, exit_.slot)
    changes: list[Change] = [*died(world, target, exit_, now), Exited(exit_)]
    if not any((each.remedy, each.target) == (WORKER_EXIT, target) for each in world.history.episodes.values()):
        alert = alert_of(exit_)
        changes.append(Opened(Episode(world.history.next_episode, WORKER_EXIT, target, (alert,), now, exit_.at)))
    return Intake(world.after(changes), tuple(changes))


def alert_of(exit_: Exit) -> Alert:
    """Say of an exit what an alert would say."""
    target = worker_target(exit_.pool, exit_.slot)
    named = labels(alertname="WorkerExited", pool=exit_.pool, worker=target.name, target=str(target))
    words = labels(summary=f"{target} ended: {exit_.status} ({exit_.reason})")
    return Alert(named, words, AlertState.FIRING, exit_.at, Source.WORKER)


class _Desk:
    """Where a batch of alerts is sorted; it keeps indexes, as a storm brings thousands at once."""

    def __init__(self, world: World, now: datetime) -> None:
        self.policy, self.history, self.scene, self.now = world.policy, world.history, world.scene, now
        self.changes: list[Change] = []
        self.unplaced: list[Unplaced] = []
        self._next = world.history.next_episode
        self._members: dict[int, dict[str, AlertState]] = {}
        self._joined: dict[str, list[int]] = {}
        self._open: dict[tuple[str, Target], int] = {}
        for episode in world.history.episodes.values():
            self._remember(episode)

    def take(self, alert: Alert) -> None:
        """Sort one alert."""
        mine = alert.fingerprint
        if self._is_gainsaid(alert):
            return
        joined = self._joined.get(mine, [])
        if joined:
            self._tell(joined, mine, alert)
        elif alert.state is AlertState.INACTIVE:
            if _is_spent(self.history, mine):
                self.changes.append(SeenResolved(mine, alert.resolved_at or self.now))
        elif alert.state is AlertState.FIRING and not _is_stale(self.history, alert):
            self._enter(alert)

    def _is_gainsaid(self, alert: Alert) -> bool:
        """Tell whether a sender says of an alert that it is over while Medic's own rules say that it is not."""
        own = self.scene.alerts.get(alert.fingerprint)
        over = alert.state is AlertState.INACTIVE and alert.source is not Source.RULES
        return over and own is not None and own.state is not AlertState.INACTIVE

    def _tell(self, joined: list[int], mine: str, alert: Alert) -> None:
        """Have the episodes of an alert know when it is resolved, or active again."""
        for episode in joined:
            known = self._members[episode]
            if (known[mine] is AlertState.INACTIVE) is not (alert.state is AlertState.INACTIVE):
                known[mine] = alert.state
                self.changes.append(Joined(episode, alert, self.now))

    def _enter(self, alert: Alert) -> None:
        placed = place(self.policy, alert)
        if isinstance(placed, Unplaced):
            self.unplaced.append(placed)
        elif placed is not None and placed in self._open:
            self._join(self._open[placed], alert)
        elif placed is not None:
            episode = Episode(self._next, placed.remedy, placed.target, (alert,), self.now, alert.active_at)
            self._remember(episode)
            self.changes.append(Opened(episode))

    def _join(self, episode: int, alert: Alert) -> None:
        if len(self._members[episode]) >= ALERTS_KEPT:
            return
        self._members[episode][alert.fingerprint] = alert.state
        self._joined.setdefault(alert.fingerprint, []).append(episode)
        self.changes.append(Joined(episode, alert, self.now))

    def _remember(self, episode: Episode) -> None:
        self._next = max(self._next, episode.id + 1)
        self._open[Placed(episode.remedy, episode.target)] = episode.id
        self._members[episode.id] = {alert.fingerprint: alert.state for alert in episode.alerts}
        for mine in self._members[episode.id]:
            self._joined.setdefault(mine, []).append(episode.id)


def _is_spent(history: History, fingerprint: str) -> bool:
    return fingerprint in history.spent and history.spent[fingerprint].resolved_at is None


def _is_stale(history: History, alert: Alert) -> bool:
    """Tell whether its episode has ended and it was not seen resolved since, or is a late copy from before that."""
    spent = history.spent.get(alert.fingerprint)
    return spent is not None and (spent.resolved_at is None or alert.active_at < spent.resolved_at)


def _resolve(alert: Alert, now: datetime, why: str) -> Alert:
    return replace(alert, state=AlertState.INACTIVE, resolved_at=now, why_resolved=why)


def unfilled(history: History, exits: Iterable[Exit]) -> frozenset[Target]:
    """Name the slots that are the healer's to fill: those of open exits, and of exits not looked at yet."""
    open_ = {episode.target for episode in history.episodes.values() if episode.remedy == WORKER_EXIT}
    coming = {worker_target(exit_.pool, exit_.slot) for exit_ in exits if exit_.reason.unasked}
    return frozenset(open_ | coming)
