from exporter.collectors.udp_queues import UdpQueues, parse
from medic.core.samples import labels
from tests.exporter.tree import PROC, values


def test_queues_are_summed_over_the_sockets():
    assert values(UdpQueues(PROC).collect(), "node_udp_queues") == {
        labels(queue="tx", ip="v4"): 0x15 + 0xA,
        labels(queue="rx", ip="v4"): 0x100,
        labels(queue="tx", ip="v6"): 0,
        labels(queue="rx", ip="v6"): 2,
    }


def test_a_host_without_sockets_has_empty_queues():
    assert parse("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n") == (0, 0)


def test_a_kernel_without_the_protocol_has_no_family(tmp_path):
    assert UdpQueues(tmp_path).collect() == []
