"""Process groups held against those of the real process-exporter, on one configuration."""

import json
import time

import pytest

from exporter.collectors.groups.families import families
from exporter.collectors.groups.pidfiles import booted_at
from exporter.collectors.groups.tracking import Groups
from exporter.exposition import render
from exporter.table import Table, sweep
from medic.app.settings.loader import read
from medic.app.translate import process_groups
from tests.exporter.collectors.groups.differences import DIFFERENCES
from tests.exporter.collectors.groups.rival import process_exporter, told, work, working

pytestmark = pytest.mark.needs("process_exporter")

COUNTED = {
    "cpu_seconds": 0.02,
    "context_switches": 20,
    "page_faults": 50,
    "read_bytes": 0,
    "write_bytes": 0,
    "io_bytes": 0,
}
"""Counters, and by how much one may have risen meanwhile though its process rests: it does so only almost at once."""


class Ours:
    """Medic's groups, each look at a sweep of its own."""

    def __init__(self, tmp_path, groups, **more):
        config = json.dumps({"collectors": {"processes": {"groups": groups, **more}}})
        read_ = read(config, file="medic.yml", folder=tmp_path, variables={})
        self.table = Table(time.monotonic)
        self.groups = Groups(process_groups(read_.configuration.collectors.processes), self.table, time.monotonic)

    def __call__(self):
        self.table._looked = None
        return told(render(families(self.groups.update(), booted_at(self.table.proc))).body.decode())


def differs(name):
    return name.removesuffix("_total") in {each.removesuffix("_total") for each in DIFFERENCES}


def test_names_types_labels_help_texts_and_values_are_the_same(tmp_path):
    mark = f"mark-{tmp_path.name}-{time.monotonic_ns()}"
    groups = [
        {"name": "single", "cmdline": [f"{mark}-single"]},
        {"name": "threaded:{{.Matches.which}}", "exe": ["python", "python3"], "cmdline": [f"{mark}-(?P<which>many)"]},
    ]
    with (
        working(tmp_path, f"{mark}-single") as single,
        working(tmp_path, f"{mark}-many", threads=3) as many,
        process_exporter(tmp_path / "rival.yml", groups) as theirs,
    ):
        ours = Ours(tmp_path, groups, threads=True, smaps=True)
        before = ours(), theirs()
        work(single)
        work(many)
        mine, rival = ours(), theirs()
    assert mine.kinds == rival.kinds
    assert mine.helps == rival.helps
    assert mine.labels() == rival.labels()
    rows = {row for row in mine.values if not differs(row[0])}
    assert len(rows) > 40
    assert {row for row in rival.values if not differs(row[0])} == rows
    for row in rows:
        slack = next((slack for word, slack in COUNTED.items() if word in row[0]), None)
        if slack is None:
            assert mine.values[row] == pytest.approx(rival.values[row], rel=0.05), row
        else:
            rise, rivals = (now.values[row] - then.values[row] for now, then in zip((mine, rival), before, strict=True))
            assert rise == pytest.approx(rivals, abs=slack), row
    worked = sum(value for (name, _), value in mine.values.items() if name.endswith("group_cpu_seconds_total"))
    assert worked > 0.5


def test_counters_stay_when_a_process_has_ended_in_both(tmp_path):
    mark = f"mark-{tmp_path.name}-{time.monotonic_ns()}"
    groups = [{"name": "x", "cmdline": [mark]}]
    with process_exporter(tmp_path / "rival.yml", groups) as theirs:
        ours = Ours(tmp_path, groups)
        with working(tmp_path, mark) as child:
            before = ours(), theirs()
            work(child)
            during = ours(), theirs()
        after = ours(), theirs()
    row = ("namedprocess_namegroup_cpu_seconds_total", (("groupname", "x"), ("mode", "user")))
    for one, two, three in zip(before, during, after, strict=True):
        assert one.values[row] <= two.values[row] == three.values[row]
        assert three.values["namedprocess_namegroup_num_procs", (("groupname", "x"),)] == 0


def test_debians_default_configuration_gives_the_same_groups(tmp_path):
    groups = [{"name": "{{.Comm}}", "cmdline": [".+"]}]
    with process_exporter(tmp_path / "rival.yml", groups) as theirs:
        seen = {each.name for each in sweep(Table(time.monotonic).proc)}
        mine, rival = Ours(tmp_path, groups)(), theirs()
    lasting = {each.name for each in sweep(Table(time.monotonic).proc)} & seen
    name = "namedprocess_namegroup_num_procs"
    mine, rival = (
        {dict(pairs)["groupname"] for each, pairs in told_.values if each == name} for told_ in (mine, rival)
    )
    assert mine & lasting == rival & lasting
    assert mine & lasting


def test_each_difference_is_a_difference(tmp_path):
    """A difference that is none any more is to be struck from the list."""
    mark = f"mark-{tmp_path.name}-{time.monotonic_ns()}"
    groups = [{"name": "x", "cmdline": [mark]}]
    with working(tmp_path, mark, threads=2), process_exporter(tmp_path / "rival.yml", groups) as theirs:
        rival, mine = theirs(), Ours(tmp_path, groups, threads=True)()
    for name in ("namedprocess_namegroup_states", "namedprocess_namegroup_threads_wchan"):
        total = [sum(value for (each, _), value in told_.values.items() if each == name) for told_ in (mine, rival)]
        assert total == [3, 4], name
    with process_exporter(tmp_path / "rival.yml", [{"name": "y", "cmdline": [mark + "-y"]}]) as theirs:
        theirs()
        with working(tmp_path, f"{mark}-y"):
            theirs()
        name = "namedprocess_namegroup_oldest_start_time_seconds"
        assert theirs().values[name, (("groupname", "y"),)] < 0
