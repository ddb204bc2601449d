"""The sections ``jobs`` and ``reports``: what recurs."""

from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated

from medic.app.settings.kinds import Argv, Duration, Flag, Name, Span, TimeOfDay, Whole, at_least
from medic.app.settings.sections import Bounds, SecretStr, Section
from medic.app.settings.zones import Zone


class Missed(StrEnum):
    """What is done about due times that passed while Medic was down."""

    LATEST = "latest"
    NONE = "none"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Section):
    """One of ``jobs``; a job that is not built in has ``run`` and exactly one of ``every`` and ``at``."""

    name: Name
    every: Annotated[Duration, at_least(timedelta(seconds=1))] | None = None
    at: TimeOfDay | None = None
    timezone: Zone | None = None
    """Of ``at``; None is the machine's own."""
    after: tuple[Name, ...] = ()
    run: Argv | None = None
    """None runs the built-in job of this name."""
    timeout: Span = timedelta(hours=1)
    priority: Annotated[Whole, Bounds(ge=0, le=100)] = 50
    missed: Missed = Missed.LATEST
    env: dict[str, SecretStr] = field(default_factory=dict)
    enabled: Flag = True

    @property
    def environment(self) -> dict[str, str]:
        """What is added to the run's environment, in the clear."""
        return {name: value.get_secret_value() for name, value in self.env.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports(Section):
    """``reports``."""

    daily: TimeOfDay = time(3, 0)
    keep: Span = timedelta(days=90)


BUILT_IN = ("health-check", "canary", "report")


def merge(jobs: tuple[Job, ...], reports: Reports) -> tuple[Job, ...]:
    """Return every job there is: the built-in ones, changed by the entries of their names, then the user's own."""
    written = {job.name: job for job in jobs}
    shipped = (
        Job(name="health-check", every=timedelta(minutes=10), priority=90, timeout=timedelta(minutes=2)),
        Job(name="canary", every=timedelta(minutes=30), priority=90, timeout=timedelta(minutes=2)),
        Job(name="report", at=reports.daily, timeout=timedelta(minutes=10)),
    )
    changed = (_change(job, written[job.name]) if job.name in written else job for job in shipped)
    return (*changed, *(job for job in jobs if job.name not in BUILT_IN))


def _change(shipped: Job, written: Job) -> Job:
    update = {key: getattr(written, key) for key in written.said}
    if update.keys() & {"every", "at"}:
        update = {"every": None, "at": None, **update}
    return replace(shipped, **update)
