"""Whether the jobs that a job comes after let it run: the one gate between due and run. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from medic.core.runs import JobRecord, Run, RunState
from rhythm.due import interval
from rhythm.spec import JobSpec

FRESH = 1.5
"""A parent's success counts for so many of its own intervals."""

_BAD = frozenset({RunState.FAILED, RunState.INTERRUPTED, RunState.SKIPPED})


@dataclass(frozen=True, slots=True)
class Setting:
    """What a gate may look at."""

    specs: Mapping[str, JobSpec]
    records: Mapping[str, JobRecord]
    heads: Mapping[str, datetime]
    """Of each job that has an unanswered due time, the one whose turn it is."""
    now: datetime


class Held(NamedTuple):
    """Why a due time may not run now; *final* when waiting would not help it."""

    reason: str
    final: bool


def parent_gate(spec: JobSpec, due: datetime, setting: Setting) -> Held | None:
    """Say what its parents have against a run; of several the final one, else the first."""
    held = [found for name in spec.after if (found := _ask(name, due, setting)) is not None]
    return next((found for found in held if found.final), held[0] if held else None)


def _ask(name: str, due: datetime, setting: Setting) -> Held | None:
    """Ask one parent: what it still has to do for this due time, then how its last due time ended, then its age."""
    spec, record = setting.specs.get(name), setting.records.get(name)
    if spec is None or record is None or not spec.enabled:
        return Held(f"{name} is disabled", final=True)
    coming = _coming(record, setting.heads.get(name))
    if coming is not None and coming <= due:
        return Held(f"waits for {name}", final=False)
    if record.last is not None and record.last.state in _BAD:
        # Waiting helps only a due time that is newer than the failure, and only if the parent is about to try again.
        return Held(_failure(record.last), final=coming is None or record.last.due >= due)
    return _age(spec, record, setting.now)


def _coming(record: JobRecord, head: datetime | None) -> datetime | None:
    return record.running.due if record.running is not None else head


def _failure(last: Run) -> str:
    """Name the root: a job that was skipped for its own parent hands that reason on."""
    return last.reason if last.state is RunState.SKIPPED and last.reason else f"{last.job} {last.state}"


def _age(spec: JobSpec, record: JobRecord, now: datetime) -> Held | None:
    if record.last_success is None:
        return Held(f"waits for the first success of {spec.name}", final=False)
    limit = interval(spec.trigger) * FRESH
    if now - record.last_success < limit:
        return None
    return Held(f"waits for a success of {spec.name} within {limit}", final=False)
