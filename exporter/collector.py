"""What a collector is, what one run of it gives, and the one place that catches whatever it raises."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from exporter.admission import admit
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


@dataclass(frozen=True, slots=True)
class Collected:
    """What one run of a collector gave."""

    families: Sequence[Family] = ()
    seconds: float = 0.0
    error: BaseException | None = None
    timed_out: bool = False

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


def attempt(collector: Collector, time: Callable[[], float]) -> Collected:
    """Run *collector* once and turn whatever it raises into a failure; output that is refused is one too."""
    started = time()
    try:
        return Collected(admit(collector.collect()), time() - started)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the home for one collector; native libraries raise BaseException
        return Collected(collector.down, time() - started, error)
