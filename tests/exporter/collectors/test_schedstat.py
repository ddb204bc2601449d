from exporter.collectors.schedstat import parse
from medic.core.samples import labels
from tests.exporter.tree import PROC, values

CPU0 = labels(cpu="0")


def test_nanoseconds_become_seconds_by_cpu():
    families = parse((PROC / "schedstat").read_text())
    assert values(families, "node_schedstat_running_seconds_total")[CPU0] == 2045.936778163
    assert values(families, "node_schedstat_waiting_seconds_total")[CPU0] == 343796.328169361
    assert values(families, "node_schedstat_timeslices_total")[CPU0] == 4767485306
    assert {len(family.samples) for family in families} == {2}
