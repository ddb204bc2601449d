"""Groups on a made host, and what they told."""

import re

from exporter.collectors.groups.families import families
from exporter.collectors.groups.spec import Group, GroupSettings
from exporter.collectors.groups.tracking import Groups
from medic.core.processes import CLOCK_TICKS
from tests.exporter.stats import Host
from tests.exporter.tree import values

WEB = Group("web", match=re.compile("nginx"))


class Watched:
    """A made host and the groups on it."""

    def __init__(self, folder, *groups, **more):
        self.host = Host(folder)
        self.groups = Groups(GroupSettings(groups, **more), self.host.table, self.host.time)
        self.run, self.end = self.host.run, self.host.end

    def told(self, *, after=15.0):
        self.host.seconds += after
        return families(self.groups.update(), 1000)

    def of(self, name, families_=None, **pairs):
        """Return the values of a family by group, of those rows that have all of *pairs*."""
        rows = values(families_ or self.told(), f"namedprocess_namegroup_{name}")
        return {dict(each)["groupname"]: value for each, value in rows.items() if pairs.items() <= dict(each).items()}

    def cpu(self):
        found = self.of("cpu_seconds_total", mode="user")
        return {group: round(seconds * CLOCK_TICKS) for group, seconds in found.items()}
