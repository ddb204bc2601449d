from exporter.collectors.sockstat import PAGE, Sockstat, parse
from tests.exporter.tree import PROC, by_name, value


def test_pages_are_given_in_bytes_too():
    families = parse("sockets: used 9\nTCP: inuse 4 orphan 1 tw 2 alloc 17 mem 3\n")
    assert value(families, "node_sockstat_sockets_used") == 9
    assert value(families, "node_sockstat_TCP_mem") == 3
    assert value(families, "node_sockstat_TCP_mem_bytes") == 3 * PAGE
    assert value(families, "node_sockstat_TCP_orphan") == 1


def test_a_field_that_nobody_knows_is_left_out():
    assert list(by_name(parse("TCP: inuse 4 novel 1\n"))) == ["node_sockstat_TCP_inuse"]


def test_both_versions_of_the_protocol_are_read():
    families = Sockstat(PROC).collect()
    assert value(families, "node_sockstat_TCP6_inuse") == 17
    assert value(families, "node_sockstat_FRAG_memory") == 0


def test_a_kernel_without_them_has_no_families(tmp_path):
    assert Sockstat(tmp_path).collect() == []
