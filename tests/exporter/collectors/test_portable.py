"""What psutil serves held against what the collectors of Linux read: the same names, types and labels, and values."""

import time

import pytest

from exporter.collectors import portable
from exporter.elsewhere import SYSTEM as ELSEWHERE
from exporter.registry import system_collectors
from exporter.roots import HOST
from medic.core.clock import SystemClock
from tests.exporter.tree import by_name

ROUNDS = 50
SLACK = 0.05


def linux(name):
    """Build the collector of Linux anew, so that it remembers nothing."""
    (built,) = [each for each in system_collectors(SystemClock()) if each.name == name]
    return built.collect


def rows(families):
    return {sample[:2]: sample.value for family in families for sample in family.samples}


@pytest.mark.parametrize("name", sorted(portable.COLLECTORS))
def test_families_have_the_names_types_helps_and_labels_of_linux(name):
    there = by_name(list(linux(name)()))
    for family in portable.COLLECTORS[name]():
        assert (family.kind, family.help) == (there[family.name].kind, there[family.name].help)
        keys = {tuple(key for key, _ in sample.labels) for sample in family.samples}
        # A host without a domain has no such label.
        assert keys <= {
            tuple(key for key, _ in sample.labels if key != "domainname") for sample in there[family.name].samples
        }


@pytest.mark.parametrize("name", sorted(portable.COLLECTORS.keys() - {"uname"}))
def test_values_are_those_of_linux(name):
    """Both move: each has to agree once, read between two of the other."""
    unlike = None
    for _ in range(ROUNDS):
        before, mine, after = rows(linux(name)()), rows(portable.COLLECTORS[name]()), rows(linux(name)())
        wrong = {
            row for row in mine if row in before and row in after and not agree(before[row], mine[row], after[row])
        }
        unlike = wrong if unlike is None else unlike & wrong
        if not unlike:
            break
    assert unlike == set()
    assert mine.keys() & before.keys()


def agree(before, mine, after):
    slack = SLACK * max(abs(before), abs(after), 1)
    return min(before, after) - slack <= mine <= max(before, after) + slack


async def test_they_are_built_as_those_of_linux_are():
    clock = SystemClock()
    for name, build in ELSEWHERE.items():
        assert list(build(HOST, clock)()), name


def test_the_time_is_the_clocks():
    (told, *_) = ELSEWHERE["time"](HOST, SystemClock())()
    assert told.samples[0].value == pytest.approx(time.time(), abs=60)
