"""What a decision rests on: the policy, the history, and what is seen at this moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from healer.history import fold
from healer.ports import Condition
from healer.settings import WORKER_EXIT, Policy, Remedy
from medic.core.alerts import Alert, AlertState, Source
from medic.core.changes import Change, History, Tally
from medic.core.healing import Attempt, Episode
from medic.core.targets import Target
from medic.core.workers import Exit, SlotState, Worker


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for or against an attempt that has acted."""

    condition: Condition
    """Whether it is still wrong."""
    since: datetime
    """Since when ``condition.holds`` has been what it is."""
    final: bool = False
    """Waiting longer changes nothing (the worker has died, the action alone decides)."""
    acted: datetime | None = None
    """When the action had returned, by the wall clock as it stands now; None: as the attempt says."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is seen at this moment, and forgotten with it."""

    started_at: datetime
    """When this Medic began."""
    paused_by_file: bool = False
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    """By fingerprint: what the embedded rules said last."""
    evidence: Mapping[int, Evidence] = field(default_factory=dict)
    """By attempt."""
    broken: frozenset[int] = frozenset()
    """The episodes that a bug keeps from being judged; they are left as they are."""
    workers: Mapping[Target, Worker | None] = field(default_factory=dict)
    """The slots of interest; None where there is no such slot any more."""


@dataclass(frozen=True, slots=True)
class World:
    """All that ``decide`` may look at."""

    policy: Policy
    history: History
    scene: Scene

    def after(self, changes: Iterable[Change]) -> "World":
        """Return the world as it is once *changes* are made."""
        return replace(self, history=fold(self.history, changes))

    def cases(self) -> "list[Case]":
        """Return the open episodes that can be judged, with their remedies."""
        sound = [each for number, each in self.history.episodes.items() if number not in self.scene.broken]
        return [case for episode in sound if (case := self.case(episode)) is not None]

    def case(self, episode: Episode) -> "Case | None":
        """Return an episode with its remedy; None when the configuration has that remedy no longer."""
        remedy = self.policy.remedy(episode.remedy)
        return None if remedy is None else Case(self, episode, remedy)


@dataclass(frozen=True, slots=True)
class Case:
    """One open episode in its world, as the gates see it."""

    world: World
    episode: Episode
    remedy: Remedy

    @property
    def target(self) -> Target:
        """What would be touched."""
        return self.episode.target

    @property
    def tally(self) -> Tally:
        """The failures in a row so far."""
        return self.world.history.tallies.get((self.remedy.name, self.target), Tally())

    @property
    def replaces_dead(self) -> bool:
        """Tell whether it starts what is dead, and so touches nothing that lives."""
        return self.remedy.name == WORKER_EXIT

    @property
    def exits(self) -> tuple[Exit, ...]:
        """The exits that the count rests on: those of the dead worker, of no other remedy."""
        return self.world.history.exits.get(self.target, ()) if self.replaces_dead else ()

    @property
    def attempts(self) -> list[Attempt]:
        """The episode's own open attempts; there is at most one."""
        return [a for a in self.world.history.attempts.values() if a.episode == self.episode.id]

    @property
    def active(self) -> list[Alert]:
        """The alerts that are not resolved, in their latest form."""
        latest = self.world.scene.alerts
        current = [
            latest.get(alert.fingerprint, alert) if alert.source is Source.RULES else alert
            for alert in self.episode.alerts
        ]
        return [alert for alert in current if alert.state is not AlertState.INACTIVE]

    @property
    def by_hand(self) -> bool:
        """Tell whether nothing but a person's order stands behind it."""
        return all(alert.source is Source.OPERATOR for alert in self.episode.alerts)

    @property
    def running(self) -> bool:
        """Tell whether the slot of the worker that died is filled again, by whomever."""
        worker = self.world.scene.workers.get(self.target)
        if worker is None or worker.state is not SlotState.RUNNING:
            return False
        return not self.exits or worker.process != self.exits[-1].process


def unstable(exits: tuple[Exit, ...], case: Case) -> int:
    """Count the exits in a row, up to the last one, of processes that did not live for the stable time."""
    count = 0
    for exit_ in reversed(exits):
        if exit_.started_at is None or exit_.at - exit_.started_at >= case.remedy.verify.stable:
            break
        count += 1
    return count
