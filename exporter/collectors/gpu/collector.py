"""The collectors of the group ``gpu``: what GPUs answer, on a clock of its own, and their errors, at each tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.collector import Collector
from exporter.collectors.gpu import library
from exporter.collectors.gpu.expected import Expected
from medic.core.clock import Clock
from medic.core.samples import Family
from medic.core.workers import Pool

if TYPE_CHECKING:
    from exporter.collectors.gpu.gpus import Gpus

EVERY = 15.0
"""Seconds between two looks."""
LOOK_AGAIN = 300.0
"""Seconds between two looks for a library that is not there: on most hosts it never will be."""
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Options:
    """How GPUs are looked at."""

    expected: int | None = None
    """How many GPUs there should be; None means the most that were ever seen."""
    pcie_throughput: bool = False
    """Ask for it, though it takes 40 ms for each GPU."""
    file: Path | None = None
    """Where the most that were ever seen is kept."""


class Finder:
    """Looks for NVIDIA's library, and imports what looks at GPUs only once it is there; run by one thread at a time."""

    def __init__(
        self,
        options: Options,
        clock: Clock,
        pools: Callable[[], Sequence[Pool]],
        *,
        proc: Path = PROC,
        is_there: Callable[[], bool] = library.is_there,
    ) -> None:
        """Look for nothing yet; *pools* is asked in a thread, and *is_there* tells whether there is a library."""
        self._options = options
        self._clock = clock
        self._pools = pools
        self._proc = proc
        self._find = is_there
        self._expected = Expected(options.expected, options.file)
        self._gpus: Gpus | None = None
        self._look_at: float | None = None

    def collect(self) -> list[Family]:
        """Look once; no GPU, and a driver that does not answer, are answers too."""
        if self._gpus is None and self._is_there():
            self._gpus = self._import()
        return self._expected.families(0) if self._gpus is None else self._gpus.collect(self._proc)

    def errors(self) -> list[Family]:
        """Return what errors came so far, in another thread than the one that looks."""
        gpus = self._gpus
        return [] if gpus is None else gpus.errors()

    def _is_there(self) -> bool:
        now = self._clock.monotonic()
        if self._look_at is not None and now < self._look_at:
            return False
        self._look_at = now + LOOK_AGAIN
        return self._find()

    def _import(self) -> Gpus:
        from exporter.collectors.gpu.gpus import Gpus  # on use: 1.4 MB that a host without GPUs need not have

        throughput = self._options.pcie_throughput
        return Gpus(self._expected, self._clock, self._pools, throughput=throughput)


def collectors(
    options: Options, clock: Clock, pools: Callable[[], Sequence[Pool]], *, proc: Path = PROC
) -> list[Collector]:
    """Build ``gpu`` and ``gpu_xids``, which shows what errors came even while the first one hangs."""
    finder = Finder(options, clock, pools, proc=proc)
    return [
        Collector("gpu", "gpu", finder.collect, cheap=False, every=EVERY),
        Collector("gpu_xids", "gpu", finder.errors),
    ]


def declared() -> list[Family]:
    """Return all families without their samples."""
    from exporter.collectors.gpu import gpus  # on use, as above

    return gpus.declared()
