"""What is measured of the rules themselves."""

from collections import Counter
from collections.abc import Iterable

from medic.core.alerts import AlertState
from medic.core.samples import Family, counter, gauge, labels
from rules.groups import AlertRule
from rules.status import GroupStatus

_STATES = (AlertState.PENDING, AlertState.FIRING)


def families(groups: Iterable[GroupStatus]) -> list[Family]:
    """Return the families of the rules; each known alert has both its states from the start, 0 included."""
    known = list(groups)
    return [_durations(known), _failures(known), _alerts(known)]


def _durations(groups: Iterable[GroupStatus]) -> Family:
    return gauge(
        "medic_rule_evaluation_duration_seconds",
        "How long the last evaluation of a rule group took.",
        *((labels(rule_group=group.key), group.duration) for group in groups if group.evaluated_at is not None),
    )


def _failures(groups: Iterable[GroupStatus]) -> Family:
    return counter(
        "medic_rule_evaluation_failures_total",
        "Evaluations of rules that failed.",
        *((labels(rule_group=group.key), group.failures) for group in groups),
    )


def _alerts(groups: Iterable[GroupStatus]) -> Family:
    rules = [rule for group in groups for rule in group.rules if isinstance(rule.rule, AlertRule)]
    counts = Counter((rule.rule.name, alert.state) for rule in rules for alert in rule.alerts)
    names = sorted({rule.rule.name for rule in rules})
    return gauge(
        "medic_alerts",
        "Alerts of Medic's own rules that are active.",
        *((labels(alertname=name, state=state), counts[name, state]) for name in names for state in _STATES),
    )
