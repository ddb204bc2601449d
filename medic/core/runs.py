"""What recurs: the due times of jobs and the runs that answer them, as the ledger keeps them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RunState(StrEnum):
    """Where a due time stands; it ends in exactly one of the last five."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    MISSED = "missed"
    INTERRUPTED = "interrupted"

    @property
    def final(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self not in {RunState.DUE, RunState.RUNNING}


class Trigger(StrEnum):
    """What made a run due."""

    EVERY = "every"
    AT = "at"
    CRON = "cron"
    EVENT = "event"
    PERSON = "person"
    START = "start"


@dataclass(frozen=True, slots=True)
class Run:
    """One due time of one job and what became of it."""

    id: int
    job: str
    due: datetime
    trigger: Trigger
    state: RunState
    attempt: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    """Why it was skipped, missed or interrupted, or how it failed."""
    output: str = ""
    """The path of its captured output, relative to the state folder; empty when it had none."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """What the ledger knows of one job; the plan is made from this and the clock alone."""

    job: str
    since: datetime
    """When the ledger met the job with its present rhythm; earlier due times are none of its business."""
    answered: datetime | None = None
    """The latest due time of its rhythm that was claimed or closed; None before the first."""
    running: Run | None = None
    last: Run | None = None
    """Of the due times that have ended, the latest; whatever their ending."""
    ran: Run | None = None
    """Of the runs that were really made and have ended, the one with the latest due time."""
    last_success: datetime | None = None
    """When a run last ended as done."""
    outcomes: tuple[tuple[RunState, int], ...] = ()
    """How many due times ended in each way since the ledger began; ways that never occurred may be absent."""
    resets: int = 0
    """How often its rhythm went on from a clock that had been set back."""
