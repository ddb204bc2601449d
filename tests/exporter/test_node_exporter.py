"""The system's families held against those of the real node_exporter."""

import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.exposition import render
from exporter.registry import SYSTEM, Roots, system_collectors
from medic.core.clock import SystemClock
from tests import parts
from tests.exporter.differences import FLAGS, OURS, THEIRS, UNLIKE
from tests.exporter.listening import port_of
from tests.exporter.tree import ROOTS

pytestmark = pytest.mark.needs("node_exporter")

COLLECTORS = SYSTEM.keys() - {"cgroup"}
ROUNDS = 50
"""How often both are read until each value has agreed once: under load, few gauges stand still for long."""
SLACK = 0.05
"""By how much a gauge may differ, as a ratio, and in seconds, by which the kernel's idle time may go back."""
CONNECTED = 2
"""The ends of the connection by which theirs is asked, which is among what it counts."""


@dataclass(frozen=True)
class Told:
    """A page: type and help by family, values by sample."""

    families: dict
    values: dict


def told(page):
    families = [each for each in text_string_to_metric_families(page) if each.name.startswith("node_")]
    families = [each for each in families if not UNLIKE.match(each.name)]
    rows = {
        (each.name, tuple(sorted((key, value) for key, value in each.labels.items() if value))): each.value
        for family in families
        for each in family.samples
    }
    return Told({each.name: (each.type, each.documentation) for each in families}, rows)


@contextmanager
def node_exporter(roots, collectors):
    """Start the real one; it takes port 0, and says in its log which one that is."""
    process = subprocess.Popen(
        [parts.find("node_exporter"), "--web.listen-address=127.0.0.1:0", f"--path.procfs={roots.proc}",
         f"--path.sysfs={roots.sys}", f"--path.rootfs={roots.root}", f"--path.udev.data={roots.root}/run/udev/data",
         "--collector.disable-defaults", *(f"--collector.{name}" for name in collectors), *FLAGS],
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port_of(process)}/metrics"
    finally:
        process.kill()
        process.communicate()


def fetch(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return told(answer.read().decode())


def ours(roots, collectors):
    built = [each for each in system_collectors(SystemClock(), roots) if each.name in collectors]
    return told(render([family for each in built for family in each.collect()]).body.decode())


def compare(roots, collectors):
    """Read ours between two of theirs until each row has agreed; return what never did, and the last of both."""
    open_rows = None
    with node_exporter(roots, collectors) as url:
        for _ in range(ROUNDS):
            before, mine, after = fetch(url), ours(roots, collectors), fetch(url)
            rows = before.values.keys() | mine.values.keys()
            wrong = {row for row in rows if row[0] not in {*OURS, *THEIRS} and not agrees(row, before, mine, after)}
            open_rows = wrong if open_rows is None else open_rows & wrong
            if not open_rows:
                break
    return (
        {row: (before.values.get(row), mine.values.get(row), after.values.get(row)) for row in open_rows},
        after,
        mine,
    )


def agrees(row, before, mine, after):
    """Tell whether ours is like theirs: a gauge within some of one, a counter between both; or all three absent."""
    around = [each.values[row] for each in (before, after) if row in each.values]
    if row not in mine.values:
        return len(around) < 2
    kind, _ = mine.families[row[0].removesuffix("_total") if row[0] not in mine.families else row[0]]
    slack = SLACK if kind == "counter" else SLACK * max(map(abs, around), default=0.0)
    slack += CONNECTED if row[0].startswith(("node_netstat_Tcp_CurrEstab", "node_sockstat_")) else 0
    return bool(around) and min(around) - slack <= mine.values[row] <= max(around) + slack


def assert_alike(theirs, mine):
    """Hold names, types and help texts against each other."""
    assert len(mine.families) > 150
    assert {name: mine.families.get(name) for name in theirs.families} == theirs.families
    known = theirs.families.keys() | {name.removesuffix("_total") for name in OURS}
    assert mine.families.keys() - known == set()


def test_on_the_recorded_tree_all_families_are_the_same():
    # Theirs looks for os-release on the host alone.
    wrong, theirs, mine = compare(ROOTS, COLLECTORS - {"os"})
    assert wrong == {}
    assert_alike(theirs, mine)


def test_on_this_host_all_families_are_the_same():
    wrong, theirs, mine = compare(Roots(), COLLECTORS)
    assert wrong == {}
    assert_alike(theirs, mine)
