"""Which collectors there are: the built-in ones of the system, and those of other packages."""

import logging
import sys
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points

from exporter.collector import Collector
from exporter.collectors import processes
from exporter.roots import HOST, Roots
from exporter.table import Table
from medic.core.clock import Clock
from medic.core.errors import MedicError
from medic.core.samples import Family

if sys.platform == "linux":
    from exporter.linux import SYSTEM
else:
    from exporter.elsewhere import SYSTEM

__all__ = ["SYSTEM", "Roots", "system_collectors", "third_party_collectors"]

ENTRY_POINTS = "medic.collectors"

log = logging.getLogger(__name__)

EXPENSIVE = {"processes"}
"""Those that look at each process and so run on a clock of their own."""


def system_collectors(
    clock: Clock, roots: Roots = HOST, *, expose: bool = True, table: Table | None = None
) -> list[Collector]:
    """Build the collectors of the group ``system``; with *expose* false rules see them and ``/metrics`` does not.

    A *table* that others look at as well saves a sweep over all processes.
    """
    shared = {} if table is None else {"processes": lambda *_: partial(processes.collect, table)}
    builders = SYSTEM | {name: build for name, build in shared.items() if name in SYSTEM}
    return [
        Collector(name, "system", build(roots, clock), cheap=name not in EXPENSIVE, expose=expose)
        for name, build in builders.items()
    ]


def third_party_collectors(taken: Collection[str]) -> list[Collector]:
    """Load what other packages declare under the entry point group ``medic.collectors``.

    Each entry point names a callable without arguments that returns a Collector. One that cannot be loaded, or whose
    name is in *taken* or used twice, becomes a collector ``plugin:NAME`` that fails at each run and says why.
    """
    used = set(taken)
    collectors = []
    for entry in sorted(entry_points(group=ENTRY_POINTS)):
        each = _load(entry, used)
        used.add(each.name)
        collectors.append(each)
    return collectors


def _load(entry: EntryPoint, used: Collection[str]) -> Collector:
    try:
        loaded = entry.load()()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the home for one collector: a broken package harms itself alone
        return _broken(entry, f"cannot be loaded: {type(error).__name__}: {error}")
    if not isinstance(loaded, Collector):
        return _broken(entry, f"must return an exporter.collector.Collector, not {type(loaded).__name__}")
    if loaded.name in used:
        return _broken(entry, f"is named {loaded.name!r} like another collector: give it another name")
    return replace(loaded, entry=entry.name, foreign=True)


def _broken(entry: EntryPoint, why: str) -> Collector:
    text = f"the collector {entry.value!r} of another package {why}"
    log.warning("collector of another package is broken", extra={"entry": entry.name, "reason": why})

    def collect() -> list[Family]:
        raise MedicError(text)

    return Collector(f"plugin:{entry.name}", "plugins", collect, entry=entry.name)
