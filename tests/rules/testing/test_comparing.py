from math import inf, nan, nextafter

import pytest

from rules.testing.comparing import Failure, same_alerts, same_samples, write_alerts, write_labels, write_samples
from rules.testing.suite import ExpectedAlert, ExpectedSample

ONE = ExpectedSample((("__name__", "x"), ("i", "1")), 1.0)
TWO = ExpectedSample((("__name__", "x"), ("i", "2")), 2.0)
ALERT = ExpectedAlert((("alertname", "A"), ("i", "1")), (("summary", 'it is "down"'),))


def test_order_does_not_matter_but_number_does():
    assert same_samples([ONE, TWO], [TWO, ONE], fuzzy=False)
    assert not same_samples([ONE, ONE], [ONE], fuzzy=False)
    assert same_alerts([ALERT, ALERT], [ALERT, ALERT])
    assert not same_alerts([ALERT], [ALERT, ALERT])


@pytest.mark.parametrize(("other", "fuzzy", "same"), [(nextafter(1.0, inf), True, True), (1.0, False, True),
    (nextafter(1.0, inf), False, False), (1.0000001, True, False), (nan, True, False)])  # fmt: skip
def test_fuzzy_numbers_may_differ_in_their_last_bit(other, fuzzy, same):
    assert same_samples([ONE], [ONE._replace(value=other)], fuzzy=fuzzy) is same


def test_not_a_number_is_never_as_expected_as_in_promtool():
    sample = ONE._replace(value=nan)
    assert not same_samples([sample], [sample], fuzzy=True)


def test_zero_has_no_sign():
    assert same_samples([ONE._replace(value=0.0)], [ONE._replace(value=-0.0)], fuzzy=False)


def test_alerts_are_written_with_a_line_for_each_annotation():
    assert write_alerts([ALERT]) == ('{alertname="A", i="1"}', r'    summary: "it is \"down\""')


def test_samples_are_written_sorted_as_a_series_is_written():
    assert write_samples([TWO, ONE]) == ('x{i="1"} 1', 'x{i="2"} 2')
    assert write_labels(()) == "{}"
    assert write_labels((("__name__", "x"),)) == "x"


def test_a_difference_shows_what_is_missing_and_what_is_too_much():
    failure = Failure("", 1, "x", expected=("a", "b"), got=("b", "c"))
    assert failure.diff() == ("- a", "  b", "+ c")
