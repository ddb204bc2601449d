from hypothesis import given
from hypothesis import strategies as st

from rules.files import parse as parse_rules
from rules.promql import Compat, compile_query
from rules.series import Series
from rules.testing.feeding import Feed, batches
from rules.testing.notation import Mark
from rules.testing.reading import parse
from rules.testing.running import in_step, ordered, run_case
from rules.testing.suite import Case, Input
from tests.rules.testing.corpus import DOWN, RULES, UP, asks, case, fires

MINUTE = 60_000
POINTS = st.lists(st.one_of(st.sampled_from(list(Mark)), st.integers(0, 9).map(float)), min_size=1, max_size=12)


def failures(text, rules="", compat=Compat.PROMETHEUS_3):
    suite = parse(text, file="t.yml", compat=compat)
    groups = parse_rules(RULES[rules], compat=compat) if rules else []
    stepped = [in_step(group, suite, compat) for group in groups]
    return [failure for each in suite.cases for failure in run_case(each, suite, stepped, compat)]


def test_what_is_as_expected_is_no_failure():
    assert failures(fires(f"{UP} 0x9", "Down", "5m", DOWN, files=""), "up.yml") == []


def test_a_failure_says_what_was_looked_at_and_how_it_differs():
    (failure,) = failures(asks("x 1", "x", "1m", "x 2").replace("interval: 1m", "interval: 1m\n  name: first"))
    assert (failure.case, failure.about, failure.line) == ("first", "x at 1m", 6)
    assert failure.diff() == ("- x 2", "+ x 1")


def test_a_rule_that_errs_ends_the_test_and_says_when():
    text = case(
        "input_series: [{series: 'x{i=\"1\"}', values: '1x9'}, {series: 'x{i=\"2\"}', values: '_ _ 1x9'}]\n"
        "promql_expr_test: [{expr: nope(, eval_time: 9m}]"
    )
    (failure,) = failures(text, "erring.yml")
    assert failure.about == "rule r at 2m"
    assert failure.problem


def test_a_rule_that_writes_another_value_of_a_loaded_series_errs_as_in_prometheus():
    text = case(
        "input_series: [{series: x, values: '1x9'}, {series: y, values: '1 1 5'}]\n"
        "promql_expr_test: [{expr: x, eval_time: 5m}]"
    )
    (failure,) = failures(text, "clash.yml")
    assert failure.about == "rule x at 2m"
    assert failure.problem.startswith("duplicate sample for timestamp: x{} has another value at this time already: ")


def test_a_broken_expression_fails_alone():
    text = asks("x 1", "sum(", "0") + "  - {expr: x, exp_samples: []}\n"
    broken, other = failures(text)
    assert broken.about == "sum( at 0s"
    assert broken.problem
    assert other.got == ("x 1",)


def test_windows_are_those_of_the_chosen_prometheus():
    text = asks("x 1+1x9", "count_over_time(x[2m])", "5m", "{} 2")
    assert failures(text) == []
    assert failures(text, compat=Compat.PROMETHEUS_2)[0].got == ("{} 3",)


def test_groups_that_are_not_named_come_with_the_first_that_is():
    groups = parse_rules("groups: [{name: a}, {name: b}, {name: c}, {name: d}]")
    assert [group.name for group in ordered(groups, ["c", "b"])] == ["a", "c", "d", "b"]
    assert ordered(groups, []) == groups


def loaded(inputs, *, until):
    series = Series(history=1 << 60)
    feed = Feed(Case("", 1, MINUTE, inputs=tuple(inputs)), series)
    feed.until(until)
    return series.view()


@given(st.lists(POINTS, min_size=1, max_size=6))
def test_each_series_has_its_own_gaps_and_ends_only_where_it_is_marked(rows):
    inputs = [Input((("__name__", "x"), ("i", str(index))), tuple(points)) for index, points in enumerate(rows)]
    view = loaded(inputs, until=1 << 40)
    query = compile_query("last_over_time(x[30s])")
    current = compile_query("x")
    for minute in range(15):
        exact = {dict(one.labels)["i"]: one.value for one in query.at(view, minute * MINUTE).samples}
        assert exact == {str(index): row[minute] for index, row in enumerate(rows) if there(row, minute)}
        newest = {dict(one.labels)["i"]: one.value for one in current.at(view, minute * MINUTE).samples}
        wanted = {str(index): within_lookback(row, minute) for index, row in enumerate(rows)}
        assert newest == {index: value for index, value in wanted.items() if not isinstance(value, Mark)}


def there(row, minute):
    return minute < len(row) and not isinstance(row[minute], Mark)


def within_lookback(row, minute):
    """Return the newest point of the last five minutes that is no gap."""
    return next(
        (point for point in reversed(row[max(minute - 4, 0) : minute + 1]) if point is not Mark.NOTHING), Mark.NOTHING
    )


def test_nothing_is_loaded_before_its_time():
    view = loaded([Input((("__name__", "x"),), (1.0, 2.0, 3.0))], until=MINUTE)
    assert compile_query("x").at(view, 5 * MINUTE).samples[0].value == 2.0


def test_series_with_the_same_gaps_are_written_together():
    same, other = (1.0, Mark.NOTHING, 2.0), (1.0, 2.0, Mark.STALE)
    rows = [Input((("__name__", name),), points) for name, points in (("a", same), ("b", same), ("c", other))]
    written = [
        (batch.at_ms // MINUTE, len(batch.samples)) for batch in batches(Case("", 1, MINUTE, inputs=tuple(rows)))
    ]
    assert sorted(written) == [(0, 1), (0, 2), (1, 1), (2, 0), (2, 2)]


def test_without_an_interval_the_first_value_counts():
    (batch,) = batches(Case("", 1, 0, inputs=(Input((("__name__", "x"),), (Mark.NOTHING, 2.0, 3.0)),)))
    assert (batch.at_ms, batch.samples[0].value) == (0, 2.0)


def test_what_rules_have_since_later_versions_is_run_too():
    rules = """
groups:
- name: g
  query_offset: 1m
  labels: {team: ops}
  rules: [{record: r, expr: x + 0}]
"""
    suite = parse(asks("x 1+1x9", "r", "4m", 'r{team="ops"} 4'), file="t.yml")
    assert run_case(suite.cases[0], suite, parse_rules(rules), Compat.PROMETHEUS_3) == ()
