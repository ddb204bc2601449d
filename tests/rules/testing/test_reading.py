import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.document import RuleFileError
from rules.promql import Compat
from rules.testing.reading import parse
from rules.testing.suite import ExpectedAlert, ExpectedSample
from tests.rules.testing.corpus import SUITES, asks, case, changed, fires


def read(text, compat=Compat.PROMETHEUS_3):
    return parse(text, file="t.yml", compat=compat)


def mistakes(text, compat=Compat.PROMETHEUS_3):
    with pytest.raises(RuleFileError) as caught:
        read(text, compat)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_an_empty_file_has_no_tests_and_is_evaluated_every_minute():
    suite = read("")
    assert suite.cases == ()
    assert suite.evaluation_ms == 60_000


def test_each_check_knows_its_line_its_time_and_what_it_expects():
    suite = read(asks("x 1", "x", "1h30m", 'x{a="b"} 1.5', head="evaluation_interval: 5s\n"))
    (check,) = suite.cases[0].queries
    assert (check.text, check.at_ms, check.line) == ("x", 5_400_000, 6)
    assert check.samples == (ExpectedSample((("__name__", "x"), ("a", "b")), 1.5),)
    assert suite.evaluation_ms == 5000


def test_an_expected_alert_carries_its_name_and_keeps_empty_texts():
    suite = read(fires("x 1", "A", "1m", "{exp_labels: {b: '', alertname: B}, exp_annotations: {c: }}", files="a.yml"))
    (check,) = suite.cases[0].alerts
    assert check.alerts == (ExpectedAlert((("alertname", "A"), ("b", "")), (("c", ""),)),)


def test_every_mistake_is_told_with_its_line_and_what_to_write_instead():
    text = """
evaluation_interval: 60
tests:
- interval: 1m
  input_series:
  - {series: 'x{', values: '1'}
  - {series: x, values: one}
  promql_expr_test:
  - {expr: x, eval_time: 5, exp_samples: [{labels: 'x{a}', value: Inf}]}
  alert_rule_test:
  - {eval_time: 1m, exp_alerts: {}}
  nonsense: true
"""
    lines = [mistake.split(":")[1] for mistake in mistakes(text)]
    assert lines == ["2", "6", "7", "9", "9", "9", "11", "11", "12"]
    told = "\n".join(mistakes(text))
    for advice in (
        "'60' is not a duration: write",
        "'one' is no value: write a number",
        "value must be a number without quotes (1.5, 1e3, .inf, .nan), not 'Inf'",
        "write `alertname: ...`",
        "exp_alerts must be a list",
        "a test has no 'nonsense': write one of name, interval",
    ):
        assert advice in told


def test_native_histograms_are_refused_by_name():
    (told,) = mistakes(case("input_series: [{series: x, values: '{{count:1}}'}]"))
    assert "native histograms ({{...}}) are not supported" in told
    (told,) = mistakes(case("promql_expr_test: [{expr: x, exp_samples: [{histogram: '{{count:1}}'}]}]"))
    assert "native histograms are not supported" in told


@pytest.mark.parametrize(
    ("text", "key"), [("fuzzy_compare: true", "fuzzy_compare"), ("tests: [{start_timestamp: 5}]", "start_timestamp")]
)
def test_keys_of_prometheus_3_are_unknown_to_prometheus_2(text, key):
    read(text)
    (told,) = mistakes(text, Compat.PROMETHEUS_2)
    assert f"has no {key!r}: write one of" in told


@pytest.mark.parametrize(("every", "until"), [("1ms", "16m40s"), ("1m", "2y"), ("10s", "1y")])
def test_a_test_that_would_hardly_end_is_refused(every, until):
    text = asks("x 1", "x", until, "x 1", head=f"evaluation_interval: {every}\n")
    (told,) = mistakes(text)
    assert "at most 1000000 are: write an earlier eval_time or a longer evaluation_interval" in told
    read(text.replace(f"eval_time: {until}", "eval_time: 16m39s999ms"))


def test_series_that_a_blank_line_hides_are_warned_of():
    suite = read(case("input_series:\n- {series: x, values: \"1\\n\"}\n- {series: y, values: '1'}"))
    assert [dict(each.labels)["__name__"] for each in suite.cases[0].inputs] == ["x"]
    assert suite.warnings == (
        "t.yml:4: a blank line or a comment ends the series of this test: those after it are left out",
    )


@given(st.sampled_from(sorted(SUITES)), st.randoms(use_true_random=False), st.sampled_from(list(Compat)))
def test_a_file_with_random_changes_is_read_or_refused_with_its_mistakes(name, chance, compat):
    try:
        read(changed(SUITES[name], chance), compat)
    except RuleFileError as error:
        assert error.mistakes  # noqa: PT017 - either outcome is well
