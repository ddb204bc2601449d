from datetime import timedelta

import pytest

from tests.app.settings.reading import good, wrong


def test_what_one_query_may_take_is_bounded_without_being_asked():
    rules = good("{}").configuration.rules
    assert (rules.max_samples, rules.timeout) == (5_000_000, timedelta(seconds=5))
    rules = good("rules: {max_samples: 1000, timeout: 500ms}").configuration.rules
    assert (rules.max_samples, rules.timeout) == (1000, timedelta(milliseconds=500))


@pytest.mark.parametrize("limit", ["max_samples: 0", "max_samples: many", "timeout: 0s", "timeout: never"])
def test_a_bound_that_allows_nothing_is_refused(limit):
    [told] = wrong(f"rules: {{{limit}}}")
    assert told.startswith(f"medic.yml:1: rules.{limit.partition(':')[0]}")
