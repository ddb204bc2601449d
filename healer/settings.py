"""What the owner wants healed and how: remedies, and the policy over all of them."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from healer.matchers import Matcher
from healer.templates import Template, parse_template
from medic.core.healing import Mode
from medic.core.queue import Json
from medic.core.targets import Target, TargetKind, pool_target

Options = Mapping[str, Json]
"""What the configuration gives an action; each action checks its own."""

WORKER_EXIT: Final = "worker-exit"
OPERATOR: Final = "operator"
HOUR: Final = timedelta(hours=1)
LENIENCY: Final = (Mode.OFF, Mode.DRY_RUN, Mode.APPROVE, Mode.AUTO)
"""The modes, the strictest first."""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One rung of a ladder: an action's name and its options."""

    name: str
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delays:
    """How long to wait after the n-th failure in a row: doubling up to a maximum, or step by step."""

    first: timedelta
    maximum: timedelta
    steps: tuple[timedelta, ...] = ()
    """Where given: the delays before the first, second, ... attempt; the last one stays."""

    def after(self, failures: int) -> timedelta:
        """Return the delay after so many failures; without steps the first attempt waits for nothing."""
        if self.steps:
            return self.steps[min(failures, len(self.steps) - 1)]
        if failures <= 0:
            return timedelta()
        doublings = min(failures - 1, 32)  # far beyond any maximum, and far from overflow
        return min(self.first * (1 << doublings), self.maximum)


@dataclass(frozen=True, slots=True)
class Verify:
    """How the outcome of an attempt is found."""

    within: timedelta = timedelta(minutes=10)
    stable: timedelta = timedelta(seconds=60)
    expr: str = ""
    """PromQL whose result means that it is still wrong; empty: the alert's own condition."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do for which alerts."""

    name: str
    matchers: tuple[Matcher, ...]
    target: Template
    ladder: tuple[ActionSpec, ...]
    """Each rung has its own ``attempts``; then the next one is climbed."""
    mode: Mode = Mode.DRY_RUN
    grace: timedelta = timedelta(seconds=180)
    attempts: int = 3
    backoff: Delays = Delays(timedelta(seconds=60), timedelta(seconds=600))
    breaker: Delays = Delays(HOUR, HOUR, (HOUR,))
    """The delay before each probe, once the attempts are spent."""
    verify: Verify = Verify()
    exempt: frozenset[str] = frozenset()
    """Gates that do not count for it; only built-in remedies have any."""

    def rung(self, failures: int) -> ActionSpec:
        """Return what to do after so many failures in a row."""
        return self.ladder[min(failures // self.attempts, len(self.ladder) - 1)]

    @property
    def most(self) -> int:
        """How many attempts in a row it may spend."""
        return self.attempts * len(self.ladder)


_ALL_BUT_A_PERSONS_WORD = frozenset({"mode", "frozen", "start-up", "rest", "grace"})
# The alerts of the two built-in remedies are made by Medic itself, with their target in the label ``target``.
_ITS_TARGET = parse_template("{{ labels.target }}")

REPLACE_WORKERS: Final = Remedy(
    name=WORKER_EXIT,
    matchers=(),
    target=_ITS_TARGET,
    ladder=(ActionSpec("start"),),
    mode=Mode.AUTO,
    grace=timedelta(),
    backoff=Delays(timedelta(), timedelta(), (timedelta(), timedelta(seconds=10), timedelta(seconds=60))),
    breaker=Delays(
        timedelta(minutes=5), 6 * HOUR, tuple(min(timedelta(minutes=5) * (1 << n), 6 * HOUR) for n in range(8))
    ),
    verify=Verify(within=timedelta(minutes=2)),
    exempt=_ALL_BUT_A_PERSONS_WORD,
)
"""Replacing what is dead can make nothing worse: no grace, no rest, no mode; a pause or a stop holds it."""

OBEY: Final = Remedy(
    name=OPERATOR,
    matchers=(),
    target=_ITS_TARGET,
    ladder=(ActionSpec("restart"),),
    mode=Mode.AUTO,
    grace=timedelta(),
    attempts=1,
    verify=Verify(within=timedelta(minutes=2), stable=timedelta()),
    exempt=_ALL_BUT_A_PERSONS_WORD | {"backoff", "attempts"},
)
"""A person's own order to restart a pool or a worker."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The remedies in their order, and what holds for all of them."""

    remedies: tuple[Remedy, ...] = ()
    mode: Mode = Mode.AUTO
    rest: timedelta = timedelta(seconds=180)
    declared: frozenset[Target] = frozenset()
    worker_exit: Remedy = REPLACE_WORKERS
    hourly_exits: int = 10
    """So many exits of one worker in an hour open its breaker, however long each one lived."""

    def remedy(self, name: str) -> Remedy | None:
        """Return a remedy by its name, built-in ones included; None when there is none."""
        known = (*self.remedies, self.worker_exit, OBEY)
        return next((remedy for remedy in known if remedy.name == name), None)

    def effective(self, remedy: Remedy) -> Mode:
        """Return the stricter of the remedy's mode and the mode of all; built-in remedies obey neither."""
        if "mode" in remedy.exempt:
            return remedy.mode
        return min(self.mode, remedy.mode, key=LENIENCY.index)

    def declares(self, target: Target) -> bool:
        """Tell whether a section of the configuration declares it; a pool declares its workers."""
        if target in self.declared:
            return True
        return target.kind is TargetKind.WORKER and pool_target(target.pool) in self.declared


def jitter(seed: str, delay: timedelta) -> timedelta:
    """Stretch or shrink *delay* by up to a fifth; the same seed always gives the same, also after a restart."""
    share = zlib.crc32(seed.encode()) / 0xFFFFFFFF
    return delay * (0.8 + 0.4 * share)
