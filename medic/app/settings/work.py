"""The sections ``workers`` and ``targets``: what runs, and what else may be healed."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from medic.app.settings.kinds import Argv, Declared, Duration, Name, Span, Text, Whole
from medic.app.settings.paths import Folder
from medic.app.settings.sections import Bounds, SecretStr, Section

MAX_COUNT = 1000


class OnExit(StrEnum):
    """What becomes of a pool's workers when Medic ends."""

    STOP = "stop"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Section):
    """One of ``workers``."""

    pool: Name
    command: Argv
    """``medic`` as its first word means this installation."""
    count: Annotated[Whole, Bounds(ge=0, le=MAX_COUNT)] = 1
    heartbeat: Span | None = None
    """How long a worker may be silent on its notify socket; None judges it by its process alone."""
    stop_timeout: Duration = timedelta(seconds=10)
    after: tuple[Declared, ...] = ()
    on_exit: OnExit = OnExit.STOP
    env: dict[str, SecretStr] = field(default_factory=dict)
    cwd: Folder | None = None
    """None is the folder of the configuration file."""

    @property
    def environment(self) -> dict[str, str]:
        """What is added to the workers' environment, in the clear."""
        return {name: value.get_secret_value() for name, value in self.env.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets(Section):
    """``targets``: what exists beside the pools, queues and jobs that have sections of their own."""

    units: tuple[Text, ...] = ()
    containers: tuple[Text, ...] = ()
