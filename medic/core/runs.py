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
