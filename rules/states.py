"""Prometheus' states of alerts: what one evaluation of a rule makes of the alerts that it had."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from medic.core.alerts import AlertState
from medic.core.errors import MedicError
from medic.core.samples import Labels, Sample
from medic.core.samples import labels as sorted_labels

RETENTION_MS = 15 * 60_000
"""How long a resolved alert is remembered."""
CONDITION_FALSE, SERIES_VANISHED, RULE_REMOVED = "condition false", "series vanished", "rule removed"


class AlertRuleError(MedicError):
    """A rule's result cannot become alerts; its alerts stay as they were."""


class LimitError(AlertRuleError):
    """A rule has more alerts than its group allows; as in Prometheus it then has none at all."""


class Found(NamedTuple):
    """One element of a rule's result, made into an alert."""

    labels: Labels
    """With ``alertname``, templates expanded, without ``__name__``."""
    annotations: Labels
    value: float


class Active(NamedTuple):
    """One alert of a rule: pending, firing, or resolved within the last 15 minutes."""

    labels: Labels
    annotations: Labels
    value: float
    state: AlertState
    active_at: int
    """Milliseconds since the epoch, as all times here."""
    fired_at: int | None = None
    resolved_at: int | None = None
    absent_since: int | None = None
    """When it fires only because of ``keep_firing_for``: since when its condition is false."""
    why_resolved: str = ""
    written: tuple[Sample, ...] = ()
    """What it is among the series while it lives: ALERTS and ALERTS_FOR_STATE, the same objects until it changes."""

    @property
    def lives(self) -> bool:
        """Tell whether it is pending or firing."""
        return self.resolved_at is None


class Holds(NamedTuple):
    """How long a condition must hold to fire, and how long it may be false before the alert resolves."""

    for_ms: int = 0
    keep_firing_ms: int = 0


Alerts = Mapping[Labels, Active]
NONE: Alerts = {}
NOTHING: tuple[Sample, ...] = ()


def step(alerts: Alerts, found: Iterable[Found], now: int, holds: Holds, why: Callable[[Labels], str]) -> Alerts:
    """Move a rule's alerts on by one evaluation at *now*; *why* says why one resolves.

    Raises AlertRuleError when two elements have the same labels; *alerts* is never changed, and returned itself when
    nothing of it has. The order of the result is that in which alerts became known.
    """
    present = _by_labels(found)
    moved: dict[Labels, Active] = {}
    same = True
    for labels, alert in alerts.items():
        element = present.pop(labels, None)
        after = _missed(alert, now, holds, why) if element is None else _seen(alert, element, now)
        if after is not None:
            after = moved[labels] = _fire(after, now, holds.for_ms)
        same = same and after is alert
    for labels, element in present.items():
        moved[labels] = _fire(_begin(element, now), now, holds.for_ms)
    return alerts if same and not present else moved


def remove(alerts: Alerts, now: int) -> Alerts:
    """Resolve what fires, because its rule is gone; pending alerts are forgotten."""
    fired = {labels: alert for labels, alert in alerts.items() if alert.state is AlertState.FIRING}
    return {labels: _resolve(alert, now, RULE_REMOVED) for labels, alert in fired.items()}


def check_limit(alerts: Alerts, limit: int) -> None:
    """Raise LimitError when more alerts live than the group allows; 0 and less allow all, as in Prometheus."""
    if limit > 0 and (living := sum(alert.lives for alert in alerts.values())) > limit:
        raise LimitError(f"exceeded limit of {limit} with {living} alerts: raise the group's `limit:`")


def samples(alerts: Alerts) -> list[Sample]:
    """Return the ALERTS and ALERTS_FOR_STATE samples of the living alerts."""
    return [sample for alert in alerts.values() for sample in alert.written]


def pending(found: Found, active_at: int) -> Active:
    """Return the alert whose condition is true since *active_at*, before anything is known of how long it must be."""
    return _stated(Active(found.labels, found.annotations, found.value, AlertState.PENDING, active_at))


def firing(found: Found, active_at: int) -> Active:
    """Return an alert that fires, and whose condition is true since *active_at*."""
    return _stated(Active(found.labels, found.annotations, found.value, AlertState.FIRING, active_at))


def _stated(alert: Active) -> Active:
    """Let an alert know what it is among the series in its state."""
    stated = sorted_labels(dict(alert.labels), alertstate=alert.state.value)
    since = float(alert.active_at // 1000)
    return alert._replace(
        written=(Sample("ALERTS", stated, 1.0), Sample("ALERTS_FOR_STATE", alert.labels, since)),
    )


def _by_labels(found: Iterable[Found]) -> dict[Labels, Found]:
    every = list(found)
    present = {element.labels: element for element in every}
    if len(present) < len(every):
        raise AlertRuleError(
            "two elements of the result have the same labels after the rule's own labels were applied: "
            "keep apart what the expression gives, or remove the label that makes them equal"
        )
    return present


def _begin(found: Found, now: int) -> Active:
    return pending(found, now)


def _seen(alert: Active, found: Found, now: int) -> Active:
    """Go on with an alert whose condition is true: its value and annotations follow the result."""
    if alert.resolved_at is not None:
        return _begin(found, now)
    if alert.active_at > now:  # a clock that was set back must not make it wait for that time to come again
        alert = _stated(alert._replace(active_at=now))
    if alert.absent_since is None and alert.annotations is found.annotations and alert.value == found.value:
        return alert
    labels, _, _, state, active_at, fired_at, _, _, _, written = alert
    return Active(labels, found.annotations, found.value, state, active_at, fired_at, None, None, "", written)


def _missed(alert: Active, now: int, holds: Holds, why: Callable[[Labels], str]) -> Active | None:
    """Move on an alert whose condition is false; None when nothing is left of it."""
    if alert.state is AlertState.PENDING:
        return None
    if alert.resolved_at is not None:
        return None if now - alert.resolved_at > RETENTION_MS else alert
    since = now if alert.absent_since is None else min(alert.absent_since, now)
    if now - since < holds.keep_firing_ms:
        return alert if since == alert.absent_since else alert._replace(absent_since=since)
    return _resolve(alert, now, why(alert.labels))


def _resolve(alert: Active, now: int, why: str) -> Active:
    return alert._replace(
        state=AlertState.INACTIVE, resolved_at=now, absent_since=None, why_resolved=why, written=NOTHING
    )


def _fire(alert: Active, now: int, for_ms: int) -> Active:
    if alert.state is AlertState.PENDING and now - alert.active_at >= for_ms:
        return _stated(alert._replace(state=AlertState.FIRING, fired_at=now))
    return alert
