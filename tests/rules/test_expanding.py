import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.expanding import Expander, Host, alert_labels, rows
from rules.files import parse
from rules.labelsets import Catalog
from rules.promql import EvaluationError, Text, VectorSample, compile_query
from rules.series import Series
from rules.states import AlertRuleError
from rules.templates import Row

TEXTS = (
    "fixed",
    "{{ $labels.job }}",
    "{{ $value }}",
    "{{ .Value | humanize }} of {{ $labels.job }}",
    "{{ if gt $value 1.0 }}high{{ end }}",
    "{{ query `up` | first | value }}",
    "{{ $labels.nothing }}{{ $externalLabels.host }}",
    "{{ printf `%.1f` $labels.job }}",
    "{{ humanize $labels.job }}",
)
VALUES = (0.0, -0.0, 1.0, 2.5, 1234567.0, math.inf, math.nan)


def rule(labels=None, annotations=None):
    alert = {"alert": "A", "expr": "x", "labels": labels or {}, "annotations": annotations or {}}
    [group] = parse(json.dumps({"groups": [{"name": "g", "rules": [alert]}]}))
    return group.rules[0]


CATALOG = Catalog()


def vector(*elements):
    return {CATALOG.intern((("__name__", "x"), ("job", job))): value for job, value in elements}


def shown(found):
    """Texts and numbers that can be compared, NaN and the sign of 0 included."""
    return sorted((each.labels, each.annotations, repr(each.value)) for each in found)


texts = st.sampled_from(TEXTS)
elements = st.dictionaries(st.sampled_from("abc"), st.sampled_from(VALUES), max_size=3)


@given(texts, texts, st.lists(elements, min_size=2, max_size=8))
def test_what_is_remembered_is_what_would_be_made_anew(label, annotation, evaluations):
    made = rule({"l": label}, {"a": annotation})
    expander = Expander(made)
    for number, each in enumerate(evaluations):
        host = Host({"host": "h"}, "", lambda _, number=number: [Row({}, float(number))])
        result = vector(*each.items())
        assert shown(expander.found(result, host)) == shown(Expander(made).found(result, host))


@given(texts, st.sampled_from(VALUES))
def test_verification_knows_an_alert_by_the_labels_that_it_was_made_with(label, value):
    made = rule({"l": label})
    host = Host({"host": "h"}, "", lambda _: [Row({}, 1.0)])
    samples = vector(("a", value))
    [labels] = samples
    [found] = Expander(made).found(samples, host)
    assert alert_labels(made, VectorSample(labels.pairs, value), host) == found.labels


def test_the_same_result_gives_the_very_same_list_so_that_nobody_looks_at_it_twice():
    expander = Expander(rule({"l": "{{ $labels.job }}"}, {"a": "{{ $value }}"}))
    first = expander.found(vector(("a", 1.0), ("b", 2.0)), Host())
    assert expander.found(vector(("a", 1.0), ("b", 2.0)), Host()) is first
    changed = expander.found(vector(("a", 1.0), ("b", 3.0)), Host())
    assert changed[0] is first[0]
    assert changed[1].annotations == (("a", "3"),)
    assert expander.found(vector(), Host()) == []


def test_a_template_that_asks_the_series_is_expanded_at_each_evaluation():
    expander = Expander(rule(annotations={"a": "{{ query `up` | first | value }}"}))
    said = [
        expander.found(vector(("a", 1.0)), Host(query=lambda _, up=up: [Row({}, up)]))[0].annotations
        for up in (1.0, 2.0)
    ]
    assert said == [(("a", "1"),), (("a", "2"),)]


def test_a_template_that_reads_the_clock_is_expanded_at_each_evaluation():
    expander = Expander(rule(annotations={"a": "{{ now }} {{ . }}"}))
    said = [expander.found(vector(("a", 1.0)), Host(at_ms=at))[0].annotations for at in (1500, 3000)]
    assert [dict(each)["a"].split()[0] for each in said] == ["1.5", "3"]


def test_a_number_is_an_alert_without_labels_and_a_text_is_none():
    view = Series().view()
    number, text = compile_query("1"), compile_query("'a'")
    assert Expander(rule()).found(number.samples(number.frame(view, 0)), Host())[0].labels == (("alertname", "A"),)
    with pytest.raises(EvaluationError, match="neither a vector nor a scalar"):
        text.samples(text.frame(view, 0))
    with pytest.raises(AlertRuleError, match="neither a vector nor a scalar"):
        rows(Text("a"))
