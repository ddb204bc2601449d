import pytest

from exporter.registry import EXPENSIVE, SYSTEM, system_collectors, third_party_collectors
from exporter.runner import Runner
from medic.core.clock import SystemClock
from tests.exporter.tree import ROOTS, by_name, value
from tests.fakes import HandClock

MODULE = """
from exporter.runner import Collector
from medic.core.samples import gauge

def answer():
    return Collector("answer", "extra", lambda: [gauge("answer", "The answer.", ((), 42))])

def clash():
    return Collector("cpu", "extra", list)

def raises():
    raise RuntimeError("not today")

def ends():
    raise SystemExit("not with me")

def never():
    return Collector("never", "extra", list, cheap=False, every=0)

def nothing():
    return None
"""


def test_the_systems_collectors_have_node_exporters_names():
    collectors = {each.name: each for each in system_collectors(HandClock(), ROOTS)}
    assert collectors.keys() == SYSTEM.keys()
    assert {each.group for each in collectors.values()} == {"system"}
    assert {name for name, each in collectors.items() if not each.cheap} == EXPENSIVE
    assert not any(each.expose for each in system_collectors(HandClock(), ROOTS, expose=False))


async def test_all_of_them_read_the_recorded_tree():
    clock = SystemClock()
    runner = Runner(system_collectors(clock, ROOTS), clock)
    await runner.refresh("processes")
    snapshot = await runner.tick()
    assert snapshot.failed == frozenset()
    assert value(snapshot.families, "node_processes_pids") == 3
    assert runner.collectors_of("node_hwmon_temp_celsius") == {"hwmon"}


async def test_a_host_without_the_kernels_files_fails_visibly_and_whole(tmp_path):
    roots = type(ROOTS)(tmp_path, tmp_path, tmp_path)
    snapshot = await Runner(system_collectors(HandClock(), roots), HandClock()).tick()
    needed = {"cpu", "diskstats", "filefd", "filesystem", "loadavg", "meminfo", "netdev", "netstat", "stat", "vmstat"}
    assert snapshot.failed == needed
    assert "node_time_seconds" in by_name(snapshot.families)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package that declares the entry points it is given, and let it be found as any other."""

    def install(**entries):
        folder = tmp_path / "extra-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
        lines = [f"{name} = {where}" for name, where in entries.items()]
        (folder / "entry_points.txt").write_text("[medic.collectors]\n" + "\n".join(lines) + "\n")
        (tmp_path / "extra_collectors.py").write_text(MODULE)
        monkeypatch.syspath_prepend(tmp_path)

    return install


async def test_a_collector_of_another_package_is_found_and_runs(package):
    package(answer="extra_collectors:answer")
    (collector,) = third_party_collectors(SYSTEM)
    assert (collector.name, collector.group) == ("answer", "extra")
    snapshot = await Runner([collector], HandClock()).tick()
    assert value(snapshot.families, "answer") == 42


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("extra_collectors:raises", "RuntimeError: not today"),
        ("extra_collectors:ends", "SystemExit: not with me"),
        ("extra_collectors:never", "every=0: give seconds"),
        ("extra_collectors:nothing", "must return an exporter.collector.Collector, not NoneType"),
        ("extra_collectors:missing", "cannot be loaded"),
        ("no_such_module:answer", "cannot be loaded"),
        ("extra_collectors:clash", "is named 'cpu' like another collector"),
    ],
)
async def test_a_broken_one_is_a_collector_that_fails_and_says_why(package, caplog, where, said):
    package(broken=where, answer="extra_collectors:answer")
    collectors = third_party_collectors(SYSTEM)
    assert {each.name for each in collectors} == {"answer", "plugin:broken"}
    snapshot = await Runner(collectors, HandClock()).tick()
    assert snapshot.failed == {"plugin:broken"}
    assert value(snapshot.families, "answer") == 42
    assert any(said in str(getattr(each, "reason", "")) for each in caplog.records)


async def test_two_packages_with_one_name_do_not_keep_medic_from_starting(package):
    package(one="extra_collectors:answer", two="extra_collectors:answer")
    collectors = third_party_collectors(SYSTEM)
    assert [each.name for each in collectors] == ["answer", "plugin:two"]
    assert (await Runner(collectors, HandClock()).tick()).failed == {"plugin:two"}
