import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.collectors.groups import tracking
from exporter.collectors.groups.spec import OTHER, Group
from medic.core.processes import CLOCK_TICKS
from tests.exporter.collectors.groups.watched import WEB, Watched
from tests.exporter.tree import by_name, values

EVERY = Group("{{.Comm}}", cmdline=(re.compile(".+"),))


def test_a_configured_group_is_there_with_zeros_before_its_first_process(watched):
    told = by_name(watched(WEB).told())
    for name, family in told.items():
        waits = name.endswith(("threads_wchan", "start_time_seconds")) or "_thread_" in name
        if name.startswith("namedprocess_namegroup_") and not waits:
            assert family.samples, name
            assert all(sample.value == 0 for sample in family.samples), name
    assert told["namedprocess_namegroup_oldest_start_time_seconds"].samples == []


def test_a_group_sums_up_its_processes(watched):
    host = watched(WEB)
    host.run(10, name="nginx", start=500, pages=10, virtual=1000, threads=2, descriptors=3, limit=10, swap=1)
    host.run(11, name="nginx", start=900, pages=5, virtual=500, state="R", descriptors=1)
    host.run(12, name="bash", pages=999)
    told = host.told()
    assert host.of("num_procs", told) == {"web": 2}
    assert host.of("num_threads", told) == {"web": 3}
    assert host.of("open_filedesc", told) == {"web": 4}
    assert host.of("worst_fd_ratio", told) == {"web": 0.3}
    assert host.of("oldest_start_time_seconds", told) == {"web": 1000 + 500 // CLOCK_TICKS}
    assert host.of("memory_bytes", told, memtype="virtual") == {"web": 1500}
    assert host.of("memory_bytes", told, memtype="swapped") == {"web": 1024}
    assert host.of("states", told, state="Running") == {"web": 1}
    assert host.of("states", told, state="Sleeping") == {"web": 1}


def test_counters_count_from_when_medic_first_looked_and_wholly_for_who_came_later(watched):
    host = watched(WEB)
    host.run(10, name="nginx", used=(9000, 0, 0, 0), io=(1 << 30, 0))
    assert host.cpu() == {"web": 0}
    host.run(10, name="nginx", used=(9005, 0, 0, 0), io=((1 << 30) + 10, 0))
    host.run(11, name="nginx", used=(30, 0, 0, 0), io=(7, 0))
    told = host.told()
    assert host.of("cpu_seconds_total", told, mode="user") == {"web": 35 / CLOCK_TICKS}
    assert host.of("read_bytes_total", told) == {"web": 17}


def test_counters_stay_when_processes_end(watched):
    host = watched(WEB)
    host.told()
    host.run(10, name="nginx", used=(50, 0, 0, 0))
    assert host.cpu() == {"web": 50}
    host.end(10)
    assert host.cpu() == {"web": 50}
    host.run(10, name="nginx", start=9999, used=(5, 0, 0, 0))  # its number is another's now
    assert host.cpu() == {"web": 55}


def test_children_are_in_their_parents_group_unless_they_fit_one_of_their_own(watched):
    host = watched(WEB, Group("php", match=re.compile("php")))
    host.run(10, name="nginx")
    host.run(11, 10, name="sh", start=5001)
    host.run(12, 11, name="awk", start=5002)
    host.run(13, 10, name="php", start=5003)
    assert host.of("num_procs") == {"web": 3, "php": 1}


def test_a_child_that_lost_its_parent_stays_in_its_group(watched):
    host = watched(WEB)
    host.run(10, name="nginx")
    host.run(11, 10, name="sh", start=5001)
    host.told()
    host.end(10)
    host.run(11, 1, name="sh", start=5001)
    host.run(1, 0, name="init", start=1)
    assert host.of("num_procs") == {"web": 1}


def test_without_children_each_counts_for_itself(watched):
    host = watched(WEB, children=False)
    host.run(10, name="nginx")
    host.run(11, 10, name="sh", start=5001)
    assert host.of("num_procs") == {"web": 1}


def test_a_process_that_becomes_another_program_is_asked_again(watched):
    host = watched(WEB)
    host.run(10, name="bash")
    assert host.of("num_procs") == {"web": 0}
    host.run(10, name="nginx")
    assert host.of("num_procs") == {"web": 1}


def test_a_process_that_was_seen_between_fork_and_exec_is_asked_twice(watched):
    host = watched(Group("job", cmdline=(re.compile("job.py"),)))
    host.run(10, name="python", argv=["python", "spawn.py"])
    assert host.of("num_procs") == {"job": 0}
    host.run(10, name="python", argv=["python", "job.py"])
    assert host.of("num_procs") == {"job": 1}


def test_a_unit_has_the_processes_of_its_control_group(watched):
    host = watched(Group("y", unit="nginx.service"), children=False)
    host.run(10, name="a", cgroup="/system.slice/nginx.service")
    host.run(11, name="a", cgroup="/system.slice/nginx.service/worker")
    host.run(12, name="a", cgroup="/system.slice/other.service")
    assert host.of("num_procs") == {"y": 2}


def test_the_rest_is_told_of_as_the_top_few_and_other(watched):
    host = watched(WEB, top=2)
    host.run(10, name="nginx")
    host.run(20, name="busy", used=(1, 0, 0, 0), pages=1)
    host.run(21, name="large", used=(0, 0, 0, 0), pages=9000)
    for pid in range(30, 40):
        host.run(pid, name=f"small{pid}", used=(0, 0, 0, 0), pages=10)
    host.told()
    host.run(20, name="busy", used=(500, 0, 0, 0), pages=1)
    told = host.told()
    assert host.of("num_procs", told) == {"web": 1, "busy": 1, "large": 1, OTHER: 10}
    assert host.of("cpu_seconds_total", told, mode="user")["busy"] == 499 / CLOCK_TICKS
    assert OTHER not in host.of("open_filedesc", told)
    assert OTHER not in host.of("read_bytes_total", told)


def test_what_a_name_uses_counts_for_where_it_is_at_the_time_and_no_counter_falls(watched):
    host = watched(top=1)
    host.run(20, name="a", used=(100, 0, 0, 0), pages=100)
    host.run(21, name="b", used=(100, 0, 0, 0), pages=1)
    assert host.cpu() == {"a": 0, OTHER: 0}
    host.run(21, name="b", used=(900, 0, 0, 0), pages=1000)
    assert host.cpu() == {"b": 800, OTHER: 0}
    host.run(20, name="a", used=(130, 0, 0, 0), pages=100)
    host.run(21, name="b", used=(901, 0, 0, 0), pages=1000)
    assert host.cpu() == {"b": 801, OTHER: 30}


def test_a_configured_name_takes_in_no_strangers(watched):
    host = watched(Group("nginx", unit="nginx.service"), top=5)
    host.run(10, name="nginx", cgroup="/user.slice")
    assert host.of("num_procs") == {"nginx": 0, OTHER: 1}


def test_groups_of_a_template_stay_with_their_counters_when_they_are_empty(watched):
    host = watched(EVERY)
    host.run(10, name="cron", argv=["cron"], used=(5, 0, 0, 0))
    host.told()
    host.run(10, name="cron", argv=["cron"], used=(9, 0, 0, 0))
    host.told()
    host.end(10)
    told = host.told()
    assert host.of("num_procs", told) == {"cron": 0}
    assert host.of("cpu_seconds_total", told, mode="user") == {"cron": 4 / CLOCK_TICKS}


def test_a_template_can_make_only_so_many_groups(watched, monkeypatch):
    monkeypatch.setattr(tracking, "MOST_GROUPS", 3)
    host = watched(EVERY)
    for pid in range(10, 20):
        host.run(pid, name=f"p{pid}", argv=["x"])
    told = host.of("num_procs")
    assert len(told) == 4
    assert told[OTHER] == 7


def test_what_may_not_be_read_is_absent_and_counted(watched):
    host = watched(WEB)
    host.run(10, name="nginx", io=(5, 5))
    (host.host.proc / "10/io").unlink()
    told = host.told()
    assert host.of("read_bytes_total", told) == {}
    assert host.of("cpu_seconds_total", told, mode="user") == {"web": 0}
    assert values(told, "namedprocess_scrape_partial_errors") == {(): 1}


def test_what_can_be_read_of_some_is_told_of_those(watched):
    host = watched(WEB)
    host.told()
    host.run(10, name="nginx", io=(5, 5))
    host.run(11, name="nginx", io=(6, 6))
    (host.host.proc / "10/io").unlink()
    assert host.of("read_bytes_total") == {"web": 6}


def test_a_sweep_that_failed_is_counted_by_the_next(watched, tmp_path):
    host = watched(WEB)
    (tmp_path / "elsewhere").mkdir()
    host.groups._table.proc = tmp_path / "nowhere"
    with pytest.raises(FileNotFoundError):
        host.told()
    host.groups._table.proc = tmp_path
    assert values(host.told(), "namedprocess_scrape_errors") == {(): 1}


def test_a_zombie_stays_where_it_was(watched):
    host = watched(Group("job", cmdline=(re.compile("job"),)))
    host.run(10, name="python", argv=["job"])
    host.told()
    host.run(10, name="python", argv=[], state="Z", virtual=0, pages=0)
    told = host.told()
    assert host.of("states", told, state="Zombie") == {"job": 1}
    assert host.of("num_procs", told) == {"job": 1}


def test_no_label_carries_a_process_number(watched):
    host = watched(top=3)
    for pid in range(1000, 1010):
        host.run(pid, name=f"job-{pid}", pages=pid)
    assert host.of("num_procs") == {"job-N": 10}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.integers(10, 16), st.tuples(st.sampled_from("abcd"), st.integers(0, 500), st.integers(0, 50)), max_size=7
        ),
        max_size=8,
    )
)
def test_no_counter_ever_falls_whatever_comes_changes_its_name_and_ends(tmp_path_factory, sweeps):
    host = Watched(tmp_path_factory.mktemp("proc"), Group("a", comm=("a",)), top=1)
    last, used, living = {}, {}, set()
    for sweep in sweeps:
        for pid in living - sweep.keys():
            host.end(pid)
            used.pop(pid)
        for pid, (name, more, pages) in sweep.items():
            used[pid] = used.get(pid, 0) + more
            host.run(pid, name=name, used=(used[pid], 0, 0, 0), pages=pages, io=(used[pid], 0))
        living = set(sweep)
        told = host.told()
        now = {
            (family.name, sample.labels): sample.value
            for family in told
            if family.kind == "counter"
            for sample in family.samples
        }
        assert all(now[row] >= value for row, value in last.items() if row in now)
        last |= now
