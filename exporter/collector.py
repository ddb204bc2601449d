"""What a collector is, what one run of it gives, and the one place that catches whatever it raises."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from exporter.admission import MOST_SAMPLES, Admission, SurplusError, admit, is_text
from medic.core.errors import MedicError, unburden
from medic.core.samples import Family


@dataclass(frozen=True, slots=True)
class Collector:
    """One source of families; the runner owns its time, its failure and its metrics."""

    name: str
    """Unique; the ``collector`` label, and what ``collect[]`` asks for."""
    group: str
    """The key under ``collectors:`` in the configuration, such as ``system``."""
    collect: Callable[[], Iterable[Family]]
    """Gives the families; it may block, and what it raises is its failure."""
    cheap: bool = True
    """Run at each tick and scrape; else it runs on a clock of its own, and its samples keep their own time."""
    every: float = 15.0
    """Seconds between the runs of one that is not cheap."""
    timeout: float = 5.0
    """Seconds after which a run counts as timed out; it is not started again before that run has returned."""
    expose: bool = True
    """Show it on ``/metrics``; rules see it either way."""
    inline: bool = False
    """Run it on the loop's own thread: for quick functions over memory that only the loop may touch."""
    down: Sequence[Family] = ()
    """What is true and shown while it fails or does not answer: that what it looks at is down."""
    most: int = MOST_SAMPLES
    """The most samples that a run may give; what is beyond is left out, and the run has failed."""
    entry: str = ""
    """The entry point by which another package brings it; it can be switched under that name, too."""
    vital: bool = False
    """Never left out for want of room on a page: what Medic says of itself."""
    foreign: bool = False
    """It gives what others wrote: where that contradicts another collector, this one's is left out."""

    def __post_init__(self) -> None:
        """Raise MedicError for what would harm others than itself, as those of other packages might."""
        for what, text in (("name", self.name), ("group", self.group)):
            if not text or not is_text(text):
                raise MedicError(f"a collector has the {what} {text!r}: give text that can be written as UTF-8")
        for what, seconds in (("every", self.every), ("timeout", self.timeout)):
            if not 0 < seconds < math.inf:
                raise MedicError(f"the collector {self.name!r} has {what}={seconds!r}: give seconds, more than 0")
        if self.most < 1:
            raise MedicError(f"the collector {self.name!r} has most={self.most!r}: give a number of samples")
        admit(self.down)


class Collected(NamedTuple):
    """What one run of a collector gave."""

    families: Sequence[Family] = ()
    seconds: float = 0.0
    error: BaseException | None = None
    timed_out: bool = False
    at: int = 0
    """When it was begun, in milliseconds since the epoch."""
    dropped: int = 0
    """How many samples were left out, since there were too many."""

    @property
    def succeeded(self) -> bool:
        """Tell whether it neither failed nor timed out."""
        return self.error is None and not self.timed_out

    @property
    def reason(self) -> str:
        """Say in a line why it did not succeed; empty when it did."""
        if self.timed_out:
            return f"no answer after {self.seconds:.1f} s"
        return "" if self.error is None else f"{type(self.error).__name__}: {self.error}"


def attempt(collector: Collector, door: Admission, at: int, time: Callable[[], float]) -> Collected:
    """Run *collector* once and turn whatever it raises into a failure; output that is refused is one too.

    *door* is the collector's own, and remembers the shape of its output from run to run. *at* is the moment that all
    that is begun together shares, in milliseconds since the epoch; *time* is a monotonic clock.
    """
    started = time()
    try:
        return Collected(door.admit(collector.collect()), time() - started, at=at)
    except KeyboardInterrupt:
        raise
    except SurplusError as error:
        return Collected(error.kept, time() - started, error, at=at, dropped=error.dropped)
    except BaseException as error:  # noqa: BLE001 - the home for one collector; native libraries raise BaseException
        unburden(error)  # it is kept until the next run
        return Collected(collector.down, time() - started, error, at=at)
