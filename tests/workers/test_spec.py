"""What a pool should be."""

import sys
from datetime import timedelta

import pytest

from medic.core.errors import MedicError
from medic.core.targets import parse_target
from tests.workers.scene import spec
from workers.spec import by_name, check_target, find_pool, resolve, tiers


def test_medic_as_the_first_word_means_this_installation():
    assert resolve(["medic", "worker"]) == (sys.executable, "-P", "-m", "medic", "worker")


def test_any_other_command_stays_as_it_is():
    assert resolve(["python", "medic"]) == ("python", "medic")


def test_an_empty_command_is_refused():
    with pytest.raises(MedicError, match="the command is empty: write a list"):
        resolve([])


def test_pools_come_after_those_they_wait_for():
    specs = [spec("c", after=("b", "a")), spec("b", after=("a",)), spec("a"), spec("d")]
    assert tiers(specs) == (("a", "d"), ("b",), ("c",))


def test_what_is_no_pool_is_nothing_to_wait_for():
    assert tiers([spec("a", after=("gateway",))]) == (("a",),)


def test_a_circle_is_refused_by_name():
    with pytest.raises(MedicError, match=r"wait for each other \((a -> b -> a|b -> a -> b)\)"):
        by_name([spec("a", after=("b",)), spec("b", after=("a",))])


def test_two_pools_of_one_name_are_refused():
    with pytest.raises(MedicError, match="the pool 'a' is there twice"):
        by_name([spec("a"), spec("b"), spec("a")])


def test_a_pool_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(MedicError, match=r"no pool 'x': configured under `workers:` are a, b"):
        find_pool(by_name([spec("b"), spec("a")]), "x")
    with pytest.raises(MedicError, match="are none"):
        find_pool({}, "x")


@pytest.mark.parametrize(
    ("target", "text"),
    [("queue:a", "queue:a has no workers"), ("worker:a/3", "pool a has 2 slots"), ("pool:b", "no pool 'b'")],
)
def test_a_target_without_workers_is_refused(target, text):
    with pytest.raises(MedicError, match=text):
        check_target(by_name([spec("a", count=2)]), parse_target(target))


@pytest.mark.parametrize("target", ["pool:a", "worker:a/1", "worker:a/2"])
def test_a_pool_and_its_slots_are_targets(target):
    check_target(by_name([spec("a", count=2)]), parse_target(target))


def test_the_digest_tells_what_runs_and_nothing_else(tmp_path):
    plain = spec("a")
    assert plain.digest == spec("b", count=5, stop_timeout=timedelta(1), after=("x",)).digest
    others = [
        spec(command=("sleep", "1")),
        spec(command=("sleep 600",)),
        spec(env={"A": "b"}),
        spec(cwd=tmp_path),
        spec(heartbeat=timedelta(seconds=3)),
    ]
    assert len({plain.digest, *(other.digest for other in others)}) == 1 + len(others)
