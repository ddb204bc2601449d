"""From a rule's result to what it means: alerts with their templates expanded, or recorded samples."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import copysign

from medic.core.samples import Labels, Sample
from medic.core.samples import labels as sorted_labels
from rules.groups import AlertRule, RecordRule
from rules.labelsets import NAME, LabelSet
from rules.promql.frame import Samples
from rules.promql.query import NO_SAMPLES
from rules.promql.values import Scalar, Value, Vector, VectorSample
from rules.states import AlertRuleError, Found
from rules.templates import Facts, Row, Template, Writer
from rules.templates.values import no_queries


@dataclass(frozen=True, slots=True)
class Host:
    """What templates can read beside their alert."""

    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""
    query: Callable[[str], Sequence[Row]] = no_queries
    at_ms: int = 0
    """When the rules are evaluated."""

    def bounded(self, check: Callable[[], None]) -> "Host":
        """Return the same, that calls *check* before each query: it raises when the rule has no time left."""

        def query(text: str) -> Sequence[Row]:
            check()
            return self.query(text)

        return Host(self.external_labels, self.external_url, query, self.at_ms)


def elements(value: Value) -> tuple[VectorSample, ...]:
    """Take a result as a vector; a scalar is one element without labels, anything else raises AlertRuleError."""
    if isinstance(value, Vector):
        return value.samples
    if isinstance(value, Scalar):
        return (VectorSample((), value.value),)
    raise AlertRuleError(NO_SAMPLES)


class Expander:
    """Makes alerts of one rule's results; what an element gave is given again while nothing that it rests on changes.

    Which labels and annotations rest on the value, the series or the time is read off their templates.
    """

    __slots__ = ("_annotations", "_asks", "_known", "_labels", "_labels_vary", "_last", "_name", "_texts_vary")

    def __init__(self, rule: AlertRule) -> None:
        """Make alerts of *rule*; its templates are prepared when the first is made."""
        self._name = rule.name
        self._labels, self._annotations = Templates(rule.labels), Templates(rule.annotations)
        self._asks = any(template.changes() for _, template in (*rule.labels, *rule.annotations))
        self._labels_vary = any(template.reads_value() for _, template in rule.labels)
        self._texts_vary = any(template.reads_value() for _, template in rule.annotations)
        self._known: dict[LabelSet, Found] = {}
        self._last: list[Found] = []

    def found(self, samples: Samples, host: Host) -> list[Found]:
        """Make alerts of the result of one evaluation; the very list of last time when it is the same."""
        known = self._known
        if not samples and not known:
            return self._last
        made: dict[LabelSet, Found] = {}
        same = len(samples) == len(known)
        for labels, value in samples.items():
            before = known.get(labels)
            one = made[labels] = self._made(before, labels.pairs, value, host)
            same = same and one is before
        if not same:
            self._known, self._last = made, list(made.values())
        return self._last

    def _made(self, known: Found | None, labels: Labels, value: float, host: Host) -> Found:
        if known is None or self._asks:
            return self._anew(labels, value, host)
        if value == known.value and (value or copysign(1, value) == copysign(1, known.value)):
            return known
        if self._labels_vary:
            return self._anew(labels, value, host)
        if self._texts_vary:
            return Found(known.labels, self._annotations.expand(_facts(labels, value, host)), value)
        return Found(known.labels, known.annotations, value)

    def _anew(self, labels: Labels, value: float, host: Host) -> Found:
        facts = _facts(labels, value, host)
        own = _labelled(self._name, labels, self._labels.expand(facts))
        return Found(own, self._annotations.expand(facts), value)


class Templates:
    """The labels or the annotations of a rule, prepared for being expanded often."""

    __slots__ = ("_templates", "_writers")

    def __init__(self, templates: Iterable[tuple[str, Template]]) -> None:
        """Write them sorted by name."""
        self._templates = sorted(templates, key=lambda pair: pair[0])
        self._writers: list[tuple[str, Writer]] | None = None

    def expand(self, facts: Facts) -> Labels:
        """Return each name with its text."""
        if self._writers is None:
            self._writers = [(name, template.writer()) for name, template in self._templates]
        return tuple([(name, write(facts)) for name, write in self._writers])


def alert_labels(rule: AlertRule, element: VectorSample, host: Host) -> Labels:
    """Return the labels of the alert that an element of the result is."""
    facts = _facts(*element, host)
    return _labelled(rule.name, element.labels, ((name, template.expand(facts)) for name, template in rule.labels))


def _labelled(alert: str, labels: Labels, written: Iterable[tuple[str, str]]) -> Labels:
    """Put what the rule has *written* over the labels of its result."""
    own = {name: text for name, text in labels if name != NAME}
    own.update(written)
    return sorted_labels(own, alertname=alert)


def _facts(labels: Labels, value: float, host: Host) -> Facts:
    return Facts(dict(labels), value, host.external_labels, host.external_url, host.query, host.at_ms)


def recorded(rule: RecordRule, found: Samples, limit: int) -> list[Sample]:
    """Make samples of a rule's result; raises AlertRuleError for equal label sets and for more than *limit*."""
    samples = [Sample(rule.name, _recorded_labels(rule, labels), value) for labels, value in found.items()]
    if len({sample.labels for sample in samples}) < len(samples):
        raise AlertRuleError("two elements of the result have the same labels after the rule's own were applied")
    if 0 < limit < len(samples):
        raise AlertRuleError(f"exceeded limit of {limit} with {len(samples)} series: raise the group's `limit:`")
    return samples


def _recorded_labels(rule: RecordRule, found: LabelSet) -> Labels:
    return sorted_labels({**{name: value for name, value in found.pairs if name != NAME}, **dict(rule.labels)})


def rows(value: Value) -> list[Row]:
    """Take a result as what ``query`` gives to templates."""
    return [Row(dict(element.labels), element.value) for element in elements(value)]
