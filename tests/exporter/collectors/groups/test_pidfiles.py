import pytest

from exporter.collectors.groups.spec import Group
from medic.core.processes import CLOCK_TICKS


def test_a_pid_file_is_read_at_each_sweep(watched, tmp_path):
    file = tmp_path / "z.pid"
    host = watched(Group("z", pidfile=file))
    host.run(10, name="daemon")
    assert host.of("num_procs") == {"z": 0}
    for _ in range(2):
        host.told()
    file.write_text("10\n")
    assert host.of("num_procs") == {"z": 1}


def test_a_pid_file_that_is_older_than_the_process_names_another_one(watched, tmp_path):
    file = tmp_path / "z.pid"
    file.write_text("10")
    host = watched(Group("z", pidfile=file))
    host.run(10, name="daemon", start=(1 << 40) * CLOCK_TICKS)
    assert host.of("num_procs") == {"z": 0}


@pytest.mark.parametrize("text", ["", "abc", "-1", "10 11", "9" * 5000, "\0", "0"])
def test_a_pid_file_that_holds_no_number_names_nobody(watched, tmp_path, text):
    file = tmp_path / "z.pid"
    file.write_text(text)
    host = watched(Group("z", pidfile=file))
    host.run(10, name="daemon")
    assert host.of("num_procs") == {"z": 0}
