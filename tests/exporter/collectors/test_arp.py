from exporter.collectors.arp import parse
from medic.core.samples import labels
from tests.exporter.tree import PROC, values


def test_neighbours_are_counted_by_interface():
    assert values(parse((PROC / "net/arp").read_text()), "node_arp_entries") == {
        labels(device="eth0"): 2,
        labels(device="wlan0"): 1,
    }


def test_a_host_without_neighbours_has_no_family():
    assert parse("IP address       HW type     Flags       HW address            Mask     Device\n") == []
