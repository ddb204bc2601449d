import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.samples import Sample, labels
from rules.clashes import clash
from rules.series import Series
from tests.rules.host import Host, group

AT = 60_000
ONE, OTHER = Sample("r", labels(i="1"), 1.0), Sample("r", labels(i="2"), 2.0)


def view(*batches):
    series = Series()
    for source, (samples, at) in enumerate(batches):
        series.append_samples(samples, at, source=str(source))
    return series.view()


def errors(host):
    return {rule.rule.text: rule.error for group in host.engine.groups() for rule in group.rules if rule.error}


def test_what_is_stored_as_it_was_written_is_no_clash():
    assert clash(view(([ONE, OTHER], AT)), [ONE, OTHER], AT) == ""


def test_another_value_at_the_same_time_is_a_clash_that_names_the_series():
    told = clash(view(([OTHER], AT)), [OTHER._replace(value=3.0)], AT)
    assert told.startswith('duplicate sample for timestamp: r{i="2"} has another value at this time already: ')


def test_a_value_at_a_later_time_is_a_clash():
    assert clash(view(([ONE], AT + 1)), [ONE], AT)


@given(st.floats(), st.floats())
def test_only_equal_values_are_no_clash(stored, written):
    told = clash(view(([ONE._replace(value=stored)], AT)), [ONE._replace(value=written)], AT)
    both_nan = stored != stored and written != written  # noqa: PLR0124 - only a NaN differs from itself
    assert (told == "") is (stored == written or both_nan)


def test_of_two_rules_that_write_one_series_the_second_errs_while_they_differ():
    host = Host(group("{record: r, expr: x + 0}", "{record: r, expr: x * 2}"))
    host.tick(x=1)
    assert list(errors(host)) == ["x * 2"]
    assert list(host.value("r").values()) == [1.0]
    host.tick(x=0)
    assert errors(host) == {}


def test_a_clash_is_no_failed_evaluation_as_in_prometheus():
    host = Host(group("{record: r, expr: x + 0}", "{record: r, expr: x * 2}"))
    host.tick(x=1)
    (status,) = host.engine.groups()
    assert status.failures == 0


@pytest.mark.parametrize("rule", ["{alert: A, expr: x > 0}", "{record: r, expr: x}"])
def test_two_equal_rules_do_not_clash(rule):
    host = Host(group(rule, rule))
    for value in (1, 2, 0, 3):
        host.tick(x=value)
        assert errors(host) == {}
