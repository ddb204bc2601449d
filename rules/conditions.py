"""Verification: whether what an alert complained of is still so, judged on samples since a given time."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from medic.core.errors import MedicError
from medic.core.samples import Labels
from rules.coverage import missing_since
from rules.expanding import Host, alert_labels, elements
from rules.groups import AlertRule
from rules.kindred import belongs
from rules.limits import Limits
from rules.promql import Query
from rules.promql.values import Scalar, Value
from rules.reading import invented, least
from rules.views import View


class Truth(StrEnum):
    """The three answers."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether the trouble is still there, and why that is said."""

    truth: Truth
    reason: str

    @property
    def holds(self) -> bool | None:
        """True while the trouble lasts, False when it is over, None when it cannot be said."""
        return None if self.truth is Truth.UNKNOWN else self.truth is Truth.TRUE


class Evidence(NamedTuple):
    """What a condition is judged on."""

    whole: View
    since: View
    """The same, without the samples up to the moment since when is asked."""
    at_ms: int
    limits: Limits

    def answer(self, query: Query) -> Value:
        """Evaluate a query on what was measured since then."""
        return query.at(self.since, self.at_ms, self.limits.budget())


def of_rule(rule: AlertRule, labels: Labels, evidence: Evidence, host: Host) -> Condition:
    """Judge one alert of a rule, named by its labels."""
    if evidence.since.at_ms <= evidence.since.since_ms:
        return Condition(Truth.UNKNOWN, "nothing was measured since then")
    try:
        value = evidence.answer(rule.query)
        if any(alert_labels(rule, element, host) == labels for element in elements(value)):
            return Condition(Truth.TRUE, f"{rule.name} still holds")
        own = invented(rule)
        return _over(rule.query, tuple(pair for pair in labels if pair[0] not in own), evidence)
    except (MedicError, ArithmeticError) as error:
        return Condition(Truth.UNKNOWN, f"the rule errs: {error}")


def of_query(query: Query, evidence: Evidence) -> Condition:
    """Judge an expression that states the trouble: any result, of a scalar any but 0, means that it lasts."""
    if evidence.since.at_ms <= evidence.since.since_ms:
        return Condition(Truth.UNKNOWN, "nothing was measured since then")
    try:
        value = evidence.answer(query)
        if value.value if isinstance(value, Scalar) else elements(value):
            return Condition(Truth.TRUE, "the expression still gives a result")
        return _over(query, (), evidence)
    except (MedicError, ArithmeticError) as error:
        return Condition(Truth.UNKNOWN, f"the expression errs: {error}")


def _over(query: Query, labels: Labels, evidence: Evidence) -> Condition:
    missing = missing_since(evidence.whole, evidence.since, query.reaches, evidence.at_ms, labels)
    if missing:
        return Condition(Truth.UNKNOWN, missing)
    minimum = least(query)
    if minimum is not None and not _has_minimum(minimum, labels, evidence):
        return Condition(Truth.UNKNOWN, "less happened since then than the rule's minimum")
    return Condition(Truth.FALSE, "the condition is false")


def _has_minimum(minimum: Query, labels: Labels, evidence: Evidence) -> bool:
    found = elements(evidence.answer(minimum))
    return any(belongs(element.labels, labels) for element in found)
