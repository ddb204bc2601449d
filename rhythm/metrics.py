"""The rhythm in figures: how the jobs' due times ended, how long runs took, and who is late. Pure."""

from collections.abc import Sequence
from datetime import datetime

from medic.core.runs import JobRecord, Run, RunState
from medic.core.samples import Family, Labels, counter, gauge, labels
from rhythm.due import interval
from rhythm.record import JobState

OUTCOMES = tuple(state for state in RunState if state.final)


def families(jobs: Sequence[JobState], now: datetime) -> list[Family]:
    """Render the jobs as they stand; what never happened is absent, but for counters, which begin at 0."""
    known = [(labels(job=job.spec.name), job) for job in jobs]
    met = [(pairs, job.record) for pairs, job in known if job.record is not None]
    return [
        counter(
            "medic_job_runs_total",
            "Due times of a job by how they ended.",
            *(sample for pairs, record in met for sample in _outcomes(pairs, record)),
        ),
        gauge(
            "medic_job_duration_seconds",
            "How long the last run of a job took.",
            *((pairs, taken) for pairs, record in met if (taken := _seconds(record.ran)) is not None),
        ),
        gauge(
            "medic_job_last_success_timestamp_seconds",
            "When a job last succeeded.",
            *((pairs, record.last_success.timestamp()) for pairs, record in met if record.last_success is not None),
        ),
        gauge(
            "medic_job_lateness_seconds",
            "How long the due time whose turn it is has been waiting; 0 when nothing waits.",
            *((pairs, _lateness(job, now)) for pairs, job in known if job.record is not None and job.spec.enabled),
        ),
        gauge(
            "medic_job_interval_seconds",
            "The usual time between two due times of a job; absent while it is disabled.",
            *((pairs, interval(job.spec.trigger).total_seconds()) for pairs, job in known if job.spec.enabled),
        ),
    ]


def _outcomes(pairs: Labels, record: JobRecord) -> list[tuple[Labels, float]]:
    counts = dict(record.outcomes)
    return [(labels(dict(pairs), outcome=str(state)), float(counts.get(state, 0))) for state in OUTCOMES]


def _seconds(run: Run | None) -> float | None:
    if run is None or run.started_at is None or run.ended_at is None:
        return None
    return max(0.0, (run.ended_at - run.started_at).total_seconds())


def _lateness(job: JobState, now: datetime) -> float:
    return 0.0 if job.waiting_since is None else max(0.0, (now - job.waiting_since).total_seconds())
