"""The arithmetic of what the rules' windows take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.checking import Ground, remarks
from rules.files import parse
from rules.memory import SAMPLE, culprits, excess, show
from tests.rules.corpus import one

TICK = 15_000


def groups(*expressions):
    return parse(one(*(f"- {{alert: A{at}, expr: '{text}'}}" for at, text in enumerate(expressions))))


def over(*expressions, series, budget, history=480):
    return excess(groups(*expressions), series, tick_ms=TICK, history=history, budget=budget)


def test_what_fits_is_not_told():
    assert over("rate(x[30d]) > 0", series={"x": 100}, budget=200 << 20) is None


def test_the_arithmetic_is_written_out():
    found = over("rate(x[30d]) > 0", series={"x": 1000, "y": 10}, budget=256 << 20)
    [(_, rule, words)] = culprits(groups("rate(x[30d]) > 0"), found)
    assert rule.name == "A0"
    assert words == (
        "x: 30d / 15s = 172,800 samples x 1,000 series x 9 bytes = 1.448 GiB; all series together would take 1.448 GiB "
        "of the 256 MiB of `rules.memory`: look back less far, record the expression and look back over that, or raise "
        "`rules.memory`"
    )


def test_only_the_largest_windows_are_told_without_which_the_rest_fits():
    expressions = ("rate(x[1d]) > 0", "rate(y[30d]) > 0", "rate(z[20d]) > 0")
    series = {"x": 1000, "y": 1000, "z": 1000}
    found = over(*expressions, series=series, budget=1200 << 20)
    assert [need.name for need in found.needs] == ["y"]
    assert [need.name for need in over(*expressions, series=series, budget=500 << 20).needs] == ["y", "z"]


def test_each_metric_is_told_at_the_first_rule_that_looks_back_farthest():
    expressions = ("rate(x[1d]) > 0", "rate(x[30d]) > 0", "rate(x[30d]) > 1")
    found = over(*expressions, series={"x": 1000}, budget=1 << 20)
    assert [rule.name for _, rule, _ in culprits(groups(*expressions), found)] == ["A1"]


def test_a_selector_without_a_name_has_every_metric_kept():
    found = over('count_over_time({job="x"}[10d]) > 0', series={"x": 1000, "y": 2000}, budget=1 << 20)
    assert [need.name for need in found.needs] == ["y", "x"]
    assert found.total == 3000 * 57_600 * SAMPLE


def test_a_metric_without_series_counts_as_one():
    assert over("rate(x[300d]) > 0", series={}, budget=1 << 20).needs[0].series == 1
    assert over("rate(x[300d]) > 0", series={"x": 0}, budget=1 << 20).needs[0].series == 1


def test_what_is_kept_in_any_case_is_no_rules_fault():
    assert over("x > 0", series={"x": 10_000_000}, budget=1 << 20) is None


def test_offsets_and_subqueries_count():
    needs = over("rate(x[1d] offset 9d) > 0", series={"x": 100}, budget=1 << 20).needs
    assert needs[0].samples == 57_600
    needs = over("max_over_time(rate(x[1d])[9d:1h]) > 0", series={"x": 100}, budget=1 << 20).needs
    assert needs[0].samples == 57_600


def test_the_checker_warns_at_the_rule():
    ground = Ground(TICK, {"x": 1000}, memory=1 << 20)
    [remark] = remarks(groups("x > 0", "rate(x[30d]) > 0"), ground)
    assert (remark.doubt, remark.rule, remark.line) == ("memory", "A1", 5)
    assert "172,800 samples x 1,000 series x 9 bytes" in remark.text


def test_a_window_of_rules_that_are_not_looked_at_is_not_told():
    ground = Ground(TICK, {"x": 1000}, memory=1 << 20)
    assert remarks(groups("x > 0"), ground, groups("rate(x[30d]) > 0")) == ()


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (3 << 19, "1.5 MiB"), (1234 << 30, "1,234 GiB")],
)
def test_sizes_are_written_for_people(size, text):
    assert show(size) == text


@given(
    st.dictionaries(st.sampled_from("xyz"), st.integers(0, 10**6)),
    st.lists(st.tuples(st.sampled_from("xyz"), st.integers(1, 400)), min_size=1, max_size=4),
    st.integers(1 << 20, 1 << 40),
)
def test_without_the_windows_that_are_told_the_rest_fits_or_is_kept_in_any_case(series, windows, budget):
    rules = groups(*(f"rate({name}[{days}d]) > 0" for name, days in windows))
    found = excess(rules, series, tick_ms=TICK, history=480, budget=budget)
    if found is None:
        return
    rest = found.total - sum(need.size for need in found.needs)
    assert found.total > budget
    assert rest <= budget or all(need.samples > 480 for need in found.needs)
    assert len(list(culprits(rules, found))) == len(found.needs)
