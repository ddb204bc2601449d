"""Warnings of what may not be meant in rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.checking import Doubt, Ground, remarks
from rules.checks.remark import interval_of
from rules.defaults import defaults
from rules.files import load, parse
from rules.groups import Group
from tests.rules import corpus, shapes

GOOD = {**corpus.GOOD, **shapes.GOOD, **shapes.NEWER}
TICK = 15_000
LABELS = {"up": frozenset({"cpu", "mode"}), "node_load1": frozenset(), "x_bucket": frozenset({"le"})}
SERIES = {"up": 3, "node_load1": 1, "x_total": 0, "x_bucket": 12, "slow_total": 2}


def told(text, others="", **ground):
    """Check the rules of one group, one a line in YAML's flow style, after the group's own keys."""
    ground = Ground(TICK, **{"series": SERIES, "clocks": {"slow_total": 60_000}, **ground})
    found = remarks(parse(grouped(text)), ground, parse(grouped(others), file="other.yml") if others else ())
    assert all(remark.file == "rules.yml" for remark in found)
    return [(str(remark.doubt), remark.line, remark.text) for remark in found]


def grouped(text, keys=""):
    rules = "\n".join(f"  - {line}" for line in text.strip().splitlines())
    return f"groups:\n- name: g\n{keys}  rules:\n{rules}\n"


def doubts(expression, **fields):
    more = "".join(f", {name}: {value}" for name, value in fields.items())
    return [doubt for doubt, _, _ in told(f"{{alert: A, expr: '{expression}'{more}}}")]


def test_a_rule_that_is_as_it_should_be_is_not_minded():
    assert told("{alert: A, expr: 'rate(x_total[5m]) > 1', for: 5m, labels: {severity: page}}") == []


def test_a_metric_that_nobody_exports_is_told_with_the_near_name():
    assert told("{alert: A, expr: 'node_lod1 > 1 or zzz == 0 or node_lod1 > 2'}") == [
        ("unknown-metric", 4, "no metric node_lod1 is exported or recorded here: did you mean node_load1?"),
        ("unknown-metric", 4, "no metric zzz is exported or recorded here: see /metrics for those that there are"),
    ]


def test_what_rules_record_is_known_also_in_files_that_are_not_looked_at():
    assert doubts("a:b > 1") == ["unknown-metric"]
    assert told("{record: 'a:b', expr: up}\n{alert: A, expr: 'a:b > 1'}") == []
    assert told("{alert: A, expr: 'a:b > 1'}", "{record: 'a:b', expr: up}") == []
    assert told("{alert: A, expr: 'ALERTS > 0 and on () ALERTS_FOR_STATE > 0'}") == []


def test_a_metric_that_has_no_series_just_now_is_known():
    assert doubts("rate(x_total[5m]) > 0") == []


@pytest.mark.parametrize(
    ("selector", "known"),
    [
        ('{__name__=~"node_.+"}', True),
        ('{__name__=~"nod_.+"}', False),
        ('{__name__=~"x_.*", __name__!~".*_total"}', True),
        ('{__name__=~"x_total|up", __name__!="up", __name__!="x_total"}', False),
        ('{job="x"}', True),
        ('up{job="x"}', True),
    ],
)
def test_a_selector_by_a_pattern_of_names_must_match_one_of_them(selector, known):
    assert doubts(f"{selector} > 0") == ([] if known else ["unknown-metric"])


def test_up_is_not_looked_for_among_what_is_measured():
    text = "no metric up is exported or recorded here: nothing is scraped; what a collector says is in"
    assert told("{alert: A, expr: up == 0}", series={"node_load1": 1}) == [
        ("unknown-metric", 4, f"{text} medic_scrape_collector_success")
    ]


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ('node_load1{job="node"}', "job here, as no scrape adds it, {}: leave the matcher out"),
        ('up{mod=~"idle|user"}', "mod here, {}: did you mean mode?"),
        ('up{zone!=""}', "zone here, {}: it has cpu, mode"),
        ('rate(node_load1{zone="x"}[5m])', "zone here, {}: it has none"),
    ],
)
def test_a_label_that_no_series_of_the_metric_has_is_told(selector, words):
    [(doubt, line, text)] = told(f"{{alert: A, expr: '{selector} > 0 or {selector} < 0'}}", labels=LABELS)
    assert (doubt, line) == ("unknown-label", 4)
    assert text.partition(" has the label ")[2] == words.format("so that nothing is selected")


@pytest.mark.parametrize(
    "selector",
    [
        'up{mode="nobody"}',
        'up{zone=""}',
        'up{zone!="x"}',
        'up{zone=~"x|"}',
        'x_total{zone="x"}',
        '{__name__=~"up|node_load1", zone="x"}',
        '{__name__="up", mode="idle"}',
    ],
)
def test_a_matcher_that_a_missing_label_fulfils_or_that_nothing_is_known_about_is_not_minded(selector):
    assert told(f"{{alert: A, expr: '{selector} > 0'}}", labels=LABELS) == []


def test_the_labels_of_what_rules_record_are_not_known():
    rules = "{record: up, expr: node_load1, labels: {zone: x}}"
    assert told("{alert: A, expr: 'up{zone=\"x\"} > 0'}", rules, labels=LABELS) == []


def test_a_for_shorter_than_the_interval_means_the_interval():
    [(doubt, line, text)] = told("{alert: A, expr: up == 0, for: 5s}")
    assert (doubt, line) == ("short-for", 4)
    assert text == "`for: 5s` is shorter than the 15s between two evaluations, and so means 15s: write that"
    assert doubts("up == 0", **{"for": "15s"}) == []
    assert doubts("up == 0", **{"for": "0s"}) == []


def test_the_interval_of_the_group_counts_and_is_told_when_it_is_rounded_up():
    content = grouped("{alert: A, expr: up == 0, for: 50s}", "  interval: 50s\n")
    found = remarks(parse(content), Ground(TICK, SERIES))
    assert [(each.doubt, each.line, each.rule) for each in found] == [
        ("rounded-interval", 2, "g"),
        ("short-for", 5, "A"),
    ]
    assert found[0].text == "the interval 50s is rounded up to 1m, whole ticks of 15s"
    assert str(found[0]).startswith("rules.yml:2: warning: g: the interval 50s is")
    assert str(found[0]).endswith("[rounded-interval]")


@pytest.mark.parametrize(
    ("expression", "short"),
    [
        ("rate(x_total[29s])", True),
        ("rate(x_total[30s])", False),
        ("rate(slow_total[1m])", True),
        ("rate(slow_total[2m])", False),
        ("max_over_time(up[10s])", True),
        ('rate({__name__=~"x_.+"}[20s])', True),
        ("max_over_time(rate(x_total[5m])[5m:1m])", False),
        ("max_over_time(rate(x_total[5m])[1m:1m])", True),
        ("max_over_time(rate(x_total[20s])[1h:1m])", True),
        ("max_over_time(up[1h:])", False),
    ],
)
def test_a_range_must_hold_two_samples_of_what_it_reads(expression, short):
    assert doubts(f"{expression} > 0") == (["short-range"] if short else [])


def test_the_words_about_a_short_range_say_what_to_write():
    [(_, _, text)] = told("{alert: A, expr: 'rate(slow_total[90s]) > 0'}")
    assert text == (
        "the range of slow_total[1m30s] is shorter than two intervals of 1m, and often holds one sample or none: "
        "write 4m or longer"
    )


def test_a_recorded_metric_has_a_sample_an_interval_of_its_group():
    recording = parse(grouped("{record: 'a:b', expr: up}", "  interval: 5m\n"), file="other.yml")
    for window, expected in (("9m", ["short-range"]), ("10m", [])):
        groups = parse(grouped(f"{{alert: A, expr: 'max_over_time(a:b[{window}]) > 1'}}"))
        assert [each.doubt for each in remarks(groups, Ground(TICK, SERIES), recording)] == expected


@pytest.mark.parametrize(
    ("expression", "minded"),
    [
        ("absent(up)", True),
        ("absent_over_time(up[5m])", True),
        ('absent(up{job="x"})', False),
        ('absent(up{job=~"x"})', True),
        ('absent(up{job=""})', True),
        ('absent(up{job="x", job=~"y"})', True),
        ('absent(sum(up{job="x"}))', True),
        ("absent(up) == 1", True),
        ("absent(up) and on () node_load1", True),
        ("node_load1 and on () absent(up)", False),
        ("node_load1 unless on () absent(up)", False),
        ("node_load1 > 1 or absent(up)", True),
        ("up * on () group_left () absent(node_load1)", False),
    ],
)
def test_absent_without_labels_is_minded_where_its_elements_become_alerts(expression, minded):
    assert doubts(expression) == (["absent-without-labels"] if minded else [])


def test_a_label_of_the_rule_tells_its_absent_from_another_but_not_a_severity():
    assert doubts("absent(up)", labels="{severity: page}") == ["absent-without-labels"]
    assert doubts("absent(up)", labels="{severity: page, job: x}") == []
    assert told("{record: 'a:b', expr: absent(up)}") == []


@pytest.mark.parametrize("expression", ["up[5m]", '"x"', "rate(x_total[5m])[5m:1m]"])
def test_a_result_that_no_rule_can_use_is_minded(expression):
    assert doubts(expression) == ["wrong-result"]


def test_warnings_come_in_the_order_of_files_and_lines():
    one = parse(grouped("{alert: A, expr: nope}\n{alert: B, expr: 'absent(up)', for: 1s}"), file="b.yml")
    two = parse(grouped("{alert: C, expr: nope}"), file="a.yml")
    found = remarks([*one, *two], Ground(TICK, SERIES))
    assert [(each.file, each.line, each.doubt) for each in found] == [
        ("b.yml", 4, Doubt.UNKNOWN_METRIC),
        ("b.yml", 5, Doubt.SHORT_FOR),
        ("b.yml", 5, Doubt.ABSENT_WITHOUT_LABELS),
        ("a.yml", 4, Doubt.UNKNOWN_METRIC),
    ]


@pytest.mark.parametrize("name", GOOD)
def test_whatever_can_be_loaded_can_be_checked(name):
    remarks(parse(GOOD[name]), Ground(TICK, SERIES))


def test_the_shipped_rules_are_not_minded_but_for_metrics_of_other_hosts():
    groups = load(defaults())
    series = dict.fromkeys((name for group in groups for rule in group.rules for name in rule.query.names), 1)
    assert remarks(groups, Ground(TICK, series)) == ()


@given(interval=st.none() | st.integers(1, 10**9), tick=st.integers(1, 10**7))
def test_an_interval_is_rounded_up_by_less_than_a_tick(interval, tick):
    rounded = interval_of(Group("f", "g", (), interval_ms=interval), tick)
    assert rounded % tick == 0
    assert 0 <= rounded - (interval or tick) < tick
