"""From facts to the lines of a report, one function a section. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from statistics import fmean

from medic.core.alerts import Alert, AlertState
from medic.core.queue import QueueFigures
from medic.core.runs import Run, RunState
from medic.core.samples import Labels
from medic.core.workers import Pool
from rhythm.ports import Check
from rhythm.reports.report import AlertLine, CheckLine, JobLine, PoolLine, QueueLine, Tone

TARGET = 0.95
"""The success rate that a queue is held against."""


def check_line(check: Check) -> CheckLine:
    """Tell how one part of the system check ended."""
    return CheckLine(check.name, check.text, Tone.GOOD if check.ok else Tone.BAD)


def queue_line(queue: QueueFigures) -> QueueLine:
    """Tell how a queue stands, with the success rate of its longest window."""
    window = queue.windows[-1] if queue.windows else None
    ended = window.completed + window.failed if window else 0
    success = window.completed / ended if window and ended else None
    return QueueLine(
        name=queue.queue,
        backend=queue.backend,
        tone=_queue_tone(queue, success),
        pending=queue.pending,
        running=queue.running,
        completed=window.completed if window else None,
        failed=window.failed if window else None,
        window=window.name if window else "",
        success=success,
    )


def _queue_tone(queue: QueueFigures, success: float | None) -> Tone:
    if not queue.up or (success is not None and success < TARGET):
        return Tone.BAD
    return Tone.UNKNOWN if success is None else Tone.GOOD


def pool_line(pool: Pool) -> PoolLine:
    """Tell whether a pool is whole."""
    restarts = sum(count for _, count in pool.restarts)
    return PoolLine(
        pool.name, pool.running, pool.expected, restarts, Tone.GOOD if pool.running == pool.expected else Tone.BAD
    )


def alert_line(alert: Alert) -> AlertLine:
    """Tell what an alert was about, and whether it is over."""
    texts = dict(alert.annotations)
    return AlertLine(
        name=alert.name,
        labels=write_labels(alert.labels),
        state="resolved" if alert.resolved_at else str(alert.state),
        since=alert.active_at,
        resolved_at=alert.resolved_at,
        text=texts.get("summary") or texts.get("description") or "",
        tone=Tone.BAD if is_firing(alert) else Tone.PLAIN,
    )


def is_firing(alert: Alert) -> bool:
    """Tell whether it fires still."""
    return alert.resolved_at is None and alert.state is AlertState.FIRING


def write_labels(pairs: Labels) -> str:
    """Write labels as people read them, without the name of the alert."""
    return ", ".join(f"{name}={value}" for name, value in pairs if name != "alertname")


def job_lines(runs: Iterable[Run]) -> tuple[JobLine, ...]:
    """Tell of each job how its due times ended, in the order of names."""
    ordered = sorted((run for run in runs if run.state.final), key=attrgetter("job", "due"))
    return tuple(_job_line(name, list(found)) for name, found in groupby(ordered, key=attrgetter("job")))


def _job_line(name: str, runs: Sequence[Run]) -> JobLine:
    counts = Counter(run.state for run in runs)
    last = runs[-1]
    taken = [(run.ended_at - run.started_at).total_seconds() for run in runs if run.started_at and run.ended_at]
    return JobLine(
        name=name,
        done=counts[RunState.DONE],
        failed=counts[RunState.FAILED],
        skipped=counts[RunState.SKIPPED],
        missed=counts[RunState.MISSED],
        interrupted=counts[RunState.INTERRUPTED],
        mean=fmean(taken) if taken else None,
        last=f"{last.state}: {last.reason}" if last.reason else str(last.state),
        tone=Tone.GOOD if last.state is RunState.DONE else Tone.BAD,
    )
