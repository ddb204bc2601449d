"""The sections ``remedies``, ``healing`` and ``notify``: what is done, how far it may go, and who hears of it."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr

from medic.app.settings.kinds import Argv, Duration, Name, Section, Span, Text, Whole, at_most
from medic.core.healing import Mode

PLACE = "{{"


class Restart(Section):
    """``restart: {}``: stop and start the target's processes."""


class CommandAction(Section):
    """``command``: run a program; each argument is a literal or exactly one ``{{ ... }}``."""

    argv: Argv
    timeout: Annotated[Span, at_most(timedelta(hours=1))] = timedelta(seconds=60)


class NotifyAction(Section):
    """``notify: {}``: call a person, and do nothing else."""

    title: Text | None = None
    """May hold ``{{ labels.x }}``; None says which target needs a person."""


class Action(Section):
    """One action of a remedy: exactly one of the keys is set."""

    restart: Restart | None = None
    command: CommandAction | None = None
    notify: NotifyAction | None = None

    @property
    def name(self) -> str:
        """The key that is set."""
        return next(iter(self.model_fields_set))


class Backoff(Section):
    """``backoff``: the pause before the next attempt, doubled each time."""

    first: Span = timedelta(seconds=60)
    max: Span = timedelta(seconds=600)


class Verify(Section):
    """``verify``: how it is found out whether an attempt has helped."""

    within: Span = timedelta(minutes=10)
    stable: Duration = timedelta(seconds=60)
    expr: Text | None = None
    """None is the alert's own condition."""


class Remedy(Section):
    """One of ``remedies``; the first that matches wins."""

    name: Name
    match: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Alertmanager matchers, all of which must hold."""
    target: Text
    """May hold ``{{ labels.x }}``."""
    do: Annotated[tuple[Action, ...], Field(min_length=1)]
    """The rungs of the ladder, in order; a single action in the file is a ladder of one."""
    mode: Mode | None = None
    grace: Duration = timedelta(seconds=180)
    attempts: Annotated[Whole, Field(ge=1, le=100)] = 3
    backoff: Backoff = Backoff()
    verify: Verify = Verify()

    @property
    def effective_mode(self) -> Mode:
        """``mode``, or what holds without it: ``auto`` for pools and workers, which Medic started, else ``dry-run``."""
        if self.mode is not None:
            return self.mode
        return Mode.AUTO if self.target.partition(":")[0] in {"pool", "worker"} else Mode.DRY_RUN


class Healing(Section):
    """``healing``: what holds for all remedies."""

    mode: Mode = Mode.AUTO
    rest: Duration = timedelta(seconds=180)
    """Per target, after start-up and after a heal."""


class Notifier(Section):
    """One of ``notify``: an Apprise URL, which is a secret."""

    url: SecretStr
