"""Probes: whether services answer, how long it took, and what their certificates say."""

from collections.abc import Callable
from datetime import timedelta

from exporter.collector import Collector
from exporter.probes.families import down, families
from exporter.probes.latency import Latency
from exporter.probes.outcome import Outcome
from exporter.probes.prober import TURN
from medic.core.samples import labels

EVERY = timedelta(seconds=15)
SPARE = 1.0
"""Seconds beyond its own deadline after which a probe counts as hanging: it should have ended by itself."""


def collector(
    name: str,
    run: Callable[[], Outcome],
    latency: Latency,
    *,
    every: timedelta = EVERY,
    timeout: float,
    expose: bool = True,
) -> Collector:
    """Build the collector ``probe:NAME`` around *run*, which probes in a thread and fails only when it cannot ask.

    A service that does not answer is no failure of the collector: ``probe_success`` says so, and rules may judge it.
    """
    return Collector(
        f"probe:{name}",
        "probes",
        lambda: [*families(run(), labels(probe=name)), latency.family(name)],
        cheap=False,
        every=every.total_seconds(),
        timeout=timeout + TURN + SPARE,
        expose=expose,
        down=down(name),
    )
