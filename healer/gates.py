"""The gates: each one reason not to act, with its value and the time at which it opens."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from healer.settings import HOUR, jitter
from healer.world import Case, unstable
from medic.core.alerts import AlertState, Source
from medic.core.healing import Attempt, Mode
from medic.core.targets import Target

LEAP = timedelta(minutes=1)
"""A moment may lie ahead by so much: clocks are also set by little."""


class Reading(NamedTuple):
    """What a gate says of a case."""

    open: bool
    value: str
    until: datetime | None = None
    """When it opens by itself; None when that takes an event or a person."""


class Gate(NamedTuple):
    """A gate with its name, as in ``medic explain`` and in the label ``reason``."""

    name: str
    read: Callable[[Case, datetime], Reading]


@dataclass(frozen=True, slots=True)
class GateReport:
    """One line of ``medic explain``."""

    name: str
    open: bool
    value: str
    until: datetime | None
    seconds_left: float | None


def first_closed(case: Case, now: datetime, exempt: frozenset[str] = frozenset()) -> tuple[str, Reading] | None:
    """Return the first gate that says no, with its reading; None when all are open."""
    for gate in GATES:
        if gate.name in case.remedy.exempt or gate.name in exempt:
            continue
        reading = gate.read(case, now)
        if not reading.open:
            return gate.name, reading
    return None


def report(case: Case, now: datetime) -> tuple[GateReport, ...]:
    """Read every gate, also behind the first that says no; exempt ones are left out."""
    gates = [gate for gate in GATES if gate.name not in case.remedy.exempt]
    return tuple(_line(gate.name, gate.read(case, now), now) for gate in gates)


def is_spent(case: Case, now: datetime) -> bool:
    """Tell whether the breaker is open: too many failures in a row, or too many exits."""
    if case.tally.failures >= case.remedy.most:
        return True
    if not case.replaces_dead:
        return False
    hourly = [exit_ for exit_ in case.exits if now - exit_.at < HOUR]
    return unstable(case.exits, case) >= case.remedy.attempts or len(hourly) >= case.world.policy.hourly_exits


def _line(name: str, reading: Reading, now: datetime) -> GateReport:
    left = None if reading.until is None or reading.open else max(0.0, (reading.until - now).total_seconds())
    return GateReport(name, reading.open, reading.value, reading.until, left)


def _until(end: datetime | None, now: datetime, value: str) -> Reading:
    return Reading(end is None or now >= end, value, end)


def _ended(case: Case, _now: datetime) -> Reading:
    known = case.episode.id in case.world.history.episodes and case.episode.ending is None
    return Reading(known, "open" if known else f"ended: {case.episode.ending or 'it is over'}")


def _mode(case: Case, _now: datetime) -> Reading:
    mode = case.world.policy.effective(case.remedy)
    if mode is Mode.APPROVE and not case.episode.approved_by:
        return Reading(open=False, value=f"approve: waits for `medic heal approve {case.episode.id}`")
    if mode is Mode.APPROVE:
        return Reading(open=True, value=f"approved by {case.episode.approved_by}")
    return Reading(mode is not Mode.OFF, str(mode))


def _no_target(case: Case, _now: datetime) -> Reading:
    declared = case.world.policy.declares(case.target)
    return Reading(declared, "declared" if declared else f"{case.target} is declared nowhere in the configuration")


def _frozen(case: Case, _now: datetime) -> Reading:
    """Hold while a rule has no data, has said nothing since the start, or is not firing (again) yet."""
    embedded = [alert for alert in case.active if alert.source is Source.RULES]
    for alert in embedded:
        if alert.fingerprint not in case.world.scene.alerts:
            return Reading(open=False, value=f"{alert.name} was not evaluated since the start")
        if alert.frozen:
            return Reading(open=False, value=f"{alert.name}: {alert.frozen}")
    if embedded and all(alert.state is AlertState.PENDING for alert in case.active):
        return Reading(open=False, value="pending again: no alert of it fires")
    return Reading(open=True, value="data is there")


def _start_up(case: Case, now: datetime) -> Reading:
    rest, started = case.world.policy.rest, _latest([case.world.scene.started_at], now)
    return _until(started and started + rest, now, f"{_words(rest)} of rest after the start")


def _rest(case: Case, now: datetime) -> Reading:
    healed = _latest((at for target, at in case.world.history.healed_at.items() if target.covers(case.target)), now)
    if healed is None:
        return Reading(open=True, value="not healed before")
    rest = case.world.policy.rest
    return _until(healed + rest, now, f"{_words(rest)} of rest after a heal")


def _grace(case: Case, now: datetime) -> Reading:
    lasted = _words(max(timedelta(), now - case.episode.active_at))
    return _until(case.episode.active_at + case.remedy.grace, now, f"{lasted} of {_words(case.remedy.grace)}")


def _paused(case: Case, now: datetime) -> Reading:
    if case.world.scene.paused_by_file:
        return Reading(open=False, value="by the file PAUSED in the state folder; delete it to go on")
    for pause in case.world.history.pauses:
        covers = pause.target is None or pause.target.covers(case.target) or case.target.covers(pause.target)
        if covers and (pause.until is None or now < pause.until):
            return Reading(open=False, value=f"by {pause.by}: {pause.why}", until=pause.until)
    return Reading(open=True, value="no")


def _stopped(case: Case, _now: datetime) -> Reading:
    stops = [target for target in case.world.history.stopped if target.covers(case.target)]
    return Reading(not stops, f"{stops[0]} was stopped by a person" if stops else "no")


def _busy(case: Case, _now: datetime) -> Reading:
    for attempt in case.world.history.attempts.values():
        if _stands_in_the_way(attempt, case.target, replaces_dead=case.replaces_dead):
            return Reading(open=False, value=f"attempt {attempt.id} ({attempt.action} {attempt.target}) is under way")
    return Reading(open=True, value="no")


def _stands_in_the_way(attempt: Attempt, target: Target, *, replaces_dead: bool) -> bool:
    if attempt.target == target:
        return True
    touches = attempt.target.covers(target) or target.covers(attempt.target)
    # What is dead is replaced beside the verification of its pool's restart: waiting for it would help nobody.
    return touches and (attempt.acted_at is None or not replaces_dead)


def _backoff(case: Case, now: datetime) -> Reading:
    last, failures = _last(case, now), case.tally.failures
    if last is None:
        return Reading(open=True, value="no failure before")
    if is_spent(case, now):
        return Reading(open=True, value="the breaker is open: it says when the next probe is due")
    delay = case.remedy.backoff.after(failures)
    if not delay:
        return Reading(open=True, value="at once")
    if not case.remedy.backoff.steps:
        delay = jitter(f"{case.episode.id}/{failures}", delay)
    return _until(last + delay, now, f"{_words(delay)} after {counted(failures, 'failure')} in a row")


def _attempts(case: Case, now: datetime) -> Reading:
    if not is_spent(case, now):
        return Reading(open=True, value=f"{case.tally.failures} of {case.remedy.most} failed")
    last = _last(case, now)
    probe = None if last is None else last + case.remedy.breaker.after(case.tally.probes)
    tried = f", {counted(case.tally.probes, 'probe')} failed" if case.tally.probes else ""
    advice = f"a probe comes by itself; once mended: `medic heal reset {case.target}`"
    return _until(probe, now, f"the breaker is open{tried}; {advice}")


def _last(case: Case, now: datetime) -> datetime | None:
    return _latest([case.tally.last_at, *(exit_.at for exit_ in case.exits[-1:])], now)


def _latest(moments: Iterable[datetime | None], now: datetime) -> datetime | None:
    """Return the latest of *moments*; those that lie ahead were noted before the clock was set back, and tell nothing.

    Without this, what happened under a clock that ran hours ahead would hold all healing for as many hours.
    """
    return max((moment for moment in moments if moment is not None and moment <= now + LEAP), default=None)


def counted(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def written(moment: datetime | None) -> str:
    """Write until when a gate is closed; empty when nobody knows."""
    return f", until {moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def _words(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds}s"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest:02}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02}m"  # noqa: PLR2004 - an hour


GATES = (
    Gate("ended", _ended),
    Gate("mode", _mode),
    Gate("no-target", _no_target),
    Gate("frozen", _frozen),
    Gate("start-up", _start_up),
    Gate("rest", _rest),
    Gate("grace", _grace),
    Gate("paused", _paused),
    Gate("stopped", _stopped),
    Gate("busy", _busy),
    Gate("backoff", _backoff),
    Gate("attempts", _attempts),
)
"""All gates, in the order in which they are asked."""
