"""The collector ``groups``: process groups, on a clock of its own."""

from collections.abc import Callable

from exporter.collector import Collector
from exporter.collectors.groups.families import families
from exporter.collectors.groups.pidfiles import booted_at
from exporter.collectors.groups.spec import GroupSettings
from exporter.collectors.groups.tracking import Groups
from exporter.table import Table
from medic.core.samples import Family

GROUP = "processes"
"""Its key under ``collectors:``, and that of node_exporter's collector of the same name, which needs the same sweep."""


def collectors(
    settings: GroupSettings, table: Table, time: Callable[[], float], *, expose: bool = True
) -> list[Collector]:
    """Build the collector; none when nothing is to be told. *time* is a monotonic clock in seconds."""
    if not settings.groups and not settings.top:
        return []
    groups = Groups(settings, table, time)

    def collect() -> list[Family]:
        return families(groups.update(), booted_at(table.proc))

    return [Collector("groups", GROUP, collect, cheap=False, expose=expose)]
