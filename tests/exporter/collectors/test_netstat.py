import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.netstat import Netstat, parse, parse_lines
from medic.core.samples import Kind
from tests.exporter.tree import PROC, by_name, value


def test_numbers_are_found_below_their_names():
    families = parse("Tcp: RtoMin MaxConn InSegs\nTcp: 200 -1 5\nUdp: InDatagrams\nUdp: 7\n")
    assert {name: value(families, name) for name in by_name(families)} == {
        "node_netstat_Tcp_InSegs": 5,
        "node_netstat_Udp_InDatagrams": 7,
    }


def test_the_protocols_name_ends_with_its_six():
    families = parse_lines("Ip6InOctets   \t20\nIcmp6InMsgs\t3\nIp6InReceives\t9\nodd\n")
    assert {name: value(families, name) for name in by_name(families)} == {
        "node_netstat_Ip6_InOctets": 20,
        "node_netstat_Icmp6_InMsgs": 3,
    }


def test_the_recorded_files_give_all_untyped():
    families = Netstat(PROC).collect()
    assert {family.kind for family in families} == {Kind.UNTYPED}
    assert {"node_netstat_TcpExt_ListenDrops", "node_netstat_Udp6_NoPorts", "node_netstat_Ip_Forwarding"} <= set(
        by_name(families)
    )


def test_a_kernel_without_ipv6_tells_of_the_rest(tmp_path):
    (tmp_path / "net").mkdir()
    for file in ("netstat", "snmp"):
        (tmp_path / "net" / file).write_text("Tcp: InSegs\nTcp: 1\n" if file == "snmp" else "")
    assert list(by_name(Netstat(tmp_path).collect())) == ["node_netstat_Tcp_InSegs"]


def test_a_kernel_without_counters_is_a_failure(tmp_path):
    with pytest.raises(OSError, match="netstat"):
        Netstat(tmp_path).collect()


@given(st.lists(st.text("ab 6:_\t")))
def test_lines_of_any_other_shape_are_passed_over(lines):
    assert parse_lines("\n".join(lines)) == []
