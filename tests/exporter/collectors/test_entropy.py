from exporter.collectors.entropy import Entropy
from tests.exporter.tree import PROC, by_name, value


def test_the_bits_that_there_are_and_can_be_are_told():
    families = Entropy(PROC).collect()
    assert {name: value(families, name) for name in by_name(families)} == {
        "node_entropy_available_bits": 256,
        "node_entropy_pool_size_bits": 256,
    }


def test_a_kernel_that_does_not_tell_has_no_families(tmp_path):
    assert Entropy(tmp_path).collect() == []
