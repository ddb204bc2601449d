import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.gpu.readings import Reading
from exporter.collectors.gpu.usage import RESERVED, USED, Owner, People, add, by_pool, by_worker, most, orphaned

ONE, TWO, OTHER = Owner("rpa", "rpa/1"), Owner("rpa", "rpa/2"), Owner("etl", "etl/1")
PEOPLE = People({1: ONE, 2: TWO, 3: OTHER}, {1, 2, 3, 4}, ["rpa", "etl", "idle"], [ONE, TWO, OTHER])

lists = st.lists(st.dictionaries(st.integers(1, 5), st.none() | st.integers(0, 9)), max_size=4)


def reading(processes, used=1000):
    return Reading("uuid", (), {USED: used, RESERVED: 10}, processes=processes)


def test_a_process_that_stands_in_several_lists_is_counted_once():
    assert most([{1: 100, 2: 5}, {1: 100}, {3: 7}]) == {1: 100, 2: 5, 3: 7}


def test_what_a_process_holds_on_several_devices_adds_up():
    assert add([{1: 100, 2: 5}, {1: 50}]) == {1: 150, 2: 5}


@pytest.mark.parametrize("merge", [most, add])
def test_what_one_list_does_not_know_the_sum_does_not_know(merge):
    assert merge([{1: 100, 2: 5}, {1: None}]) == {1: None, 2: 5}
    assert merge([{1: None}, {1: 100}]) == {1: None}


@given(lists)
def test_no_merge_loses_a_process_and_the_sum_is_never_less_than_the_most(given_lists):
    summed, highest = add(given_lists), most(given_lists)
    assert summed.keys() == highest.keys() == {pid for each in given_lists for pid in each}
    for pid, used in summed.items():
        assert (used is None) == (highest[pid] is None)
        assert used is None or used >= highest[pid]


def test_pools_have_what_their_workers_hold_and_nobody_has_the_rest():
    held = by_pool({1: 100, 2: 20, 3: 3, 4: 50}, PEOPLE)
    assert held == {"rpa": 120, "etl": 3, "idle": 0, "": 50}


def test_who_has_ended_holds_nothing():
    assert by_pool({9: 100}, PEOPLE) == {"rpa": 0, "etl": 0, "idle": 0}


def test_a_pool_of_which_one_process_is_not_known_is_left_out():
    assert by_pool({1: None, 2: 20, 3: 3}, PEOPLE) == {"etl": 3, "idle": 0}


def test_workers_have_what_they_hold_on_all_gpus():
    assert by_worker([{1: 100, 4: 9}, {1: 1, 3: None}], PEOPLE) == {ONE: 101, TWO: 0}


def test_orphaned_is_what_is_used_beyond_what_living_processes_hold():
    assert orphaned(reading({1: 100, 4: 50, 9: 300}), PEOPLE) == 850
    assert orphaned(reading({}), PEOPLE) == 1000


def test_orphaned_is_never_below_nothing():
    assert orphaned(reading({1: 100}, used=90), PEOPLE) == 0


@pytest.mark.parametrize("processes", [None, {1: None}])
def test_orphaned_is_not_known_when_what_is_held_is_not(processes):
    assert orphaned(reading(processes), PEOPLE) is None


def test_orphaned_is_not_known_where_not_all_processes_can_be_seen():
    assert orphaned(reading({}), People({}, (), complete=False)) is None


def test_orphaned_is_not_known_where_what_is_reserved_counts_as_used():
    assert orphaned(Reading("uuid", (), {USED: 1000}, processes={}), PEOPLE) is None
