from hypothesis import given
from hypothesis import strategies as st

from exporter.trees import Meter, branches, risen, trees
from tests.exporter.stats import process

LINKS = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20)), max_size=30).map(dict)


def ticks(pid, parent, used):
    return process(pid, parent, used=(used, 0, 0, 0))


def pids(found):
    return {root[0]: {each.pid for each in tree} for root, tree in found.items()}


def test_a_tree_is_its_root_with_all_descendants_and_nobody_else():
    everyone = [process(1, 0), process(10, 1), process(11, 10), process(12, 11), process(20, 1)]
    assert pids(trees(everyone, {(10, 5000)})) == {10: {10, 11, 12}}
    assert trees(everyone, {(10, 4999), (99, 5000)}) == {}


def test_a_root_that_has_ended_is_none_and_a_descendant_that_has_is_told_of_until_it_is_reaped():
    everyone = [process(10, 1), process(11, 10, state="Z"), process(20, 1, state="Z")]
    for gather in (trees, branches):
        assert pids(gather(everyone, {(10, 5000), (20, 5000)})) == {10: {10, 11}}


def test_of_two_roots_one_below_the_other_the_upper_has_all():
    everyone = [process(10, 1), process(11, 10), process(12, 11)]
    assert pids(trees(everyone, {(10, 5000), (11, 5000)})) == {10: {10, 11, 12}}


def test_of_two_branches_each_has_its_own():
    everyone = [process(10, 1), process(11, 10), process(12, 11), process(13, 10)]
    assert pids(branches(everyone, {(10, 5000), (11, 5000)})) == {10: {10, 13}, 11: {11, 12}}


@given(LINKS, st.sets(st.integers(1, 20)))
def test_any_sweep_even_one_that_shows_a_circle_gives_trees_of_distinct_processes(links, tops):
    everyone = [process(pid, parent) for pid, parent in links.items()]
    for tree in trees(everyone, {(pid, 5000) for pid in tops}).values():
        assert len({each.pid for each in tree}) == len(tree)


@given(LINKS, st.sets(st.integers(1, 20)))
def test_no_process_is_in_two_branches_unless_a_sweep_shows_a_circle(links, tops):
    everyone = [process(pid, parent) for pid, parent in links.items() if parent < pid]
    found = [pid for tree in pids(branches(everyone, {(pid, 5000) for pid in tops})).values() for pid in tree]
    assert len(found) == len(set(found))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_the_rise_is_never_negative_and_never_more_than_the_total(totals):
    before = None
    for total in totals:
        assert 0 <= risen(before, total, own=True) <= total
        before = (*(before or ())[-1:], total)


def test_a_meter_counts_from_what_was_used_before():
    meter, root = Meter(), (10, 5000)
    assert meter.count({root: [ticks(10, 1, 300)]}) == {root: 300}
    assert meter.count({root: [ticks(10, 1, 310), ticks(11, 10, 50)]}) == {root: 360}


def test_a_meter_holds_still_when_what_a_child_used_is_lost():
    meter, root = Meter(), (10, 5000)
    meter.count({root: [ticks(10, 1, 100), ticks(11, 10, 500)]})
    assert [meter.count({root: [ticks(10, 1, 100 + more)]})[root] for more in (0, 0, 30)] == [600, 600, 630]


def test_a_meter_forgets_who_is_gone():
    meter = Meter()
    meter.count({(10, 5000): [ticks(10, 1, 100)]})
    assert meter.count({(10, 6000): [ticks(10, 1, 7)]}) == {(10, 6000): 7}


@given(st.lists(st.lists(st.integers(0, 100), max_size=4), min_size=1, max_size=20))
def test_a_meter_never_falls_whatever_comes_and_goes(sweeps):
    meter, last = Meter(), 0
    for used in sweeps:
        tree = [ticks(10 + number, 10, each) for number, each in enumerate(used)]
        last, before = meter.count({(10, 5000): tree})[10, 5000], last
        assert last >= before
