"""What to do now about each due time: run it, wait, skip it with a reason, or call it missed. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from medic.core.clock import MILLISECOND
from medic.core.runs import JobRecord, Trigger
from rhythm.due import Passed, interval, kind, moved, passed
from rhythm.gates import Setting, parent_gate
from rhythm.spec import JobSpec, Missed

LIMIT = 1000
"""How many passed due times of one job are told apart; older ones share the row of their first."""


class Action(StrEnum):
    """What to do about a due time."""

    RUN = "run"
    WAIT = "wait"
    SKIP = "skip"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about one due time of one job, and why."""

    spec: JobSpec
    due: datetime
    trigger: Trigger
    action: Action
    reason: str = ""

    @property
    def final(self) -> bool:
        """Tell whether the due time ends with this, without a run."""
        return self.action in {Action.SKIP, Action.MISS}


@dataclass(frozen=True, slots=True)
class Pending:
    """The unanswered due times of one job: those that end unrun, and the one whose turn it is."""

    closing: tuple[Verdict, ...]
    head: Verdict | None


def plan(
    jobs: Sequence[JobSpec], records: Mapping[str, JobRecord], now: datetime, *, up_since: datetime
) -> tuple[Verdict, ...]:
    """Decide every unanswered due time up to *now*: by priority, then due time, then name.

    A job has at most one verdict that is not final: its due times are answered in their order. Carry out the final
    ones first, then claim a run; then ask again, since what ended may decide what waited. *up_since* is when Medic
    started: what was due before it was missed, what was due since is merely late.
    """
    known = [job for job in jobs if job.enabled and job.name in records]
    pending = {job.name: unanswered(job, records[job.name], now, up_since) for job in known}
    setting = Setting(
        specs={job.name: job for job in jobs},
        records=records,
        heads={name: found.head.due for name, found in pending.items() if found.head},
        now=now,
    )
    verdicts = [verdict for found in pending.values() for verdict in found.closing]
    verdicts += [judge(found.head, setting) for found in pending.values() if found.head]
    return tuple(sorted(verdicts, key=_order))


def left_behind(jobs: Sequence[JobSpec], records: Mapping[str, JobRecord], now: datetime) -> tuple[str, ...]:
    """Name the jobs whose rhythm cannot go on for more than an interval, since the clock was set back.

    A job that runs is named once it has ended.
    """
    known = [(job, records[job.name]) for job in jobs if job.enabled and job.name in records]
    return tuple(
        job.name for job, record in known if record.running is None and _known(record) - now > interval(job.trigger)
    )


def judge_asked(spec: JobSpec, jobs: Sequence[JobSpec], records: Mapping[str, JobRecord], now: datetime) -> Verdict:
    """Decide a run that a person asks for now, by the same gates; its due time is the asking.

    Parents are taken as they stand: nothing is waited for that is not running already.
    """
    setting = Setting(specs={job.name: job for job in jobs}, records=records, heads={}, now=now)
    return judge(Verdict(spec, now, Trigger.PERSON, Action.RUN), setting)


def judge(head: Verdict, setting: Setting) -> Verdict:
    """Turn the verdict of a due time whose turn it is into wait or skip when a gate says so."""
    running = setting.records[head.spec.name].running
    if running is not None:
        return replace(head, action=Action.WAIT, reason=f"its run of {_clock(running.due)} still goes on")
    held = parent_gate(head.spec, head.due, setting)
    if held is None:
        return head
    return replace(head, action=Action.SKIP if held.final else Action.WAIT, reason=held.reason)


def unanswered(spec: JobSpec, record: JobRecord, now: datetime, up_since: datetime) -> Pending:
    """Sort the due times since the last answered one into those that end unrun and the one whose turn it is.

    Of what passed while Medic was down the job's own policy decides; of what passed while it was up, only the latest
    still counts: a slow lane skips beats, it never piles them up.
    """
    known, trigger = _known(record), moved(spec.trigger, record)
    before = up_since - MILLISECOND  # what is due at the very start is not missed
    down = passed(trigger, known, min(now, before), LIMIT)
    late = passed(trigger, max(known, before), now, LIMIT)
    if spec.missed is Missed.ALL and down.latest:  # in their order; what is late can wait until these are answered
        return Pending(_lump(spec, down, Action.MISS), _turn(spec, down.latest[0]))
    keep = 1 if spec.missed is Missed.LATEST and not late.latest else 0
    unrun = len(down.latest) - min(keep, len(down.latest))
    closing = _lump(spec, down, Action.MISS) + _close(spec, down.latest[:unrun], Action.MISS)
    closing += _lump(spec, late, Action.SKIP) + _close(spec, late.latest[:-1], Action.SKIP)
    turn = late.latest[-1:] or down.latest[unrun:]
    if turn:
        return Pending(closing, _turn(spec, turn[0]))
    # A clock that was set back to before the start has to reach it again first.
    return Pending(closing, _at_start(spec, record, up_since) if now >= up_since else None)


def _known(record: JobRecord) -> datetime:
    """Return until when nothing more is due."""
    return max(record.since, record.answered or record.since)


def _turn(spec: JobSpec, due: datetime) -> Verdict:
    return Verdict(spec, due, kind(spec.trigger), Action.RUN)


_WHY = {Action.MISS: "Medic was not running", Action.SKIP: "its turn did not come before its next due time"}


def _close(spec: JobSpec, dues: Iterable[datetime], action: Action) -> tuple[Verdict, ...]:
    return tuple(Verdict(spec, due, kind(spec.trigger), action, _WHY[action]) for due in dues)


def _lump(spec: JobSpec, found: Passed, action: Action) -> tuple[Verdict, ...]:
    """Close the due times that were too many to tell apart with one verdict, at the first of them."""
    if found.first is None or not found.older:
        return ()
    reason = f"{_WHY[action]}; stands for {found.older} due times from here on"
    return (Verdict(spec, found.first, kind(spec.trigger), action, reason),)


def _at_start(spec: JobSpec, record: JobRecord, up_since: datetime) -> Verdict | None:
    """Add a due time at the start of Medic to a job that wants one, unless it ran within its interval."""
    if not spec.at_start or (record.last is not None and record.last.due >= up_since):
        return None
    latest = record.running or record.ran
    if latest is not None and latest.due > up_since - interval(spec.trigger):
        return None
    return Verdict(spec, up_since, Trigger.START, Action.RUN)


def _order(verdict: Verdict) -> tuple[int, datetime, str]:
    return -verdict.spec.priority, verdict.due, verdict.spec.name


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
