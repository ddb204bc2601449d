"""What recurs, as it was configured: jobs, their triggers, and all that can be wrong with them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from zoneinfo import ZoneInfo

from medic.core.errors import MedicError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHORTEST = timedelta(milliseconds=100)
FAST = 90
"""From this priority on a job runs in the fast lane, which the ordinary work cannot block."""


class JobError(MedicError):
    """Jobs that cannot be as they are configured; the text has one line per mistake."""


class Missed(StrEnum):
    """What becomes of due times that passed while Medic was not running."""

    LATEST = "latest"
    NONE = "none"
    ALL = "all"


class Lane(StrEnum):
    """Where a job waits for its turn; each lane runs one job at a time."""

    MAIN = "main"
    FAST = "fast"


@dataclass(frozen=True, slots=True)
class Every:
    """Due at the anchor and every *period* before and after it, so that a restart never shifts the phase."""

    period: timedelta
    anchor: datetime = EPOCH

    def __str__(self) -> str:
        """Write it so that two rhythms are the same exactly when their texts are."""
        return f"every {self.period} from {self.anchor.isoformat()}"


@dataclass(frozen=True, slots=True)
class At:
    """Due once a day at a time of the wall clock; *timezone* is a name such as ``Europe/Berlin``."""

    time: time
    timezone: str = "UTC"

    def __str__(self) -> str:
        """Write it so that two rhythms are the same exactly when their texts are."""
        return f"at {self.time.isoformat()} {self.timezone}"


Rhythm = Every | At
"""All kinds of recurrence; rhythm.due alone knows how each is computed, so another kind is added there."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One job as it was configured."""

    name: str
    trigger: Rhythm
    run: tuple[str, ...] | str
    """An argument list to execute, or the name of a built-in job."""
    after: tuple[str, ...] = ()
    """Jobs that must have succeeded lately: less than one and a half of their own intervals ago."""
    timeout: timedelta = timedelta(hours=1)
    priority: int = 50
    """0 to 100; the higher goes first, 90 and above have a lane of their own."""
    env: Mapping[str, str] = field(default_factory=dict)
    missed: Missed = Missed.LATEST
    at_start: bool = False
    """Run it when Medic starts too, unless it ran within its interval."""
    enabled: bool = True

    @property
    def lane(self) -> Lane:
        """The lane that its priority gives it."""
        return Lane.FAST if self.priority >= FAST else Lane.MAIN


def check_jobs(jobs: Sequence[JobSpec], builtins: Iterable[str]) -> None:
    """Refuse jobs that cannot be, with every mistake at once; raises JobError."""
    mistakes = [*_doubles(jobs), *(mistake for job in jobs for mistake in _own_mistakes(job, frozenset(builtins)))]
    mistakes += _orphans(jobs)
    mistakes += [
        f"jobs: {' -> '.join(cycle)} wait for each other; remove one of these `after`" for cycle in cycles(jobs)
    ]
    if mistakes:
        raise JobError("\n".join(mistakes))


def cycles(jobs: Iterable[JobSpec]) -> list[tuple[str, ...]]:
    """Find circles in ``after``, each written from its alphabetically first job along its parents back to itself.

    Of circles that share a job one is found; once that is mended, the next check finds the other.
    """
    parents = {job.name: job.after for job in jobs}
    found = []
    while circle := _circle(parents):
        found.append(circle)
        parents = {name: after for name, after in parents.items() if name not in circle}
    return sorted(found)


def _circle(parents: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        return _rotated(tuple(reversed(error.args[1][1:])))
    return ()


def _rotated(circle: tuple[str, ...]) -> tuple[str, ...]:
    first = circle.index(min(circle))
    return (*circle[first:], *circle[: first + 1])


def _doubles(jobs: Sequence[JobSpec]) -> list[str]:
    counts = Counter(job.name for job in jobs)
    return [f"jobs.{name}: two jobs have this name; rename one" for name in sorted(counts) if counts[name] > 1]


def _orphans(jobs: Sequence[JobSpec]) -> list[str]:
    known = {job.name for job in jobs}
    return [
        f"jobs.{job.name}.after: there is no job {parent!r}; write one of {', '.join(sorted(known - {job.name}))}"
        for job in jobs
        for parent in job.after
        if parent not in known
    ]


def _own_mistakes(job: JobSpec, builtins: frozenset[str]) -> list[str]:
    checks = (
        (not job.name or "/" in job.name or job.name.startswith("."), "name: write a word without a slash"),
        (isinstance(job.run, tuple) and not all(job.run[:1]), "run: name the program to execute"),
        (not job.run, "run: write an argument list ([python, etl.py]) or the name of a built-in job"),
        (
            isinstance(job.run, str) and bool(job.run) and job.run not in builtins,
            f"run: there is no built-in job {job.run!r}; write one of {', '.join(sorted(builtins))}, or a list",
        ),
        (job.timeout <= timedelta(0), "timeout: must be more than 0s"),
        (not 0 <= job.priority <= 100, "priority: must be between 0 and 100"),  # noqa: PLR2004 - says what it means
    )
    texts = [text for wrong, text in checks if wrong] + _trigger_mistakes(job.trigger)
    return [f"jobs.{job.name}.{text}" for text in texts]


def _trigger_mistakes(trigger: Rhythm) -> list[str]:
    if isinstance(trigger, Every):
        whole = not trigger.period % timedelta(milliseconds=1)
        return [] if trigger.period >= SHORTEST and whole else ["every: must be at least 100ms, in whole milliseconds"]
    try:
        ZoneInfo(trigger.timezone)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return [f"timezone: {trigger.timezone!r} is not a time zone"]
    except KeyError:
        return [f"timezone: there is no {trigger.timezone!r} here; write one such as UTC or Europe/Berlin"]
    return [] if trigger.time.tzinfo is None else ["at: give the zone as `timezone`, not with the time"]
