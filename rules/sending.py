"""What Alertmanagers are to be told of the rules' alerts, and when, on Prometheus' schedule.

Alerts that fire are sent at once and then again and again, each time with an end that lies far enough ahead for three
messages to be lost; resolved ones are sent for as long as they are remembered. Source of the schedule:
https://github.com/prometheus/prometheus/blob/main/rules/alerting.go (``needsSending``, ``sendAlerts``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from medic.core.alerts import Alert, AlertState
from medic.core.clock import to_ms
from medic.core.samples import Labels
from rules.groups import AlertRule
from rules.states import RETENTION_MS, RULE_REMOVED, Active
from rules.status import GroupStatus

VALID = 4
"""So many times the longer of resend delay and interval a message that an alert fires is valid."""


@dataclass(frozen=True, slots=True)
class Message:
    """What an Alertmanager is told of one alert; times in milliseconds since the epoch."""

    labels: Labels
    annotations: Labels
    starts_at: int
    """When it began to fire, as in Prometheus, not when its condition became true."""
    ends_at: int
    """When it was resolved; of one that fires, until when that is to be believed without another message."""
    expression: str
    """Of its rule; empty when the rule is gone."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What is remembered of an alert that was sent."""

    at: int
    """When it was sent last."""
    fired_at: int
    expression: str


Memory = Mapping[Labels, Sent]
"""By the labels that an alert is known by."""


class Due(NamedTuple):
    """What one tick leads to."""

    memory: Memory
    messages: tuple[Message, ...]


class _Told(NamedTuple):
    """An alert as it stands, with what its rule knows."""

    alert: Active
    rule: AlertRule
    interval_ms: int
    fresh: bool
    """Whether its rule was evaluated at this very tick, without an error: as in Prometheus only then it is sent."""


def due(memory: Memory, groups: Iterable[GroupStatus], alerts: Iterable[Alert], now: int, *, resend_ms: int) -> Due:
    """Return the messages that are due at the tick *now*, and what is to be remembered until the next.

    *memory* is what the tick before left. *groups* are as the engine shows them after its
    evaluation, *alerts* what that evaluation returned.
    """
    kept: dict[Labels, Sent] = {}
    messages: list[Message] = []
    for labels, told in _by_labels(groups, now).items():
        sent = memory.get(labels)
        if told.fresh and _is_due(sent, told, now, resend_ms):
            messages.append(_message(told, now, resend_ms))
            sent = Sent(now, messages[-1].starts_at, told.rule.text)
        if sent is not None:
            kept[labels] = sent
    messages += _removed(memory, kept, alerts)
    return Due(kept, tuple(messages))


def _by_labels(groups: Iterable[GroupStatus], now: int) -> dict[Labels, _Told]:
    """Return each alert that fires or has fired, once: of two rules that make the same the one that fires counts."""
    found: dict[Labels, _Told] = {}
    for told in _all(groups, now):
        labels = told.alert.labels
        if labels not in found or _weight(told) > _weight(found[labels]):
            found[labels] = told
    return found


def _weight(told: _Told) -> tuple[bool, int]:
    return told.alert.lives, told.alert.resolved_at or 0


def _all(groups: Iterable[GroupStatus], now: int) -> Iterator[_Told]:
    for group in groups:
        for status in group.rules:
            if not isinstance(status.rule, AlertRule):
                continue
            fresh = group.evaluated_at == now and not status.error
            for alert in status.alerts:
                if alert.state is not AlertState.PENDING:
                    yield _Told(alert, status.rule, group.interval_ms, fresh)


def _is_due(sent: Sent | None, told: _Told, now: int, resend_ms: int) -> bool:
    alert = told.alert
    if alert.resolved_at is not None and now - alert.resolved_at > RETENTION_MS:
        return False
    if sent is None or sent.at > now:  # the latter: the clock was set back
        return True
    changed = max(_fired_at(told, now), alert.resolved_at or 0)
    return changed > sent.at or sent.at + resend_ms < now


def _message(told: _Told, now: int, resend_ms: int) -> Message:
    alert = told.alert
    valid = now + VALID * max(resend_ms, told.interval_ms)
    ends_at = valid if alert.resolved_at is None else alert.resolved_at
    return Message(alert.labels, alert.annotations, _fired_at(told, now), ends_at, told.rule.text)


def _fired_at(told: _Told, now: int) -> int:
    """Say when it began to fire; where nobody saw that, at the evaluation at which its hold was over."""
    alert = told.alert
    end = now if alert.resolved_at is None else alert.resolved_at
    if alert.fired_at is not None:
        return min(alert.fired_at, end)  # later than its end it can only be by a clock that was set back
    evaluations = -(-told.rule.for_ms // told.interval_ms)
    return min(alert.active_at + evaluations * told.interval_ms, end)


def _removed(memory: Memory, kept: Memory, alerts: Iterable[Alert]) -> Iterator[Message]:
    """Tell once of alerts whose rules are gone; Prometheus leaves these to run out."""
    for alert in alerts:
        sent = memory.get(alert.labels)
        if sent is None or alert.labels in kept or alert.resolved_at is None or alert.why_resolved != RULE_REMOVED:
            continue
        yield Message(alert.labels, alert.annotations, sent.fired_at, to_ms(alert.resolved_at), sent.expression)
