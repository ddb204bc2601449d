"""What is known of a job, and how it grows with each run: the same fold that the ledger's own tables make. Pure."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from medic.core.runs import JobRecord, Run, RunState, Trigger
from rhythm.spec import JobSpec

ON_GRID = frozenset({Trigger.EVERY, Trigger.AT, Trigger.CRON})
"""Triggers whose due times follow from the rhythm; only these move ``answered``."""


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as it stands."""

    spec: JobSpec
    record: JobRecord | None
    """What the ledger knows; None until the scheduler runs."""
    next_due: datetime | None
    """None of a job that is disabled."""
    waiting_since: datetime | None = None
    """The due time whose turn it is; None when nothing is due."""
    note: str = ""
    """Why it waits."""


def fold(record: JobRecord, run: Run) -> JobRecord:
    """Add what became of one due time: a claim, the end of a run, or an end without a run."""
    answered = _later(record.answered, run.due) if run.trigger in ON_GRID else record.answered
    if run.state is RunState.RUNNING:
        return replace(record, answered=answered, running=run)
    made = run.started_at is not None
    return replace(
        record,
        answered=answered,
        running=None if record.running and record.running.due == run.due else record.running,
        last=_latest(record.last, run),
        ran=_latest(record.ran, run) if made else record.ran,
        last_success=run.ended_at if run.state is RunState.DONE else record.last_success,
        outcomes=tuple(sorted((Counter(dict(record.outcomes)) + Counter([run.state])).items())),
    )


def _later(known: datetime | None, due: datetime) -> datetime:
    return due if known is None else max(known, due)


def _latest(known: Run | None, run: Run) -> Run:
    return run if known is None or run.due >= known.due else known
