import pytest

from rules.files import parse
from rules.promql import compile_query
from rules.reading import Reads, Writers, invented, least, ranges, reads
from tests.rules.corpus import one


def rules(*lines):
    return parse(one(*lines))[0].rules


def test_names_are_followed_through_recording_rules_even_in_a_circle():
    every = rules("- {record: a, expr: b + x}", "- {record: b, expr: a + y}", "- {alert: A, expr: a > z}")
    assert reads(every[2], Writers(every)) == Reads(frozenset("xyz"), frozenset("ab"))


def test_two_rules_that_record_one_name_count_together():
    every = rules("- {record: a, expr: x}", "- {record: a, expr: y, labels: {b: c}}", "- {alert: A, expr: a}")
    assert reads(every[2], Writers(every)).measured == {"x", "y"}


def test_selectors_without_a_name_are_told_and_followed_through_what_they_may_read():
    every = rules(
        "- {record: 'job:a', expr: x}",
        "- {record: 'pool:b', expr: y}",
        '- {alert: A, expr: \'{__name__=~"job:.*",i="1"} > z\'}',
    )
    found = reads(every[2], Writers(every))
    assert (found.measured, found.recorded) == ({"x", "z"}, {"job:a"})
    assert [[str(one) for one in matchers] for matchers in found.nameless] == [['__name__=~"job:.*"', 'i="1"']]


def test_what_reads_alerts_rests_on_what_they_rest_on():
    every = rules(
        "- {alert: A, expr: x > 1}",
        "- {alert: B, expr: y > 1}",
        "- {alert: C, expr: 'ALERTS{alertname=\"A\"}'}",
        "- {alert: D, expr: 'count(ALERTS)'}",
    )
    writers = Writers(every)
    assert reads(every[2], writers) == Reads(frozenset("x"), frozenset("A"))
    assert reads(every[3], writers) == Reads(frozenset("xy"), frozenset("ABCD"))


def test_each_metric_is_needed_for_as_long_as_the_farthest_rule_looks_back():
    every = rules("- {alert: A, expr: 'rate(x[1h]) > rate(x[5m] offset 2h)'}", "- {alert: B, expr: 'x{a=\"b\"} > y'}")
    hour = 3_600_000
    assert ranges(every) == ({"x": 2 * hour + 300_000, "y": 300_000}, 0)


def test_a_selector_without_a_name_needs_everything():
    assert ranges(rules("- {alert: A, expr: 'count_over_time({job=\"a\"}[1h])'}")) == ({}, 3_600_000)


def test_labels_that_a_rule_sets_are_known():
    every = rules(
        '- {alert: A, expr: \'label_replace(x, "l", "", "", "")\', labels: {s: t}}',
        "- {alert: B, expr: 'count_values(\"v\", x)'}",
        "- {record: r, expr: x, labels: {q: z}}",
    )
    assert [invented(rule) - {"alertname"} for rule in every] == [{"l", "s"}, {"v"}, {"q"}]


@pytest.mark.parametrize(
    ("text", "minimum"),
    [
        ("increase(a[5m]) / increase(b[5m]) > 0.5 and increase(b[5m]) >= 20", True),
        ("a > 1 and count_over_time(a[5m]) >= 3", True),
        ("a > 1 and b > 2 and changes(a[5m]) > 3", True),
        ("a > 1", False),
        ("a > 0.9 and b >= 0.8", False),
        ("a > 1 and a >= 2", False),
        ("a == 1 and increase(b[5m]) >= 5", False),
        ("increase(a[5m]) >= 5", False),
        ("a > 1 or increase(a[5m]) >= 5", False),
    ],
)
def test_a_minimum_counts_over_time_what_the_condition_is_about(text, minimum):
    assert (least(compile_query(text)) is not None) is minimum
