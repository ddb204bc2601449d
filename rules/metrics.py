"""What is measured of the rules themselves, and of the series that they read."""

from collections.abc import Iterable
from functools import lru_cache

from medic.core.alerts import AlertState
from medic.core.samples import Family, Kind, Sample, counter, gauge, labels
from rules.groups import AlertRule
from rules.series import Series
from rules.status import GroupStatus

_ALERTS = "medic_alerts"
_STATES = (AlertState.PENDING, AlertState.FIRING)


def families(groups: Iterable[GroupStatus]) -> list[Family]:
    """Return the families of the rules; each known alert has both its states from the start, 0 included."""
    known = [(labels(rule_group=group.key), group) for group in groups]
    return [
        gauge(
            "medic_rule_evaluation_duration_seconds",
            "How long the last evaluation of a rule group took.",
            *((key, group.duration) for key, group in known if group.evaluated_at is not None),
        ),
        counter(
            "medic_rule_evaluation_failures_total",
            "Evaluations of rules that failed.",
            *((key, group.failures) for key, group in known),
        ),
        gauge("medic_rule_group_rules", "Rules of a group.", *((key, len(group.rules)) for key, group in known)),
        counter(
            "medic_rule_group_iterations_total",
            "Times that a rule group was to be evaluated, missed ones included.",
            *((key, group.iterations) for key, group in known),
        ),
        counter(
            "medic_rule_group_iterations_missed_total",
            "Times that a rule group was not evaluated, because a tick came too late.",
            *((key, group.missed) for key, group in known),
        ),
        _alerts([group for _, group in known]),
    ]


def series_families(series: Series) -> list[Family]:
    """Return the families of the store: how many series it has, and the samples that it refused, by reason."""
    return [
        gauge("medic_series", "Series in memory.", ((), series.size)),
        counter(
            "medic_series_refused_total",
            "Samples that were not stored.",
            (labels(reason="order"), series.counts.refused),
            (labels(reason="memory"), series.counts.over_memory),
        ),
    ]


def _alerts(groups: Iterable[GroupStatus]) -> Family:
    rules = [rule for group in groups for rule in group.rules if isinstance(rule.rule, AlertRule)]
    counts = {rule.rule.name: [0, 0] for rule in rules}
    for rule in rules:
        for alert in rule.alerts:
            if alert.lives:
                counts[rule.rule.name][alert.state is AlertState.FIRING] += 1
    samples = [sample for name in sorted(counts) for sample in map(_counted, _quiet(name), counts[name])]
    return Family(_ALERTS, Kind.GAUGE, "Alerts of Medic's own rules that are active.", samples)


@lru_cache(maxsize=8192)  # each tick has these samples, and most of them are 0
def _quiet(name: str) -> tuple[Sample, ...]:
    return tuple(Sample(_ALERTS, labels(alertname=name, state=state), 0.0) for state in _STATES)


def _counted(quiet: Sample, count: int) -> Sample:
    return Sample(quiet.name, quiet.labels, float(count)) if count else quiet
