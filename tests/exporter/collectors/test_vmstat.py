from exporter.collectors.vmstat import parse
from medic.core.samples import Kind
from tests.exporter.tree import PROC, by_name, value


def test_only_paging_faults_and_kills_are_given():
    families = parse((PROC / "vmstat").read_text())
    names = {name.removeprefix("node_vmstat_") for name in by_name(families)}
    assert names == {"oom_kill", "pgfault", "pgmajfault", "pgpgin", "pgpgout", "pswpin", "pswpout"}
    assert {family.kind for family in families} == {Kind.UNTYPED}


def test_values_are_whole_numbers():
    assert value(parse("nr_free_pages 5\npgfault 2809148\n"), "node_vmstat_pgfault") == 2809148
