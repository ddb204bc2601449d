from exporter.collectors.netdev import COLUMNS, HEADER, parse
from medic.core.samples import Kind, labels
from tests.exporter.tree import PROC, by_name, values

TOP = "Inter-|\n face |\n"
LINE = "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"


def test_sixteen_counters_of_each_interface_are_read():
    families = parse(TOP + LINE)
    assert [family.samples[0].value for family in families] == list(range(1, 17))
    assert {family.kind for family in families} == {Kind.COUNTER}
    assert values(families, "node_network_transmit_bytes_total") == {labels(device="eth0"): 9}


def test_a_name_may_hold_a_colon_and_touch_its_numbers():
    assert list(values(parse(TOP + LINE.replace("eth0: ", " eth0:1:")), "node_network_receive_bytes_total")) == [
        labels(device="eth0:1")
    ]


def test_the_recorded_file_has_all_interfaces_in_all_families():
    families = parse((PROC / "net/dev").read_text())
    assert len(by_name(families)) == len(COLUMNS)
    lines = (PROC / "net/dev").read_text().splitlines()[HEADER:]
    assert {len(family.samples) for family in families} == {len(lines)}


def test_a_host_without_interfaces_has_no_families():
    assert parse(TOP) == []
