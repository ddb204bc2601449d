import pytest

from exporter.collectors.disks import describe
from medic.core.samples import labels
from tests.exporter.tree import by_name, values


@pytest.mark.parametrize(
    ("known", "serial"),
    [
        ({"SCSI_IDENT_SERIAL": "a", "ID_SERIAL_SHORT": "b", "ID_SERIAL": "c"}, "a"),
        ({"ID_SERIAL_SHORT": "b", "ID_SERIAL": "c"}, "b"),
        ({"ID_SERIAL": "c"}, "c"),
        ({}, None),
    ],
)
def test_a_serial_number_is_the_one_printed_on_the_disk_where_it_is_known(known, serial):
    ((pairs, one),) = values(describe([("sda", "8:0", known)]), "node_disk_info").items()
    assert one == 1
    assert dict(pairs).get("serial") == serial


def test_only_disks_that_speak_ata_have_its_families():
    known = {"ID_ATA_ROTATION_RATE_RPM": "5400"}
    assert "node_disk_ata_rotation_rate_rpm" not in by_name(describe([("sda", "8:0", known)]))
    told = describe([("sda", "8:0", known | {"ID_ATA": "1"})])
    assert values(told, "node_disk_ata_rotation_rate_rpm") == {labels(device="sda"): 5400}


def test_a_value_that_is_no_number_is_left_out():
    known = {"ID_ATA": "1", "ID_ATA_WRITE_CACHE": "maybe"}
    assert list(by_name(describe([("sda", "8:0", known)]))) == ["node_disk_info"]


def test_a_volume_tells_its_group():
    known = {"DM_NAME": "vg-root", "DM_VG_NAME": "vg", "DM_LV_NAME": "root"}
    told = describe([("dm-0", "252:0", known)])
    assert list(values(told, "node_disk_device_mapper_info")) == [
        labels(device="dm-0", name="vg-root", vg_name="vg", lv_name="root")
    ]
