from hypothesis import given
from hypothesis import strategies as st

from exporter.budget import OverBudgetError, within
from exporter.collector import Collected
from medic.core.samples import gauge, labels


def family(name, size):
    return gauge(name, "X.", *((labels(n=str(number)), 1) for number in range(size)))


def runs(**sizes):
    """Make runs from collector=[size of each family]."""
    return {
        name: Collected(tuple(family(f"{name}_{index}", size) for index, size in enumerate(given_sizes)))
        for name, given_sizes in sizes.items()
    }


def shown(kept):
    return {name: [each.name for each in run.families] for name, run in kept.items()}


def total(kept):
    return sum(len(each.samples) for run in kept.values() for each in run.families)


def test_what_fits_is_left_alone():
    given_runs = runs(a=[3, 4], b=[3])
    assert within(given_runs, 10) == given_runs


def test_the_largest_family_of_the_largest_collector_goes_first():
    kept = within(runs(a=[1, 5, 2], b=[4]), 8)
    assert shown(kept) == {"a": ["a_0", "a_2"], "b": ["b_0"]}
    assert (kept["a"].dropped, kept["b"].dropped) == (5, 0)


def test_who_lost_something_has_failed_and_says_what_to_write():
    kept = within(runs(a=[5], b=[4]), 5)
    assert not kept["a"].succeeded
    assert isinstance(kept["a"].error, OverBudgetError)
    assert "raise collectors.max_series" in kept["a"].reason
    assert kept["b"].succeeded


def test_when_one_collector_is_not_enough_the_next_largest_goes():
    assert shown(within(runs(a=[9], b=[5, 1], c=[2]), 3)) == {"a": [], "b": ["b_1"], "c": ["c_0"]}


def test_medics_own_stay_whatever_they_take():
    kept = within(runs(own=[9], a=[2]), 5, {"own"})
    assert shown(kept) == {"own": ["own_0"], "a": []}
    assert kept["own"].succeeded


def test_an_earlier_error_of_a_run_stays_its_reason():
    error = ValueError("first")
    kept = within({"a": Collected((family("x", 5),), error=error, dropped=7)}, 1)
    assert kept["a"].error is error
    assert kept["a"].dropped == 12


sizes = st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(0, 5), max_size=3))


@given(sizes, st.integers(0, 30), st.sets(st.sampled_from("abcd")))
def test_nothing_is_lost_uncounted_and_the_rest_fits(given_sizes, most, vital):
    before = runs(**given_sizes)
    kept = within(before, most, vital)
    assert total(kept) + sum(run.dropped for run in kept.values()) == total(before)
    assert total(kept) <= max(most, total({name: run for name, run in before.items() if name in vital}))
    assert shown(kept) == shown(within(dict(reversed(before.items())), most, vital))
    assert all(run.succeeded == (run.dropped == 0) for run in kept.values())
