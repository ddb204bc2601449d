"""The section ``collectors``: what is measured of the host."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from medic.app.settings.gpu import GpuCollector
from medic.app.settings.kinds import Section, Whole
from medic.app.settings.mistakes import Finding
from medic.app.settings.processes import ProcessesCollector
from medic.app.settings.switches import Switches, check_collectors
from medic.app.settings.system import SystemCollector
from medic.app.settings.textfile import TextfileCollector
from medic.app.settings.yaml import Tree


class Collectors(Section):
    """``collectors``; further keys are names of collectors, which `check` knows."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Switches] = Field(init=False)

    max_series: Annotated[Whole, Field(ge=1)] = 100_000
    """On a page and in a tick; of what exceeds it, the largest families of the largest collectors are left out."""
    system: SystemCollector = SystemCollector()
    gpu: GpuCollector = GpuCollector()
    processes: ProcessesCollector = ProcessesCollector()
    textfile: TextfileCollector = TextfileCollector()


def check(tree: Tree) -> Iterator[Finding]:
    """Yield a finding for each key of ``collectors`` that names no collector."""
    sections = {name for name, field in Collectors.model_fields.items() if field.annotation is not int}
    return check_collectors(tree, sections, others=Collectors.model_fields.keys() - sections)
