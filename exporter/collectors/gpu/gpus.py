"""All GPUs of the host: what they answer, laid out, and the errors that their driver told of."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path

from exporter.collectors.gpu.driver import Driver
from exporter.collectors.gpu.expected import Expected
from exporter.collectors.gpu.families import families
from exporter.collectors.gpu.fields import LIVE, STEADY, THROUGHPUT
from exporter.collectors.gpu.owners import people_of
from exporter.collectors.gpu.readings import Look
from exporter.collectors.gpu.usage import People
from exporter.collectors.gpu.xids import Xids
from medic.core.clock import Clock
from medic.core.samples import Family
from medic.core.workers import Pool

NOBODY = People({}, ())


class Gpus:
    """Looks at all GPUs; run by one thread at a time, but for ``errors``."""

    def __init__(
        self, expected: Expected, clock: Clock, pools: Callable[[], Sequence[Pool]], *, throughput: bool = False
    ) -> None:
        """Ask nothing yet; *pools* is asked in a thread, and *throughput* asks for the traffic on PCIe."""
        self._expected = expected
        self._clock = clock
        self._pools = pools
        self._xids = Xids(lambda: clock.now().timestamp())
        self._driver = Driver((*LIVE, *(THROUGHPUT if throughput else ())), STEADY, seen=self._xids.count)

    def collect(self, proc: Path) -> list[Family]:
        """Look once; *proc* is where the processes are that use GPUs."""
        look = self._driver.look(self._clock.monotonic(), self._expected.count)
        present = len(look.readings)
        self._expected.learn(present)
        pids = set(chain.from_iterable(each.processes or () for each in look.readings))
        people = people_of(pids, self._pools(), proc) if present else NOBODY
        return [*self._expected.families(present), *_told(families(look, people))]

    def errors(self) -> list[Family]:
        """Return what errors came so far; safe in any thread."""
        return _told(self._xids.families())


def declared() -> list[Family]:
    """Return all families without their samples."""
    told = [*Expected().families(0), *families(Look(), NOBODY), *Xids(lambda: 0.0).families()]
    return [each._replace(samples=()) for each in told]


def _told(found: Iterable[Family]) -> list[Family]:
    """Leave out the families that have nothing to tell: no GPU knows them all."""
    return [each for each in found if each.samples]
