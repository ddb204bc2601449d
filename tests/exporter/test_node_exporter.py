"""The system's families held against those of the real node_exporter."""

import os
import re
import selectors
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.collectors.diskstats import IGNORED
from exporter.collectors.filesystem import IGNORED_POINTS
from exporter.exposition import render
from exporter.registry import SYSTEM, Roots, system_collectors
from exporter.runner import Runner
from medic.core.clock import SystemClock
from tests import parts
from tests.exporter.tree import PROC, ROOTS, SYS

pytestmark = pytest.mark.needs("node_exporter")

# node_exporter names it after its cost, and Debian builds it with other defaults than the project's own.
FLAGS = (
    "--collector.disable-defaults",
    *(f"--collector.{name}" for name in SYSTEM),
    "--no-collector.netdev.netlink",
    "--collector.netdev.device-exclude=",
    f"--collector.diskstats.device-exclude={IGNORED.pattern}",
    f"--collector.filesystem.mount-points-exclude={IGNORED_POINTS.pattern}",
)
MOVING = re.compile(
    r"node_(boot|load|memory|procs_|filefd|processes|time_seconds|filesystem_(avail|free|files_free)|disk_io_now)"
)
"""Gauges that differ from one instant to the next."""
JITTER = 0.05
"""Seconds by which the kernel's idle time may go back."""


@dataclass(frozen=True)
class Told:
    """A page: types by family, values by sample."""

    kinds: dict
    values: dict


def told(page):
    families = list(text_string_to_metric_families(page))
    kinds = {family.name: family.type for family in families}
    rows = {
        (each.name, tuple(sorted((key, value) for key, value in each.labels.items() if value))): each.value
        for family in families
        for each in family.samples
    }
    return Told(kinds, {row: value for row, value in rows.items() if row[0].startswith("node_")})


@contextmanager
def node_exporter(proc, sys):
    """Start the real one; it takes port 0, and says in its log which one that is."""
    process = subprocess.Popen(
        [parts.find("node_exporter"), "--web.listen-address=127.0.0.1:0", f"--path.procfs={proc}",
         f"--path.sysfs={sys}", *FLAGS],
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port_of(process)}/metrics"
    finally:
        process.kill()
        process.communicate()


def port_of(process):
    """Find the port that a process listens on, once it says that it does."""
    seen, deadline = b"", time.monotonic() + 20
    with selectors.DefaultSelector() as selector:
        selector.register(process.stderr, selectors.EVENT_READ)
        while b"TLS is disabled" not in seen and time.monotonic() < deadline:
            if selector.select(1):
                seen += os.read(process.stderr.fileno(), 1 << 16)
    inodes = {str(each.readlink()) for each in Path(f"/proc/{process.pid}/fd").iterdir()}
    for line in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if f"socket:[{fields[9]}]" in inodes and fields[3] == "0A":
            return int(fields[1].rpartition(":")[2], 16)
    raise AssertionError(f"it does not listen: {seen.decode()}")


def fetch(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return told(answer.read().decode())


async def ours(roots):
    clock = SystemClock()
    runner = Runner(system_collectors(clock, roots), clock)
    await runner.refresh("processes")
    return told(render(await runner.scrape(timeout=20)).body.decode())


def shown(theirs, mine):
    """Leave out of theirs the families that we do not have."""
    return {row: value for row, value in theirs.values.items() if row[0] in {name for name, _ in mine.values}}


async def test_on_the_recorded_tree_every_value_is_the_same():
    with node_exporter(PROC, SYS) as url:
        theirs = fetch(url)
    mine = await ours(ROOTS)
    same = {
        row for row in mine.values if not moves(row[0]) or row[0].startswith(("node_memory", "node_load", "node_pr"))
    }
    same = {row for row in same if not row[0].startswith(("node_os", "node_filesystem_"))}
    assert {row: mine.values[row] for row in same} == pytest.approx({row: theirs.values[row] for row in same})
    assert_alike(theirs, mine, skipped="node_os")


async def test_on_this_host_names_types_and_labels_are_the_same_and_values_agree():
    with node_exporter("/proc", "/sys") as url:
        before = fetch(url)
        mine = await ours(Roots())
        after = fetch(url)
    assert_alike(before, mine)
    for row, value in mine.values.items():
        if mine.kinds.get(row[0].removesuffix("_total")) == "counter" or row[0].startswith("node_vmstat"):
            assert before.values[row] - JITTER <= value <= after.values[row] + JITTER, row
        elif moves(row[0]):
            there = after.values.get(row, 0.0)  # a state in which no process is just now has no row
            assert value == pytest.approx(there, rel=0.5, abs=1e8), row
        else:
            assert value == after.values[row], row


def moves(name):
    return MOVING.match(name)


def assert_alike(theirs, mine, skipped="none"):
    """Hold names, types and labels against each other; states of processes come and go."""
    known = {row for row in shown(theirs, mine) if not row[0].startswith((skipped, "node_processes_state"))}
    assert len(known) > 100
    assert {row for row in mine.values if not row[0].startswith((skipped, "node_processes_state"))} == known
    for name in {row[0].removesuffix("_total") for row in known}:
        assert mine.kinds.get(name, "absent") == theirs.kinds.get(name, "absent"), name
