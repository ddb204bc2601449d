import os
import threading
import time
from pathlib import Path

import pytest

from exporter.collectors.filesystem import DEADLINE, Filesystems, Mount, ask, mounts
from medic.core.samples import labels
from tests.exporter.tree import PROC, by_name, values
from tests.fakes import HandClock

ROOT = labels(device="/dev/vda", mountpoint="/", fstype="ext4")
LIMIT = 10.0


def table(tmp_path, *lines):
    (tmp_path / "mounts").write_text("".join(f"{line}\n" for line in lines))
    return tmp_path


def test_pseudo_filesystems_are_left_out_and_escapes_read():
    assert mounts((PROC / "mounts").read_text()) == [
        Mount("/dev/vda", "/", "ext4", readonly=False),
        Mount("/dev/sr0", "/no/such/backup disk", "ext4", readonly=True),
        Mount("filer:/export", "/no/such/filer", "nfs4", readonly=False),
    ]


@pytest.mark.parametrize("point", ["/dev/shm", "/proc", "/sys/fs/x", "/var/lib/docker/overlay2/a/merged"])
def test_mount_points_of_the_system_are_left_out(point):
    assert mounts(f"x {point} ext4 rw 0 0\n") == []


@pytest.mark.parametrize("point", ["/", "/devices", "/var/lib/docker", "/run/user/0", "/home/proc"])
def test_mount_points_of_people_are_there(point):
    assert [mount.point for mount in mounts(f"x {point} ext4 rw 0 0\n")] == [point]


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u2028", "\x0b", "\x85"])
def test_a_name_is_broken_only_where_the_kernel_separates(blank):
    (mount,) = mounts(f"x /media/my{blank}disk ext4 ro 0 0\n")
    assert mount == Mount("x", f"/media/my{blank}disk", "ext4", readonly=True)


def test_the_root_of_this_host_answers_and_what_is_not_there_is_an_error():
    families = Filesystems(PROC, time=time.monotonic).collect()
    (answered,) = values(families, "node_filesystem_size_bytes")
    assert answered == ROOT
    real = os.statvfs("/")
    assert values(families, "node_filesystem_size_bytes")[ROOT] == real.f_blocks * real.f_frsize
    assert values(families, "node_filesystem_files")[ROOT] == real.f_files
    errors = values(families, "node_filesystem_device_error")
    assert sorted(errors.values()) == [0, 1, 1]
    assert errors[ROOT] == 0


def test_read_only_is_told_of_what_answers(tmp_path):
    families = Filesystems(table(tmp_path, "/dev/a / ext4 ro,relatime 0 0"), time=time.monotonic).collect()
    assert list(values(families, "node_filesystem_readonly").values()) == [1]


def test_an_error_is_no_answer():
    assert ask("/no/such/place", os.statvfs) is None


def test_a_dead_mount_neither_hangs_nor_is_asked_again_until_it_answers(tmp_path):
    alive, asked, clock = threading.Event(), [], HandClock()

    def statvfs(point):
        asked.append(point)
        if point == "/mnt/dead":
            clock.pass_by(seconds=DEADLINE)  # from here on the clock stands: to wait a second time would be for ever
            alive.wait(LIMIT)
        return os.statvfs("/")

    proc = table(tmp_path, "filer:/x /mnt/dead nfs4 rw 0 0", "/dev/a / ext4 rw 0 0", "/dev/b /home ext4 rw 0 0")
    filesystems = Filesystems(proc, time=clock.monotonic, statvfs=statvfs)
    dead = labels(device="filer:/x", mountpoint="/mnt/dead", fstype="nfs4")

    first = filesystems.collect()
    assert values(first, "node_filesystem_device_error")[dead] == 1
    assert len(values(first, "node_filesystem_avail_bytes")) == 2

    for _ in range(5):
        assert values(filesystems.collect(), "node_filesystem_device_error")[dead] == 1
    assert asked.count("/mnt/dead") == 1
    assert asked.count("/home") == 6

    alive.set()
    deadline = time.monotonic() + LIMIT
    while values(filesystems.collect(), "node_filesystem_device_error")[dead]:
        assert time.monotonic() < deadline
    assert asked.count("/mnt/dead") >= 1


def test_the_processes_own_mounts_stand_in_where_the_firsts_are_hidden(tmp_path):
    families = Filesystems(table(tmp_path, "/dev/a / ext4 rw 0 0"), time=time.monotonic).collect()
    assert by_name(families)["node_filesystem_size_bytes"].samples


def test_in_a_container_points_are_shown_as_the_host_has_them_and_asked_where_they_are_mounted(tmp_path):
    asked = []

    def statvfs(point):
        asked.append(point)
        return os.statvfs("/")

    proc = table(tmp_path, "/dev/a /host ext4 rw 0 0", "/dev/b /host/home xfs rw 0 0", "/dev/c /hosts nfs4 rw 0 0")
    families = Filesystems(proc, Path("/host"), time=time.monotonic, statvfs=statvfs).collect()
    points = {dict(pairs)["mountpoint"] for pairs in values(families, "node_filesystem_size_bytes")}
    assert points == {"/", "/home", "/hosts"}
    assert sorted(asked) == ["/host/", "/host/home", "/host/hosts"]


def test_pseudo_filesystems_below_the_hosts_root_are_left_out_too():
    assert mounts("x /host/proc/y ext4 rw 0 0\ny /host/data ext4 rw 0 0\n", "/host") == [
        Mount("y", "/data", "ext4", readonly=False)
    ]


def test_a_mount_that_comes_is_seen_and_one_that_goes_is_gone(tmp_path):
    filesystems = Filesystems(table(tmp_path, "/dev/a / ext4 rw 0 0"), time=time.monotonic)
    assert len(values(filesystems.collect(), "node_filesystem_size_bytes")) == 1
    table(tmp_path, "/dev/a / ext4 rw 0 0", "tmpfs /tmp tmpfs rw 0 0")
    assert len(values(filesystems.collect(), "node_filesystem_size_bytes")) == 2
    table(tmp_path, "tmpfs /tmp tmpfs rw 0 0")
    assert [dict(pairs)["mountpoint"] for pairs in values(filesystems.collect(), "node_filesystem_size_bytes")] == [
        "/tmp"
    ]
