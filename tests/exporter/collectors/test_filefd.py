from exporter.collectors.filefd import parse
from tests.exporter.tree import value


def test_allocated_and_maximum_are_read():
    families = parse("602\t0\t2466183\n")
    assert value(families, "node_filefd_allocated") == 602
    assert value(families, "node_filefd_maximum") == 2466183
