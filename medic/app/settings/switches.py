"""What can be said of every collector: whether it runs and shows, how long it may take, how often it runs."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Annotated

from medic.app.settings.kinds import Flag, Span, Whole
from medic.app.settings.mistakes import Finding
from medic.app.settings.patterns import find_texts, value_at
from medic.app.settings.sections import Bounds, Section
from medic.app.settings.yaml import Tree

OWN = frozenset(
    {"alertmanagers", "automation", "config", "healer", "medic", "rhythm", "rules", "worker_usage", "workers"}
)
"""The collectors of Medic itself, its rooms and what is its own."""
BESIDE = frozenset({"gpu_xids", "groups"})
"""Those that are built beside one of a section of their own."""
GROUPS = frozenset({"plugins", "probes", "queues"})
PACKAGES = "medic.collectors"
"""The entry points under which other packages bring collectors, which are switched under these names."""


@dataclass(frozen=True, slots=True, kw_only=True)
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
    max_series: Annotated[Whole, Bounds(ge=1)] | None = None
    """The most series that it may give; None is the collector's own."""


def check_collectors(tree: Tree, sections: Collection[str], *, others: Collection[str]) -> Iterator[Finding]:
    """Yield a finding for each key of ``collectors`` that names no collector.

    *sections* are collectors with keys of their own, *others* the keys that stand for all collectors.
    """
    written = value_at(tree, ("collectors",))
    asked = [key for key in written if key not in {*sections, *others}] if isinstance(written, dict) else []
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
    return frozenset(SYSTEM) | OWN | BESIDE | GROUPS | queues | probes | frozenset(entry_points(group=PACKAGES).names)
