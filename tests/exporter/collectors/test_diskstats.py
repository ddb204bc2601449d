import pytest

from exporter.collectors.diskstats import FIELDS, Diskstats, families, parse
from medic.core.samples import Kind, labels
from tests.exporter.tree import PROC, ROOT, by_name, values

VDA = labels(device="vda")
LINE = " 254  0 vda " + " ".join(str(number) for number in range(1000, 1017)) + "\n"


def test_sectors_become_bytes_and_milliseconds_seconds():
    told = families(parse(LINE))
    assert values(told, "node_disk_reads_completed_total") == {VDA: 1000}
    assert values(told, "node_disk_read_bytes_total") == {VDA: 1002 * 512}
    assert values(told, "node_disk_read_time_seconds_total") == {VDA: 1.003}
    assert values(told, "node_disk_io_now") == {VDA: 1008}
    assert values(told, "node_disk_flush_requests_time_seconds_total") == {VDA: 1.016}
    assert len(by_name(told)) == len(FIELDS)


def test_what_can_fall_is_a_gauge():
    assert [family.name for family in families(parse(LINE)) if family.kind is Kind.GAUGE] == ["node_disk_io_now"]


def test_an_old_kernel_has_fewer_families():
    told = families(parse("8 0 sda " + " ".join("1" * 11)))
    assert "node_disk_io_time_weighted_seconds_total" in by_name(told)
    assert not any("discard" in family.name or "flush" in family.name for family in told)


@pytest.mark.parametrize("device", ["loop0", "ram1", "zram0", "sda1", "vdb12", "xvda3", "nvme0n1p2", "fd0"])
def test_partitions_and_memory_disks_are_left_out(device):
    assert parse(LINE.replace("vda", device)) == []


@pytest.mark.parametrize("device", ["sda", "nvme0n1", "dm-0", "md127", "sr0"])
def test_whole_disks_are_there(device):
    assert values(families(parse(LINE.replace("vda", device))), "node_disk_io_now") == {labels(device=device): 1008}


def test_the_recorded_file_has_disks_of_two_kernels():
    told = Diskstats(PROC, ROOT).collect()
    assert set(values(told, "node_disk_reads_completed_total")) == {VDA, labels(device="sda")}
    assert set(values(told, "node_disk_flush_requests_total")) == {VDA}


def test_what_udev_knows_of_the_recorded_disks_is_told():
    told = Diskstats(PROC, ROOT).collect()
    assert {dict(pairs)["serial"] for pairs in values(told, "node_disk_info") if "serial" in dict(pairs)} == {
        "2160A0D5FVGG"
    }
    assert values(told, "node_disk_ata_rotation_rate_rpm") == {labels(device="sda"): 7200}
    assert [dict(pairs)["type"] for pairs in values(told, "node_disk_filesystem_info")] == ["ext4"]
    assert [dict(pairs)["vg_name"] for pairs in values(told, "node_disk_device_mapper_info")] == ["vg0"]


def test_without_udev_disks_are_numbers_alone(tmp_path):
    told = Diskstats(PROC, tmp_path).collect()
    assert labels(device="sda", major="8", minor="0") in values(told, "node_disk_info")
    assert not {"node_disk_filesystem_info", "node_disk_ata_write_cache"} & set(by_name(told))
