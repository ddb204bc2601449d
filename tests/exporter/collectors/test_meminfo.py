from exporter.collectors.meminfo import parse
from tests.exporter.tree import PROC, by_name, value


def test_kilobytes_become_bytes_and_counts_stay_counts():
    families = parse("MemTotal:        4044964 kB\nHugePages_Total:       3\n")
    assert value(families, "node_memory_MemTotal_bytes") == 4044964 * 1024
    assert value(families, "node_memory_HugePages_Total") == 3


def test_parentheses_are_taken_out_of_names():
    assert [family.name for family in parse("Active(anon):  12 kB\n")] == ["node_memory_Active_anon_bytes"]


def test_a_line_without_a_value_is_passed_over():
    assert parse("Odd:\n\nMemFree: 1 kB\n")[0].name == "node_memory_MemFree_bytes"


def test_every_key_of_the_recorded_file_is_there():
    assert len(by_name(parse((PROC / "meminfo").read_text()))) == len((PROC / "meminfo").read_text().splitlines())
