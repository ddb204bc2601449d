from exporter.collectors.stat import parse
from medic.core.samples import Kind
from tests.exporter.tree import PROC, by_name, value

TEXT = "cpu  1 2\nintr 205717 0 0 1\nctxt 396223\nbtime 1795172660\nprocesses 10523\nprocs_running 2\nprocs_blocked 1\n"


def test_the_whole_hosts_figures_are_read():
    families = parse(TEXT)
    assert {name: value(families, name) for name in by_name(families)} == {
        "node_intr_total": 205717,
        "node_context_switches_total": 396223,
        "node_boot_time_seconds": 1795172660,
        "node_forks_total": 10523,
        "node_procs_running": 2,
        "node_procs_blocked": 1,
    }


def test_what_only_rises_is_a_counter():
    assert {family.name for family in parse((PROC / "stat").read_text()) if family.kind is Kind.COUNTER} == {
        "node_intr_total",
        "node_context_switches_total",
        "node_forks_total",
    }
