"""How Medic's nouns look as JSON: one function a noun, the same for the API, the status page and files."""

import math
from collections.abc import Sequence
from datetime import datetime

from healer.explain import Explanation
from healer.gates import GateReport
from healer.orders import Healing
from medic.app.settings.kinds import write_duration
from medic.app.status import Status, problems
from medic.core.alerts import Alert, AlertState
from medic.core.healing import Attempt, Episode, Notice, Pause
from medic.core.probes import ProbeFigures
from medic.core.queue import Json, QueueFigures
from medic.core.runs import Run
from medic.core.workers import Pool, Worker
from rhythm.ports import Check
from rhythm.record import JobState
from rhythm.spec import At, Every

Object = dict[str, Json]

SHOWN = 500
"""Alerts that a status tells of one by one; a storm of thousands is for the API, which writes it in a thread."""


def moment(value: datetime | None) -> str | None:
    """Write a time as RFC 3339 with milliseconds and Z."""
    return None if value is None else value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def alert(value: Alert) -> Object:
    """Show an alert as Prometheus' API does, with what Medic knows beyond it."""
    return {
        "labels": dict(value.labels),
        "annotations": dict(value.annotations),
        "state": str(value.state),
        "activeAt": moment(value.active_at),
        "value": number(value.value),
        "source": str(value.source),
        "fingerprint": value.fingerprint,
        "resolvedAt": moment(value.resolved_at),
        "whyResolved": value.why_resolved,
        "frozen": value.frozen,
    }


def number(value: float | None) -> Json:
    """Show a number; what JSON has no number for is the text that Prometheus writes: ``NaN``, ``+Inf``, ``-Inf``."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else f"{value:+}".title()


def worker(value: Worker) -> Object:
    """Show a slot and the process in it."""
    return {
        "worker": value.name,
        "state": str(value.state),
        "pid": value.process.pid if value.process else None,
        "since": moment(value.since),
        "adopted": value.adopted,
        "life": None if value.life is None else str(value.life),
        "doubt": value.doubt,
        "heard": moment(value.heard),
    }


def pool(value: Pool) -> Object:
    """Show a pool with its slots."""
    return {
        "pool": value.name,
        "expected": value.expected,
        "running": value.running,
        "duplicates": value.duplicates,
        "workers": [worker(each) for each in value.workers],
        "restarts": {str(reason): count for reason, count in value.restarts},
    }


def queue(value: QueueFigures) -> Object:
    """Show a queue's figures; what is unknown is null."""
    return {
        "queue": value.queue,
        "backend": value.backend,
        "up": value.up,
        "pending": value.pending,
        "running": value.running,
        "delayed": value.delayed,
        "dead": value.dead,
        "workers": value.workers,
        "submitted": value.submitted,
        "completed": value.completed,
        "failed": value.failed,
        "success_rate_1h": next((ratio(w.completed, w.failed) for w in value.windows if w.name == "1h"), None),
        "canary_success": value.canary_success,
    }


def probe(value: ProbeFigures) -> Object:
    """Show how a probed service is; what is unknown is null, times are in seconds, shares from 0 to 1."""
    return {
        "probe": value.probe,
        "target": value.target,
        "success": value.success,
        "reason": value.reason,
        "seconds": value.seconds,
        "availability_1h": value.availability,
        "median_1h": value.median,
        "p95_1h": value.p95,
        "p99_1h": value.p99,
    }


def ratio(completed: int, failed: int) -> float | None:
    """Return completed / (completed + failed); None when nothing ended, which is neither 0 nor 1."""
    return completed / (completed + failed) if completed + failed else None


def episode(value: Episode) -> Object:
    """Show an episode with the names of its alerts, each once: a storm brings a hundred of one name."""
    return {
        "id": value.id,
        "remedy": value.remedy,
        "target": str(value.target),
        "alerts": list(dict.fromkeys(each.name for each in value.alerts)),
        "alert_count": len(value.alerts),
        "opened_at": moment(value.opened_at),
        "active_at": moment(value.active_at),
        "approved_by": value.approved_by,
        "ended_at": moment(value.ended_at),
        "ending": str(value.ending) if value.ending else None,
    }


def attempt(value: Attempt) -> Object:
    """Show an attempt from its reservation to its outcome."""
    return {
        "id": value.id,
        "episode": value.episode,
        "remedy": value.remedy,
        "target": str(value.target),
        "action": value.action,
        "number": value.number,
        "probe": value.probe,
        "reason": value.reason,
        "reserved_at": moment(value.reserved_at),
        "acted_at": moment(value.acted_at),
        "succeeded": value.succeeded,
        "outcome": str(value.outcome) if value.outcome else None,
        "closed_at": moment(value.closed_at),
        "detail": value.detail,
    }


def pause(value: Pause) -> Object:
    """Show a pause; a null target means all, a null end means until it is lifted."""
    return {
        "target": str(value.target) if value.target else None,
        "until": moment(value.until),
        "why": value.why,
        "by": value.by,
        "since": moment(value.since),
    }


def notice(value: Notice) -> Object:
    """Show a notice and whether it has reached people."""
    return {
        "id": value.id,
        "at": moment(value.at),
        "title": value.title,
        "body": value.body,
        "delivered_at": moment(value.delivered_at),
        "tries": value.tries,
        "error": value.error,
    }


def run(value: Run) -> Object:
    """Show one due time of a job and what became of it."""
    return {
        "id": value.id,
        "job": value.job,
        "due": moment(value.due),
        "trigger": str(value.trigger),
        "state": str(value.state),
        "started_at": moment(value.started_at),
        "ended_at": moment(value.ended_at),
        "reason": value.reason,
        "output": value.output,
    }


def rhythm(value: Every | At) -> str:
    """Say when a job is due, as the configuration does."""
    if isinstance(value, Every):
        return f"every {write_duration(value.period)}"
    return f"at {value.time:%H:%M} {value.timezone}"


def job(value: JobState) -> Object:
    """Show a job as it stands."""
    return {
        "job": value.spec.name,
        "trigger": rhythm(value.spec.trigger),
        "after": list(value.spec.after),
        "priority": value.spec.priority,
        "enabled": value.spec.enabled,
        "next_due": moment(value.next_due),
        "waiting_since": moment(value.waiting_since),
        "note": value.note,
        "running": run(value.record.running) if value.record and value.record.running else None,
        "last": run(value.record.last) if value.record and value.record.last else None,
    }


def check(value: Check) -> Object:
    """Show one part of the system check."""
    return {"name": value.name, "ok": value.ok, "text": value.text}


def _foremost(alerts: Sequence[Alert]) -> Sequence[Alert]:
    """Return what people look at of a storm of alerts: the firing ones first, and no more than they can read."""
    if len(alerts) <= SHOWN:
        return alerts
    return sorted(alerts, key=lambda each: each.state is not AlertState.FIRING)[:SHOWN]


def status(value: Status) -> Object:
    """Show how everything is."""
    return {
        "version": value.version,
        "now": moment(value.now),
        "started_at": moment(value.started_at),
        "ready": value.ready,
        "healthy": not problems(value),
        "problems": [*problems(value)],
        "mode": str(value.mode),
        "alerts": [alert(each) for each in _foremost(value.alerts)],
        "alert_count": len(value.alerts),
        "pools": [pool(each) for each in value.pools],
        "stopped": [*sorted(map(str, value.stopped))],
        "queues": [queue(each) for each in value.queues],
        "probes": [probe(each) for each in value.probes],
        "episodes": [episode(each) for each in value.episodes],
        "attempts": [attempt(each) for each in value.attempts],
        "jobs": [job(each) for each in value.jobs],
        "pauses": [pause(each) for each in value.pauses],
        "paused_by_file": value.paused_by_file,
        "breakers": [*sorted(map(str, value.breakers))],
        "notices": [notice(each) for each in value.notices],
    }


def gate(value: GateReport) -> Object:
    """Show the reading of one gate."""
    return {
        "name": value.name,
        "open": value.open,
        "value": value.value,
        "until": moment(value.until),
        "seconds_left": value.seconds_left,
    }


def explanation(value: Explanation) -> Object:
    """Show why something is, or is not, healed."""
    shown: list[Json] = [
        {**episode(each.episode), "verdict": each.verdict, "gates": [gate(line) for line in each.gates]}
        for each in value.episodes
    ]
    return {"of": value.of, "text": value.text, "episodes": shown}


def healing(value: Healing, *, dry_run: bool) -> Object:
    """Show what a person's order to heal leads to."""
    done = "would" if dry_run else "will"
    return {
        "text": value.refused or f"{done} {value.attempt.action} {value.attempt.target}: {value.attempt.reason}",
        "refused": value.refused,
        "attempt": attempt(value.attempt),
        "gates": [gate(line) for line in value.gates],
    }
