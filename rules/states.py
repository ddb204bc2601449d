"""Prometheus' states of alerts: what one evaluation of a rule makes of the alerts that it had."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Active:
    """One alert of a rule: pending, firing, or resolved within the last 15 minutes."""

    labels: Labels
    annotations: Labels
    value: float
    state: AlertState
    active_at: int
    """Milliseconds since the epoch, as all times here."""
    resolved_at: int | None = None
    absent_since: int | None = None
    """When it fires only because of ``keep_firing_for``: since when its condition is false."""
    why_resolved: str = ""

    @property
    def lives(self) -> bool:
        """Tell whether it is pending or firing."""
        return self.state is not AlertState.INACTIVE


class Holds(NamedTuple):
    """How long a condition must hold to fire, and how long it may be false before the alert resolves."""

    for_ms: int = 0
    keep_firing_ms: int = 0


Alerts = Mapping[Labels, Active]
NONE: Alerts = {}


def step(alerts: Alerts, found: Iterable[Found], now: int, holds: Holds, why: Callable[[Labels], str]) -> Alerts:
    """Move a rule's alerts on by one evaluation at *now*; *why* says why one resolves.

    Raises AlertRuleError when two elements have the same labels; *alerts* is never changed. The order of the result is
    that in which alerts became known.
    """
    present = _by_labels(found)
    moved: dict[Labels, Active] = {}
    for labels, alert in alerts.items():
        after = _seen(alert, present[labels], now) if labels in present else _missed(alert, now, holds, why)
        if after is not None:
            moved[labels] = _fire(after, now, holds.for_ms)
    for labels, element in present.items():
        if labels not in moved:
            moved[labels] = _fire(_begin(element, now), now, holds.for_ms)
    return moved


def remove(alerts: Alerts, now: int) -> Alerts:
    """Resolve what fires, because its rule is gone; pending alerts are forgotten."""
    fired = {labels: alert for labels, alert in alerts.items() if alert.state is AlertState.FIRING}
    return {labels: _resolve(alert, now, RULE_REMOVED) for labels, alert in fired.items()}


def check_limit(alerts: Alerts, limit: int) -> None:
    """Raise LimitError when more alerts live than the group allows; 0 allows all."""
    living = sum(alert.lives for alert in alerts.values())
    if limit and living > limit:
        raise LimitError(f"exceeded limit of {limit} with {living} alerts: raise the group's `limit:`")


def samples(alerts: Alerts) -> list[Sample]:
    """Return the ALERTS and ALERTS_FOR_STATE samples of the living alerts."""
    written: list[Sample] = []
    for alert in alerts.values():
        if alert.lives:
            stated = sorted_labels(dict(alert.labels), alertstate=alert.state.value)
            written.append(Sample("ALERTS", stated, 1.0))
            written.append(Sample("ALERTS_FOR_STATE", alert.labels, float(alert.active_at // 1000)))
    return written


def _by_labels(found: Iterable[Found]) -> dict[Labels, Found]:
    present: dict[Labels, Found] = {}
    for element in found:
        if element.labels in present:
            raise AlertRuleError(
                "two elements of the result have the same labels after the rule's own labels were applied: "
                "keep apart what the expression gives, or remove the label that makes them equal"
            )
        present[element.labels] = element
    return present


def _begin(found: Found, now: int) -> Active:
    return Active(found.labels, found.annotations, found.value, AlertState.PENDING, now)


def _seen(alert: Active, found: Found, now: int) -> Active:
    if not alert.lives:
        return _begin(found, now)
    began = min(alert.active_at, now)  # a clock that was set back must not make it wait for that time to come again
    return replace(alert, annotations=found.annotations, value=found.value, active_at=began, absent_since=None)


def _missed(alert: Active, now: int, holds: Holds, why: Callable[[Labels], str]) -> Active | None:
    """Move on an alert whose condition is false; None when nothing is left of it."""
    if alert.state is AlertState.PENDING:
        return None
    if alert.resolved_at is not None:
        return None if now - alert.resolved_at > RETENTION_MS else alert
    since = now if alert.absent_since is None else min(alert.absent_since, now)
    if now - since < holds.keep_firing_ms:
        return replace(alert, absent_since=since)
    return _resolve(alert, now, why(alert.labels))


def _resolve(alert: Active, now: int, why: str) -> Active:
    return replace(alert, state=AlertState.INACTIVE, resolved_at=now, absent_since=None, why_resolved=why)


def _fire(alert: Active, now: int, for_ms: int) -> Active:
    if alert.state is AlertState.PENDING and now - alert.active_at >= for_ms:
        return replace(alert, state=AlertState.FIRING)
    return alert
