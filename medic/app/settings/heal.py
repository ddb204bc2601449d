"""The sections ``remedies``, ``healing`` and ``notify``: what is done, how far it may go, and who hears of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from medic.app.settings.kinds import Argv, Duration, Name, Span, Text, Whole, at_most
from medic.app.settings.sections import Bounds, SecretStr, Section
from medic.core.healing import Mode

PLACE = "{{"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart(Section):
    """``restart: {}``: stop and start the target's processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAction(Section):
    """``command``: run a program; each argument is a literal or exactly one ``{{ ... }}``."""

    argv: Argv
    timeout: Annotated[Span, at_most(timedelta(hours=1))] = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyAction(Section):
    """``notify: {}``: call a person, and do nothing else."""

    title: Text | None = None
    """May hold ``{{ labels.x }}``; None says which target needs a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Section):
    """One action of a remedy: exactly one of the keys is set."""

    restart: Restart | None = None
    command: CommandAction | None = None
    notify: NotifyAction | None = None

    @property
    def name(self) -> str:
        """The key that is set."""
        return next(iter(self.said))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff(Section):
    """``backoff``: the pause before the next attempt, doubled each time."""

    first: Span = timedelta(seconds=60)
    max: Span = timedelta(seconds=600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify(Section):
    """``verify``: how it is found out whether an attempt has helped."""

    within: Span = timedelta(minutes=10)
    stable: Duration = timedelta(seconds=60)
    expr: Text | None = None
    """None is the alert's own condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy(Section):
    """One of ``remedies``; the first that matches wins."""

    name: Name
    match: Annotated[tuple[Text, ...], Bounds(min_length=1)]
    """Alertmanager matchers, all of which must hold."""
    target: Text
    """May hold ``{{ labels.x }}``."""
    do: Annotated[tuple[Action, ...], Bounds(min_length=1)]
    """The rungs of the ladder, in order; a single action in the file is a ladder of one."""
    mode: Mode | None = None
    grace: Duration = timedelta(seconds=180)
    attempts: Annotated[Whole, Bounds(ge=1, le=100)] = 3
    backoff: Backoff = Backoff()
    verify: Verify = Verify()

    @property
    def effective_mode(self) -> Mode:
        """``mode``, or what holds without it: ``auto`` for pools and workers, which Medic started, else ``dry-run``."""
        if self.mode is not None:
            return self.mode
        return Mode.AUTO if self.target.partition(":")[0] in {"pool", "worker"} else Mode.DRY_RUN


@dataclass(frozen=True, slots=True, kw_only=True)
class Healing(Section):
    """``healing``: what holds for all remedies."""

    mode: Mode = Mode.AUTO
    rest: Duration = timedelta(seconds=180)
    """Per target, after start-up and after a heal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier(Section):
    """One of ``notify``: an Apprise URL, which is a secret."""

    url: SecretStr
