"""The section ``collectors``: what is measured of the host."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from medic.app.settings.gpu import GpuCollector
from medic.app.settings.kinds import Whole
from medic.app.settings.mistakes import Finding
from medic.app.settings.processes import ProcessesCollector
from medic.app.settings.sections import REST, Bounds, Section, keys_of
from medic.app.settings.switches import Switches, check_collectors
from medic.app.settings.system import SystemCollector
from medic.app.settings.textfile import TextfileCollector
from medic.app.settings.yaml import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Collectors(Section):
    """``collectors``; further keys are names of collectors, which `check` knows."""

    max_series: Annotated[Whole, Bounds(ge=1)] = 100_000
    """On a page and in a tick; of what exceeds it, the largest families of the largest collectors are left out."""
    system: SystemCollector = SystemCollector()
    gpu: GpuCollector = GpuCollector()
    processes: ProcessesCollector = ProcessesCollector()
    textfile: TextfileCollector = TextfileCollector()
    others: dict[str, Switches] = field(default_factory=dict, metadata=REST)
    """What is said of collectors and groups without keys of their own."""

    def sections(self) -> dict[str, Switches]:
        """Return what is said of each collector and group, by its name."""
        own = {name: getattr(self, name) for name in keys_of(Collectors)}
        return {name: each for name, each in own.items() if isinstance(each, Switches)} | self.others


def check(tree: Tree) -> Iterator[Finding]:
    """Yield a finding for each key of ``collectors`` that names no collector."""
    sections = Collectors().sections().keys()
    return check_collectors(tree, sections, others=set(keys_of(Collectors)) - sections)
