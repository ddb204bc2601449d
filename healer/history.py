"""Folding changes into the history: what the journal has written, the memory knows too."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import singledispatch

from medic.core.alerts import Alert, AlertState, Source
from medic.core.changes import (
    EXITS_KEPT,
    SPENT_KEPT,
    Acted,
    Approved,
    Change,
    Closed,
    Delivered,
    Ended,
    Exited,
    History,
    Joined,
    Key,
    Opened,
    Paused,
    Released,
    Reserved,
    Reset,
    Resumed,
    SeenResolved,
    Spent,
    Stopped,
    Taken,
    Tally,
    Told,
)
from medic.core.healing import Attempt, Episode, Notice, Outcome, Pause
from medic.core.targets import Target, worker_target
from medic.core.workers import Exit

HEALTHY = timedelta(hours=1)
"""So long without an open episode, and the failures of before are forgotten."""


@dataclass(slots=True)
class _Draft:
    """A history that is being changed; it never leaves this module."""

    episodes: dict[int, Episode]
    attempts: dict[int, Attempt]
    tallies: dict[Key, Tally]
    healed_at: dict[Target, datetime]
    spent: dict[str, Spent]
    exits: dict[Target, tuple[Exit, ...]]
    pauses: tuple[Pause, ...]
    stopped: frozenset[Target]
    notices: dict[int, Notice]
    told: frozenset[str]
    next_episode: int
    next_attempt: int
    next_notice: int


def fold(history: History, changes: Iterable[Change]) -> History:
    """Return *history* with *changes* made, in their order; the given one stays as it is.

    A change that names an episode or an attempt that is not open changes nothing: it came too late.
    """
    draft = _Draft(
        dict(history.episodes),
        dict(history.attempts),
        dict(history.tallies),
        dict(history.healed_at),
        dict(history.spent),
        dict(history.exits),
        history.pauses,
        history.stopped,
        dict(history.notices),
        history.told,
        history.next_episode,
        history.next_attempt,
        history.next_notice,
    )
    for change in changes:
        _fold(change, draft)
    return History(**{name: getattr(draft, name) for name in _Draft.__slots__})


def tallies_changed(before: History, after: History) -> dict[Key, Tally | None]:
    """Return the tallies that *after* has otherwise than *before*; None stands for one that is gone."""
    keys = before.tallies.keys() | after.tallies.keys()
    pairs = {key: (before.tallies.get(key), after.tallies.get(key)) for key in keys}
    return {key: new for key, (old, new) in pairs.items() if new != old}


def spend(episode: Episode, at: datetime) -> dict[str, Spent]:
    """Return the marks that an ended episode leaves on its alerts; exits and orders are new each time."""
    lasting = [alert for alert in episode.alerts if alert.source not in {Source.WORKER, Source.OPERATOR}]
    return {alert.fingerprint: Spent(at, alert.source, _resolved(alert, at)) for alert in lasting}


def merge(alerts: tuple[Alert, ...], alert: Alert) -> tuple[Alert, ...]:
    """Put an alert in the place of its older self, or at the end."""
    mine = alert.fingerprint
    if all(other.fingerprint != mine for other in alerts):
        return (*alerts, alert)
    return tuple(alert if other.fingerprint == mine else other for other in alerts)


def _resolved(alert: Alert, at: datetime) -> datetime | None:
    return (alert.resolved_at or at) if alert.state is AlertState.INACTIVE else None


@singledispatch
def _fold(change: object, _draft: _Draft) -> None:
    raise TypeError(f"not a change: {change!r}")


@_fold.register
def _(change: Opened, draft: _Draft) -> None:
    episode = change.episode
    draft.episodes[episode.id] = episode
    draft.next_episode = max(draft.next_episode, episode.id + 1)
    key = (episode.remedy, episode.target)
    tally = draft.tallies.get(key)
    if tally is None or tally.ended_at is None:
        return
    if episode.opened_at - tally.ended_at >= HEALTHY:
        del draft.tallies[key]
    else:
        draft.tallies[key] = replace(tally, ended_at=None)


@_fold.register
def _(change: Joined, draft: _Draft) -> None:
    if (episode := draft.episodes.get(change.episode)) is None:
        return
    active = change.alert.state is not AlertState.INACTIVE
    earliest = min(episode.active_at, change.alert.active_at) if active else episode.active_at
    draft.episodes[episode.id] = replace(episode, alerts=merge(episode.alerts, change.alert), active_at=earliest)


@_fold.register
def _(change: Approved, draft: _Draft) -> None:
    if (episode := draft.episodes.get(change.episode)) is not None:
        draft.episodes[episode.id] = replace(episode, approved_by=change.by)


@_fold.register
def _(change: Reserved, draft: _Draft) -> None:
    draft.attempts[change.attempt.id] = change.attempt
    draft.next_attempt = max(draft.next_attempt, change.attempt.id + 1)


@_fold.register
def _(change: Acted, draft: _Draft) -> None:
    if (attempt := draft.attempts.get(change.attempt)) is not None:
        draft.attempts[attempt.id] = replace(
            attempt, acted_at=change.at, succeeded=change.succeeded, detail=change.detail
        )


@_fold.register
def _(change: Closed, draft: _Draft) -> None:
    if (attempt := draft.attempts.pop(change.attempt, None)) is None:
        return
    key = (attempt.remedy, attempt.target)
    if change.outcome is Outcome.HEALED:
        draft.tallies.pop(key, None)
        draft.healed_at[attempt.target] = change.at
        return
    tally = draft.tallies.get(key, Tally())
    draft.tallies[key] = replace(
        tally,
        failures=tally.failures + (not attempt.probe),
        probes=tally.probes + attempt.probe,
        last_at=change.at,
    )


@_fold.register
def _(change: Ended, draft: _Draft) -> None:
    if (episode := draft.episodes.pop(change.episode, None)) is None:
        return
    oldest = change.at - SPENT_KEPT
    draft.spent = {mine: spent for mine, spent in draft.spent.items() if (spent.resolved_at or change.at) >= oldest}
    draft.spent.update(spend(episode, change.at))
    key = (episode.remedy, episode.target)
    if (tally := draft.tallies.get(key)) is not None:
        draft.tallies[key] = replace(tally, ended_at=change.at)


@_fold.register
def _(change: SeenResolved, draft: _Draft) -> None:
    if (spent := draft.spent.get(change.fingerprint)) is not None:
        draft.spent[change.fingerprint] = replace(spent, resolved_at=change.at)


@_fold.register
def _(change: Exited, draft: _Draft) -> None:
    target = worker_target(change.exit.pool, change.exit.slot)
    draft.exits[target] = (*draft.exits.get(target, ()), change.exit)[-EXITS_KEPT:]


@_fold.register
def _(_change: Taken, _draft: _Draft) -> None:
    """Do nothing: the inbox is the journal's alone."""


@_fold.register
def _(change: Paused, draft: _Draft) -> None:
    others = tuple(pause for pause in draft.pauses if pause.target != change.pause.target)
    draft.pauses = (*others, change.pause)


@_fold.register
def _(change: Resumed, draft: _Draft) -> None:
    draft.pauses = tuple(pause for pause in draft.pauses if pause.target != change.target)


@_fold.register
def _(change: Stopped, draft: _Draft) -> None:
    draft.stopped |= {change.target}


@_fold.register
def _(change: Released, draft: _Draft) -> None:
    draft.stopped = frozenset(target for target in draft.stopped if not change.target.covers(target))


@_fold.register
def _(change: Reset, draft: _Draft) -> None:
    draft.tallies = {key: tally for key, tally in draft.tallies.items() if not change.target.covers(key[1])}
    draft.exits = {target: exits for target, exits in draft.exits.items() if not change.target.covers(target)}


@_fold.register
def _(change: Told, draft: _Draft) -> None:
    draft.next_notice = max(draft.next_notice, change.notice.id + 1)
    if change.notice.key in draft.told:
        return
    draft.notices[change.notice.id] = change.notice
    draft.told |= {change.notice.key}


@_fold.register
def _(change: Delivered, draft: _Draft) -> None:
    if (notice := draft.notices.get(change.notice)) is None:
        return
    if not change.error:
        del draft.notices[notice.id]
        return
    draft.notices[notice.id] = replace(notice, tries=notice.tries + 1, error=change.error)
