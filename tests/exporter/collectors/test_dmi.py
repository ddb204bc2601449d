from exporter.collectors.dmi import HELP, Dmi
from tests.exporter.tree import SYS, values


def test_the_recorded_machine_is_told_and_what_it_left_empty_is_not():
    ((pairs, one),) = values(Dmi(SYS).collect(), "node_dmi_info").items()
    told = dict(pairs)
    assert one == 1
    assert (told["product_name"], told["system_vendor"]) == ("PowerEdge R6515", "Dell Inc.")
    assert "chassis_asset_tag" not in told
    assert all(name in HELP for name in told)


def test_a_machine_without_such_firmware_has_no_family(tmp_path):
    assert Dmi(tmp_path).collect() == []


def test_it_is_read_once(tmp_path):
    folder = tmp_path / "class/dmi/id"
    folder.mkdir(parents=True)
    (folder / "bios_vendor").write_text("one")
    dmi = Dmi(tmp_path)
    first = dmi.collect()
    (folder / "bios_vendor").write_text("two")
    assert dmi.collect() is first
