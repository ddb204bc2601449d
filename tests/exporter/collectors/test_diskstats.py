import pytest

from exporter.collectors.diskstats import FIELDS, collect, parse
from medic.core.samples import Kind, labels
from tests.exporter.tree import PROC, by_name, values

VDA = labels(device="vda")
LINE = " 254  0 vda " + " ".join(str(number) for number in range(1000, 1017)) + "\n"


def test_sectors_become_bytes_and_milliseconds_seconds():
    families = parse(LINE)
    assert values(families, "node_disk_reads_completed_total") == {VDA: 1000}
    assert values(families, "node_disk_read_bytes_total") == {VDA: 1002 * 512}
    assert values(families, "node_disk_read_time_seconds_total") == {VDA: 1.003}
    assert values(families, "node_disk_io_now") == {VDA: 1008}
    assert values(families, "node_disk_flush_requests_time_seconds_total") == {VDA: 1.016}
    assert len(by_name(families)) == len(FIELDS)


def test_what_can_fall_is_a_gauge():
    assert [family.name for family in parse(LINE) if family.kind is Kind.GAUGE] == ["node_disk_io_now"]


def test_an_old_kernel_has_fewer_families():
    families = parse("8 0 sda " + " ".join("1" * 11))
    assert "node_disk_io_time_weighted_seconds_total" in by_name(families)
    assert not any("discard" in family.name or "flush" in family.name for family in families)


@pytest.mark.parametrize("device", ["loop0", "ram1", "zram0", "sda1", "vdb12", "xvda3", "nvme0n1p2", "fd0"])
def test_partitions_and_memory_disks_are_left_out(device):
    assert parse(LINE.replace("vda", device)) == []


@pytest.mark.parametrize("device", ["sda", "nvme0n1", "dm-0", "md127", "sr0"])
def test_whole_disks_are_there(device):
    assert values(parse(LINE.replace("vda", device)), "node_disk_io_now") == {labels(device=device): 1008}


def test_the_recorded_file_has_disks_of_two_kernels():
    families = collect(PROC)
    assert set(values(families, "node_disk_reads_completed_total")) == {VDA, labels(device="sda")}
    assert set(values(families, "node_disk_flush_requests_total")) == {VDA}
