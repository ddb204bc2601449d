from exporter.collectors.softnet import parse
from medic.core.samples import Kind, labels
from tests.exporter.tree import PROC, by_name, values

CPU0, CPU1 = labels(cpu="0"), labels(cpu="1")


def test_hexadecimal_columns_are_read_by_cpu():
    families = parse((PROC / "net/softnet_stat").read_text())
    assert values(families, "node_softnet_processed_total") == {CPU0: 0x15C73, CPU1: 0x1663FB2}
    assert values(families, "node_softnet_times_squeezed_total")[CPU0] == 0xF0000769
    assert values(families, "node_softnet_cpu_collision_total")[CPU1] == 4
    assert by_name(families)["node_softnet_backlog_len"].kind is Kind.GAUGE


def test_a_cpu_that_is_offline_moves_no_other():
    line = " ".join(["00000001"] * 12)
    families = parse(f"{line} 00000000\n{line} 00000003\n")
    assert set(values(families, "node_softnet_dropped_total")) == {CPU0, labels(cpu="3")}


def test_an_old_kernel_has_fewer_columns_and_counts_its_lines():
    families = parse("00000001 00000002 00000003\n00000004 00000005 00000006\n")
    assert values(families, "node_softnet_dropped_total") == {CPU0: 2, CPU1: 5}
    assert len(by_name(families)) == 3
