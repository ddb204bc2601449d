"""The section ``collectors.gpu``: how GPUs are looked at."""

from dataclasses import dataclass
from typing import Annotated

from medic.app.settings.kinds import Flag, Whole
from medic.app.settings.sections import Bounds
from medic.app.settings.switches import Switches

MOST = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuCollector(Switches):
    """``collectors.gpu``."""

    expected: Annotated[Whole, Bounds(ge=0, le=MOST)] | None = None
    """How many GPUs this host should have; None is the most that were ever seen here."""
    pcie_throughput: Flag = False
    """Ask for the traffic on PCIe, which takes the driver 40 ms for each GPU."""
