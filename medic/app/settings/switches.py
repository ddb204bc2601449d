"""What can be said of every collector: whether it runs and shows, how long it may take, how often it runs."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Annotated

from pydantic import Field

from medic.app.settings.kinds import Flag, Section, Span, Whole
from medic.app.settings.mistakes import Finding
from medic.app.settings.patterns import entries, find_texts, value_at
from medic.app.settings.yaml import Tree

OWN = frozenset(
    {
        *("alertmanagers", "automation", "config", "healer", "medic", "rhythm", "rules", "worker_usage", "workers"),
        *("gpu_xids", "groups"),
    }
)
"""The collectors of Medic's rooms, and those that are built beside one of a section of their own."""
GROUPS = frozenset({"plugins", "probes", "queues"})
PACKAGES = "medic.collectors"
"""The entry points under which other packages bring collectors, which are switched under these names."""


class Switches(Section):
    """One of ``collectors``, under the name of a collector or of a group; sections with keys of their own extend it."""

    enabled: Flag = True
    """False leaves it out altogether: rules do not see it either."""
    expose: Flag = True
    """False keeps its families for the rules but off ``/metrics``."""
    timeout: Span | None = None
    """The longest that a run may take; None is the collector's own."""
    every: Span | None = None
    """Between two runs, on a clock of its own; None is the collector's own, which for most is each tick and scrape."""
    max_series: Annotated[Whole, Field(ge=1)] | None = None
    """The most series that it may give; None is the collector's own."""


def check_collectors(tree: Tree, sections: Collection[str], *, others: Collection[str]) -> Iterator[Finding]:
    """Yield a finding for each key of ``collectors`` that names no collector.

    *sections* are collectors with keys of their own, *others* the keys that stand for all collectors.
    """
    asked = [str(key) for key in entries(value_at(tree, ("collectors",))) if key not in {*sections, *others}]
    known = collector_names(tree).union(sections) if asked else frozenset()
    for name in asked:
        if name not in known:
            near = get_close_matches(name, known.union(others), n=1)
            advice = f"did you mean {near[0]}?" if near else f"name one of {', '.join(sorted(known))}"
            yield Finding(("collectors", name), "there is no collector of this name", advice)


def collector_names(tree: Tree) -> frozenset[str]:
    """Return the names of all collectors and groups that a configuration can bring about."""
    from exporter.registry import SYSTEM  # dear to import, and few configurations name a collector

    queues = {f"queue:{name}" for _, name in find_texts(tree, ("queues", "*", "name"))}
    probes = {f"probe:{name}" for _, name in find_texts(tree, ("probes", "*", "name"))}
    return frozenset(SYSTEM) | OWN | GROUPS | queues | probes | frozenset(entry_points(group=PACKAGES).names)
