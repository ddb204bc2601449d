"""What the rhythm needs from outside: a ledger, and what its built-in jobs reach for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from medic.core.clock import Clock
from medic.core.queue import Json, Task
from medic.core.rollups import Rollup
from medic.core.runs import JobRecord, Run


class Ledger(Protocol):
    """The one guard against double runs: what it does not accept does not happen."""

    async def interrupt(self, now: datetime) -> tuple[Run, ...]:
        """End each run that is still running as interrupted, and return them; for the start, when nothing can run."""

    async def register(self, rhythms: Sequence[tuple[str, str]], now: datetime) -> tuple[JobRecord, ...]:
        """Make (job, text of its rhythm) the jobs there are, and return what is known of each, in their order.

        A job that is new, or whose rhythm's text changed, has its due times counted from *now* on.
        """

    async def reset(self, jobs: Sequence[str], now: datetime) -> tuple[JobRecord, ...]:
        """Let the rhythms of registered jobs go on from *now*, whatever is known of later due times; returns what is.

        What ended unrun later than *now* is forgotten, since its time is yet to come. What was run is not run again,
        but is no longer the last that is known. For jobs that do not run.
        """

    async def claim(self, run: Run) -> Run | None:
        """Begin a run, in one transaction; None when this due time of the job is known already, whoever asked.

        The run comes with ``state=RUNNING`` and ``started_at``; it returns with its ``id``. A refusal too moves
        ``answered`` to its due time.
        """

    async def finish(self, run: Run) -> None:
        """End a claimed run with its final state."""

    async def close(self, runs: Sequence[Run]) -> None:
        """End due times without a run; those that are known already stay as they are."""

    async def record(self, job: str) -> JobRecord:
        """Return what is known of a registered job."""

    async def history(self, job: str, limit: int) -> tuple[Run, ...]:
        """Return the latest due times of a job, the newest first."""

    async def between(self, start: datetime, end: datetime) -> tuple[Run, ...]:
        """Return what was due from *start* until before *end*, of all jobs, in the order of due times."""

    async def prune(self, before: datetime) -> int:
        """Forget ended due times before *before*, and return how many; what is known of the jobs stays."""


class History(Protocol):
    """Where rollups are kept for long."""

    async def append(self, rollups: Sequence[Rollup]) -> None:
        """Add rollups; one for a window that is known already is merged into it."""


class Check(NamedTuple):
    """One part of the system check."""

    name: str
    ok: bool
    text: str


class Submit(Protocol):
    """A queue that canaries can be sent through."""

    async def submit(self, type_: str, payload: Json, *, canary: bool) -> str:
        """Add a task and return its id."""

    async def task(self, id_: str) -> Task:
        """Return a task as it stands."""


class Passage(NamedTuple):
    """A queue, and what canaries are sent through it."""

    queue: str
    submit: Submit
    tasks: tuple[str, ...]
    """The types of the tasks, one canary each."""
    patience: float
    """Seconds that they may take together."""


class CanaryResult(NamedTuple):
    """How the last canaries through one queue fared."""

    queue: str
    success: bool
    duration: float
    """Seconds from submitting the first to the end of the last, or to giving up."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a job says of its own run."""

    ok: bool
    summary: str
    """One line; of a failure it becomes the run's reason."""
    output: str = ""
    """What is worth keeping; written to the run's log file unless empty."""


async def _no_checks() -> Sequence[Check]:
    return ()


def _no_canary(_result: CanaryResult) -> None:
    return


@dataclass(frozen=True, slots=True)
class Context:
    """What a built-in job may reach for; the wiring fills it once, jobs of other packages get the same."""

    clock: Clock
    check: Callable[[], Awaitable[Sequence[Check]]] = _no_checks
    """Makes the system check."""
    queues: tuple[Passage, ...] = ()
    """Queues that canaries are sent through."""
    on_canary: Callable[[CanaryResult], None] = _no_canary
    """Told of each queue's canaries when they have ended."""


Builtin = Callable[[Context], Awaitable[Result]]
"""A job that runs inside Medic; what it raises fails its run and nothing else."""
