from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.cgroup import Cgroup, own_path, read
from medic.core.samples import labels
from tests.exporter.tree import OWN, by_name, value, values

FILES = {
    "cgroup.type": "domain",
    "cpu.max": "150000 100000",
    "cpu.stat": "usage_usec 2500000\nuser_usec 1\nnr_periods 40\nnr_throttled 4\nthrottled_usec 500000\n",
    "cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\nfull avg10=0 avg60=0 avg300=0 total=1000000",
    "memory.current": "1048576",
    "memory.max": "2097152",
    "memory.swap.current": "0",
    "memory.swap.max": "max",
    "memory.events": "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n",
    "pids.current": "12",
    "pids.max": "100",
}


def group(folder, **other):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (FILES | other).items():
        (folder / name).write_text(f"{text}\n")
    return folder


def collector(tmp_path, membership):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(membership)
    return Cgroup(tmp_path)


def test_limits_and_use_of_a_group_are_told(tmp_path):
    group(tmp_path / "sys/fs/cgroup/system.slice/medic.service")
    told = collector(tmp_path, "0::/system.slice/medic.service\n").collect()
    assert value(told, "medic_cgroup_cpu_limit_cores") == 1.5
    assert value(told, "medic_cgroup_cpu_usage_seconds_total") == 2.5
    assert value(told, "medic_cgroup_cpu_throttled_seconds_total") == 0.5
    assert value(told, "medic_cgroup_cpu_throttled_periods_total") == 4
    assert value(told, "medic_cgroup_memory_bytes") == 1048576
    assert value(told, "medic_cgroup_memory_limit_bytes") == 2097152
    assert value(told, "medic_cgroup_oom_kills_total") == 1
    assert value(told, "medic_cgroup_pids_limit") == 100
    assert values(told, "medic_cgroup_pressure_stalled_seconds_total") == {labels(resource="cpu"): 1.0}


def test_where_there_is_no_limit_there_is_no_value(tmp_path):
    unlimited = {"cpu.max": "max 100000", "memory.max": "max", "pids.max": "max"}
    folder = group(tmp_path, **unlimited, **{"cpu.stat": "usage_usec 1\nnr_periods 0\nnr_throttled 0\n"})
    names = set(by_name(list(read(str(folder)))))
    assert not {name for name in names if "limit" in name or "throttled" in name or "periods" in name}
    assert {"medic_cgroup_cpu_usage_seconds_total", "medic_cgroup_memory_bytes", "medic_cgroup_pids"} <= names


def test_a_controller_that_is_off_has_no_families(tmp_path):
    (tmp_path / "cgroup.type").write_text("domain\n")
    assert list(read(str(tmp_path))) == []


def test_the_root_is_the_host_and_has_nothing_to_say(tmp_path):
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu.stat").write_text("usage_usec 1\n")
    assert collector(tmp_path, "0::/\n").collect() == []


def test_a_container_finds_its_group_as_the_root_of_what_it_sees(tmp_path):
    group(tmp_path / "sys/fs/cgroup")
    assert value(collector(tmp_path, "0::/\n").collect(), "medic_cgroup_pids") == 12


def test_a_container_that_is_told_its_hosts_path_finds_it_too(tmp_path):
    group(tmp_path / "sys/fs/cgroup")
    assert value(collector(tmp_path, "0::/docker/ab12\n").collect(), "medic_cgroup_pids") == 12


def test_a_process_that_was_moved_is_found_in_its_new_group(tmp_path):
    for name, pids in (("a", 1), ("b", 2)):
        group(tmp_path / "sys/fs/cgroup" / name, **{"pids.current": pids})
    cgroup = collector(tmp_path, "0::/a\n")
    assert value(cgroup.collect(), "medic_cgroup_pids") == 1
    (tmp_path / "proc/self/cgroup").write_text("0::/b\n")
    assert value(cgroup.collect(), "medic_cgroup_pids") == 2


@pytest.mark.parametrize("text", ["", "12:pids:/x\n", "4:memory:/a\n3:cpu:/\n"])
def test_a_host_with_version_1_alone_has_no_group(text, tmp_path):
    assert own_path(text) is None
    assert collector(tmp_path, text).collect() == []


def test_beside_version_1_the_group_is_in_its_own_mount(tmp_path):
    group(tmp_path / "sys/fs/cgroup/unified/x", **{"pids.current": 3})
    assert value(collector(tmp_path, "4:memory:/y\n0::/x\n").collect(), "medic_cgroup_pids") == 3


def test_the_recorded_group_is_told_whole():
    told = by_name(Cgroup(OWN).collect())
    assert len(told) == 14
    assert all(name.startswith("medic_cgroup_") for name in told)


def test_this_process_has_a_group_or_none_but_no_error():
    assert {family.name.partition("_")[0] for family in Cgroup(Path("/")).collect()} <= {"medic"}


@given(st.text())
def test_any_membership_is_read(text):
    path = own_path(text)
    assert path is None or not path.endswith("/")
