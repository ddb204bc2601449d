"""From a rule's result to what it means: alerts with their templates expanded, or recorded samples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from medic.core.samples import Labels, Sample
from medic.core.samples import labels as sorted_labels
from rules.groups import AlertRule, RecordRule
from rules.labelsets import NAME
from rules.promql.values import Scalar, Value, Vector, VectorSample
from rules.states import AlertRuleError, Found
from rules.templates import Facts, Row
from rules.templates.values import no_queries


@dataclass(frozen=True, slots=True)
class Host:
    """What templates can read beside their alert."""

    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""
    query: Callable[[str], Sequence[Row]] = no_queries


def elements(value: Value) -> tuple[VectorSample, ...]:
    """Take a result as a vector; a scalar is one element without labels, anything else raises AlertRuleError."""
    if isinstance(value, Vector):
        return value.samples
    if isinstance(value, Scalar):
        return (VectorSample((), value.value),)
    raise AlertRuleError("the result is neither a vector nor a scalar: remove the range, or put a function around it")


def found(rule: AlertRule, value: Value, host: Host) -> list[Found]:
    """Make alerts of a rule's result."""
    return [_found(rule, element, host) for element in elements(value)]


def alert_labels(rule: AlertRule, element: VectorSample, host: Host) -> Labels:
    """Return the labels of the alert that an element of the result is."""
    return _labels(rule, element, _facts(element, host))


def _found(rule: AlertRule, element: VectorSample, host: Host) -> Found:
    facts = _facts(element, host)
    told = {name: template.expand(facts) for name, template in rule.annotations}
    return Found(_labels(rule, element, facts), tuple(sorted(told.items())), element.value)


def _facts(element: VectorSample, host: Host) -> Facts:
    return Facts(dict(element.labels), element.value, host.external_labels, host.external_url, host.query)


def _labels(rule: AlertRule, element: VectorSample, facts: Facts) -> Labels:
    own = {name: value for name, value in element.labels if name != NAME}
    own.update((name, template.expand(facts)) for name, template in rule.labels)
    return sorted_labels(own, alertname=rule.name)


def recorded(rule: RecordRule, value: Value, limit: int) -> list[Sample]:
    """Make samples of a rule's result; raises AlertRuleError for equal label sets and for more than *limit*."""
    samples = [Sample(rule.name, _recorded_labels(rule, element), element.value) for element in elements(value)]
    if len({sample.labels for sample in samples}) < len(samples):
        raise AlertRuleError("two elements of the result have the same labels after the rule's own were applied")
    if limit and len(samples) > limit:
        raise AlertRuleError(f"exceeded limit of {limit} with {len(samples)} series: raise the group's `limit:`")
    return samples


def _recorded_labels(rule: RecordRule, element: VectorSample) -> Labels:
    return sorted_labels({**{name: value for name, value in element.labels if name != NAME}, **dict(rule.labels)})


def rows(value: Value) -> list[Row]:
    """Take a result as what ``query`` gives to templates."""
    return [Row(dict(element.labels), element.value) for element in elements(value)]
