"""From a rule's result to what it means: alerts with their templates expanded, or recorded samples."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import copysign

from medic.core.samples import Labels, Sample
from medic.core.samples import labels as sorted_labels
from rules.groups import AlertRule, RecordRule
from rules.labelsets import NAME
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


def elements(value: Value) -> tuple[VectorSample, ...]:
    """Take a result as a vector; a scalar is one element without labels, anything else raises AlertRuleError."""
    if isinstance(value, Vector):
        return value.samples
    if isinstance(value, Scalar):
        return (VectorSample((), value.value),)
    raise AlertRuleError("the result is neither a vector nor a scalar: remove the range, or put a function around it")


class Expander:
    """Makes alerts of one rule's results; what an element gave is given again while nothing that it rests on changes.

    Which labels and annotations rest on the value, or ask the series, is read off their text: both need a word for it.
    """

    __slots__ = ("_annotations", "_asks", "_known", "_labels", "_labels_vary", "_last", "_name", "_texts_vary")

    def __init__(self, rule: AlertRule) -> None:
        """Make alerts of *rule*; its templates are prepared when the first is made."""
        labels, annotations = _sources(rule.labels), _sources(rule.annotations)
        self._name = rule.name
        self._labels, self._annotations = Templates(rule.labels), Templates(rule.annotations)
        self._asks = "query" in labels or "query" in annotations
        self._labels_vary, self._texts_vary = _VALUE in labels, _VALUE in annotations
        self._known: dict[Labels, Found] = {}
        self._last: list[Found] = []

    def found(self, value: Value, host: Host) -> list[Found]:
        """Make alerts of the result of one evaluation; the very list of last time when it is the same."""
        every, known = elements(value), self._known
        if not every and not known:
            return self._last
        made: list[Found] = []
        same = len(every) == len(known)
        for element in every:
            before = known.get(element.labels)
            one = self._made(before, element, host)
            same = same and one is before
            made.append(one)
        if not same:
            self._known = {element.labels: one for element, one in zip(every, made, strict=True)}
            self._last = made
        return self._last

    def _made(self, known: Found | None, element: VectorSample, host: Host) -> Found:
        value = element.value
        if known is None or self._asks:
            return self._anew(element, host)
        if value == known.value and (value or copysign(1, value) == copysign(1, known.value)):
            return known
        if self._labels_vary:
            return self._anew(element, host)
        if self._texts_vary:
            return Found(known.labels, self._annotations.expand(_facts(element, host)), value)
        return Found(known.labels, known.annotations, value)

    def _anew(self, element: VectorSample, host: Host) -> Found:
        facts = _facts(element, host)
        own = {name: text for name, text in element.labels if name != NAME}
        own.update(self._labels.expand(facts))
        return Found(sorted_labels(own, alertname=self._name), self._annotations.expand(facts), element.value)


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


_VALUE = "alue"
"""What a template must write to reach the value: ``$value`` or ``.Value``."""


def _sources(templates: Iterable[tuple[str, Template]]) -> str:
    return "\n".join(template.source for _, template in templates if "{{" in template.source)


def alert_labels(rule: AlertRule, element: VectorSample, host: Host) -> Labels:
    """Return the labels of the alert that an element of the result is."""
    facts = _facts(element, host)
    own = {name: value for name, value in element.labels if name != NAME}
    own.update((name, template.expand(facts)) for name, template in rule.labels)
    return sorted_labels(own, alertname=rule.name)


def _facts(element: VectorSample, host: Host) -> Facts:
    return Facts(dict(element.labels), element.value, host.external_labels, host.external_url, host.query)


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
