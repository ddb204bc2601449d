from exporter.collectors.conntrack import COLUMNS, Conntrack, parse
from tests.exporter.tree import PROC, by_name, value


def test_columns_are_summed_over_the_cpus():
    families = Conntrack(PROC).collect()
    assert value(families, "node_nf_conntrack_entries") == 33
    assert value(families, "node_nf_conntrack_entries_limit") == 65536
    assert value(families, "node_nf_conntrack_stat_ignore") == 0x588A + 0x56A4
    assert value(families, "node_nf_conntrack_stat_search_restart") == 2


def test_columns_are_found_by_their_names_whatever_their_order():
    families = parse("drop found\n0000000a 00000001\n00000001 0000000f\n")
    assert {name: value(families, name) for name in by_name(families)} == {
        "node_nf_conntrack_stat_found": 16,
        "node_nf_conntrack_stat_drop": 11,
    }


def test_without_statistics_the_entries_are_told(tmp_path):
    folder = tmp_path / "sys/net/netfilter"
    folder.mkdir(parents=True)
    (folder / "nf_conntrack_count").write_text("1\n")
    (folder / "nf_conntrack_max").write_text("2\n")
    assert len(by_name(Conntrack(tmp_path).collect())) == 2


def test_a_kernel_that_follows_no_connections_has_no_families(tmp_path):
    assert Conntrack(tmp_path).collect() == []


def test_the_recorded_kernel_has_all_columns():
    assert len(Conntrack(PROC).collect()) == len(COLUMNS) + 2
