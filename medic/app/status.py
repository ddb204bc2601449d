"""How the host is, as one value: the page, the commands and the reports all tell it from here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from medic.core.alerts import Alert, AlertState
from medic.core.healing import Attempt, Episode, Mode, Notice, Pause
from medic.core.probes import ProbeFigures
from medic.core.queue import QueueFigures
from medic.core.runs import RunState
from medic.core.targets import Target
from medic.core.workers import Pool
from rhythm.ports import Check
from rhythm.record import JobState

LATE = 3
"""Ticks that may be missing before Medic says that it does not measure."""
FULL = 0.95
"""Share of the state folder's disk beyond which writing is in danger."""


@dataclass(frozen=True, slots=True)
class Status:
    """All that Medic knows of the host and of itself at one instant."""

    now: datetime
    started_at: datetime
    version: str
    interval: timedelta
    last_tick: datetime | None
    alerts: tuple[Alert, ...]
    """Pending, firing, and resolved at the last tick."""
    pools: tuple[Pool, ...]
    queues: tuple[QueueFigures, ...]
    episodes: tuple[Episode, ...]
    """The open ones."""
    attempts: tuple[Attempt, ...]
    """The newest, newest first."""
    jobs: tuple[JobState, ...]
    pauses: tuple[Pause, ...]
    paused_by_file: bool
    notices: tuple[Notice, ...]
    """The newest, newest first."""
    breakers: frozenset[Target]
    failing: frozenset[str]
    """Collectors whose last run failed."""
    rule_errors: tuple[str, ...]
    mode: Mode
    notified: bool
    """Whether anybody is reached by notifications."""
    disk_used: float
    """Share of the state folder's disk that is used, 0 to 1."""
    journal_error: str = ""
    """What kept the last write of the journal from being made."""
    stopped: frozenset[Target] = frozenset()
    """What an operator stopped: it stays down until it is started."""
    probes: tuple[ProbeFigures, ...] = ()

    @property
    def ready(self) -> bool:
        """Tell whether the first tick is committed."""
        return self.last_tick is not None

    @property
    def firing(self) -> tuple[Alert, ...]:
        """The alerts that fire."""
        return tuple(alert for alert in self.alerts if alert.state is AlertState.FIRING and alert.resolved_at is None)


def problems(status: Status) -> tuple[str, ...]:
    """Say in a line each what is not well; a window that is not yet filled, or a queue that is idle, is well."""
    firing = (f"alert {alert.name} is firing on {_about(alert)}" for alert in status.firing if not alert.is_news)
    return (
        *firing,
        *(f"{check.name}: {check.text}" for check in checks(status) if not check.ok and check.name != "alerts"),
    )


def checks(status: Status) -> tuple[Check, ...]:
    """Make the system check, in an order from the ground up."""
    return (
        _ticks(status),
        _collectors(status),
        _rules(status),
        _queues(status),
        _workers(status),
        _alerts(status),
        _breakers(status),
        _healing(status),
        _jobs(status),
        _notices(status),
        _journal(status),
        _disk(status),
    )


def _ticks(status: Status) -> Check:
    if status.last_tick is None:
        return Check("ticks", ok=False, text="nothing was measured yet")
    age = status.now - status.last_tick
    return Check("ticks", ok=age < LATE * status.interval + timedelta(seconds=1), text=f"measured {_span(age)} ago")


def _collectors(status: Status) -> Check:
    text = f"failing: {', '.join(sorted(status.failing))}" if status.failing else "all work"
    return Check("collectors", ok=not status.failing, text=text)


def _rules(status: Status) -> Check:
    return Check("rules", ok=not status.rule_errors, text="; ".join(status.rule_errors) or "all evaluate")


def _queues(status: Status) -> Check:
    down = [queue.queue for queue in status.queues if not queue.up]
    text = f"not reachable: {', '.join(down)}" if down else f"{len(status.queues)} reachable"
    return Check("queues", ok=not down, text=text)


def _workers(status: Status) -> Check:
    short = [pool for pool in status.pools if pool.running != pool.expected]
    text = ", ".join(f"{pool.name} {pool.running} of {pool.expected}" for pool in short)
    stopped = ", ".join(sorted(map(str, status.stopped)))
    told = text or f"{sum(pool.running for pool in status.pools)} as expected"
    return Check("workers", ok=not short, text=f"{told}; stopped by an operator: {stopped}" if stopped else told)


def _alerts(status: Status) -> Check:
    text = ", ".join(sorted({alert.name for alert in status.firing if not alert.is_news}))
    news = ", ".join(sorted({alert.name for alert in status.firing if alert.is_news}))
    rest = f"none but {news}, which is for information" if news else "none fires"
    return Check("alerts", ok=not text, text=f"firing: {text}" if text else rest)


def _breakers(status: Status) -> Check:
    text = ", ".join(sorted(map(str, status.breakers)))
    return Check("breakers", ok=not text, text=f"open on {text}; see `medic explain`" if text else "all closed")


def _healing(status: Status) -> Check:
    # A pause of all healing is a person's will, yet not a state to be forgotten in.
    everything = [pause for pause in status.pauses if pause.target is None]
    if status.paused_by_file:
        return Check("healing", ok=False, text="paused by the file PAUSED; remove it to go on")
    if everything:
        return Check("healing", ok=False, text=f"paused by {everything[0].by}: {everything[0].why}")
    return Check("healing", ok=True, text=f"mode {status.mode}" + ("" if status.notified else ", nobody is notified"))


def _jobs(status: Status) -> Check:
    """Look at the last runs, but for the health check's: its failure is the other checks' failure."""
    others = [job for job in status.jobs if job.spec.run != "health-check"]
    failed = [job.spec.name for job in others if job.record and job.record.ran and _failed(job.record.ran.state)]
    return Check(
        "jobs", ok=not failed, text=f"failed last: {', '.join(failed)}" if failed else "the last runs went well"
    )


def _failed(state: RunState) -> bool:
    return state is RunState.FAILED  # an interrupted run was ended with Medic: that is no trouble of its own


def _notices(status: Status) -> Check:
    stuck = [notice for notice in status.notices if notice.delivered_at is None and notice.error]
    text = f"{len(stuck)} not delivered: {stuck[0].error}" if stuck else "none is stuck"
    return Check("notifications", ok=not stuck, text=text)


def _journal(status: Status) -> Check:
    text = f"nothing is healed: {status.journal_error}" if status.journal_error else "the last write went well"
    return Check("journal", ok=not status.journal_error, text=text)


def _disk(status: Status) -> Check:
    return Check("disk", ok=status.disk_used < FULL, text=f"{status.disk_used:.0%} of the state folder's disk is used")


def _about(alert: Alert) -> str:
    kept = [f"{name}={value}" for name, value in alert.labels if name not in {"alertname", "severity"}]
    return ", ".join(kept) or "this host"


def _span(age: timedelta) -> str:
    return f"{max(0.0, age.total_seconds()):.1f} s"
