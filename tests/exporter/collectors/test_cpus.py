import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.cpus import cpus_of, describe, facts, throttles
from medic.core.samples import labels
from tests.exporter.tree import PROC, SYS, by_name, values


def test_what_the_recorded_cpus_are_is_told():
    told = facts(PROC, SYS).families
    assert {dict(pairs)["cpu"] for pairs in values(told, "node_cpu_info")} == {"0", "1"}
    assert {dict(pairs)["cachesize"] for pairs in values(told, "node_cpu_info")} == {"8192 KB"}
    assert values(told, "node_cpu_online") == {labels(cpu="0"): 1, labels(cpu="1"): 1}
    assert values(told, "node_cpu_isolated") == {labels(cpu="1"): 1}


def test_a_cpu_that_is_switched_off_is_told(tmp_path):
    folder = tmp_path / "devices/system/cpu"
    folder.mkdir(parents=True)
    (folder / "present").write_text("0-2\n")
    (folder / "online").write_text("0,2\n")
    assert list(values(facts(tmp_path, tmp_path).families, "node_cpu_online").values()) == [1, 0, 1]


def test_throttles_are_counted_once_for_each_core_and_package():
    told = throttles(facts(PROC, SYS))
    assert values(told, "node_cpu_core_throttles_total") == {
        labels(package="0", core="0"): 5,
        labels(package="0", core="1"): 6,
    }
    assert values(told, "node_cpu_package_throttles_total") == {labels(package="0"): 30}


def test_two_threads_of_one_core_share_its_count(tmp_path):
    for cpu in ("cpu0", "cpu1"):
        for file, text in (
            ("topology/physical_package_id", "0"),
            ("topology/core_id", "4"),
            ("thermal_throttle/core_throttle_count", "7"),
        ):
            path = tmp_path / "devices/system/cpu" / cpu / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    told = throttles(facts(tmp_path, tmp_path))
    assert values(told, "node_cpu_core_throttles_total") == {labels(package="0", core="4"): 7}
    assert "node_cpu_package_throttles_total" not in by_name(told)


def test_a_virtual_machine_counts_no_throttles(tmp_path):
    assert throttles(facts(tmp_path, tmp_path)) == []


@pytest.mark.parametrize(("text", "cpus"), [("", []), ("0", [0]), ("0-3", [0, 1, 2, 3]), ("0,2-3,8", [0, 2, 3, 8])])
def test_a_list_of_cpus_is_read_as_the_kernel_writes_it(text, cpus):
    assert cpus_of(text) == cpus


@given(st.text())
def test_any_text_describes_some_cpus_or_none(text):
    assert all(each.keys() >= {"cpu", "model_name"} for each in describe(text))
