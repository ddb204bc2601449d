"""The collector of one probe, in a real runner."""

import time
from datetime import timedelta

from exporter.collectors.probes import SPARE, collector
from exporter.probes.latency import Latency
from exporter.probes.outcome import Outcome, Trail
from exporter.probes.prober import TURN, BusyError
from exporter.runner import Runner
from medic.core.samples import labels
from tests.exporter.tree import by_name, values
from tests.fakes import HandClock

WEB = labels(probe="web")


def outcome(reason=""):
    return Outcome("web", over_http=True, seconds=0.2, reason=reason, by_pattern=False, trail=Trail(time.monotonic))


def built(run, latency=None):
    return collector("web", run, latency or Latency(), every=timedelta(seconds=30), timeout=5.0)


def test_a_probe_has_a_clock_and_a_deadline_of_its_own():
    made = built(outcome)
    assert (made.name, made.group, made.cheap, made.every) == ("probe:web", "probes", False, 30.0)
    assert made.timeout == 5.0 + TURN + SPARE


async def test_a_service_that_is_not_well_is_no_failure_of_its_collector():
    latency = Latency()
    latency.add(0.0, 0.2, success=True)
    runner = Runner([built(lambda: outcome("answered 500, not 2xx"), latency)], HandClock())
    await runner.refresh("probe:web")
    snapshot = await runner.tick()
    assert snapshot.failed == frozenset()
    assert values(snapshot.families, "probe_success") == {WEB: 0}
    assert by_name(snapshot.families)["medic_probe_duration_seconds"].samples[-1].value == 1


async def test_a_probe_that_cannot_be_asked_is_a_failure_and_no_success():
    def run():
        raise BusyError("too many probes are under way")

    runner = Runner([built(run)], HandClock())
    await runner.refresh("probe:web")
    snapshot = await runner.tick()
    assert snapshot.failed == {"probe:web"}
    assert values(snapshot.families, "probe_success") == {WEB: 0}
    assert "medic_probe_duration_seconds" not in by_name(snapshot.families)
