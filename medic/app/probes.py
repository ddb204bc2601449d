"""The probes of the configuration: run by collectors in their threads, remembered for pages and reports."""

from dataclasses import replace
from functools import partial

from exporter.collector import Collector
from exporter.collectors import probes
from exporter.probes.latency import Latency
from exporter.probes.outcome import Outcome
from exporter.probes.prober import Prober
from exporter.probes.spec import HttpProbe, Probe, Search, TcpProbe, Trust
from medic.app.matching import read_search
from medic.app.settings.kinds import HostPort
from medic.app.settings.probes import Probe as Configured
from medic.core.clock import Clock
from medic.core.probes import ProbeFigures

NOWHERE = HostPort("", 0)


class Probes:
    """What each probe found last, and how it has been lately."""

    def __init__(self, configured: tuple[Configured, ...], clock: Clock, prober: Prober | None = None) -> None:
        """Know the probes; nothing is asked yet."""
        self.configured = {each.name: each for each in configured}
        self._specs = {each.name: spec(each) for each in configured}
        self._clock = clock
        self._prober = prober or Prober(clock.monotonic)
        self._latency = {name: Latency() for name in self._specs}
        self._last: dict[str, Outcome] = {}

    def collectors(self) -> list[Collector]:
        """Build a collector for each probe, each on a clock of its own."""
        return [
            probes.collector(
                name,
                partial(self._measure, name),
                self._latency[name],
                every=each.every,
                timeout=each.timeout.total_seconds(),
            )
            for name, each in self.configured.items()
        ]

    def ask(self, name: str, timeout: float, *, turn: float) -> Outcome:
        """Probe now, within *timeout* seconds or the probe's own, for somebody who wants to see it; blocks.

        It is not counted: what pages and rules know comes from the probe's own clock alone. Raises
        `exporter.probes.prober.BusyError` when others leave it no turn within *turn* seconds.
        """
        return self._prober.run(limited(self._specs[name], timeout), turn=turn)

    def all(self) -> tuple[ProbeFigures, ...]:
        """Return what is known of each probe, in the order of the configuration."""
        return tuple(map(self._figures, self.configured.values()))

    def _measure(self, name: str) -> Outcome:
        outcome = self._prober.run(self._specs[name])
        self._last[name] = outcome
        self._latency[name].add(self._clock.monotonic(), outcome.seconds, success=outcome.success)
        return outcome

    def _figures(self, configured: Configured) -> ProbeFigures:
        last, latency = self._last.get(configured.name), self._latency[configured.name]
        now = self._clock.monotonic()
        return ProbeFigures(
            probe=configured.name,
            target=configured.shown,
            success=None if last is None else last.success,
            reason="" if last is None else last.reason,
            seconds=None if last is None else last.seconds,
            availability=latency.availability(now),
            median=latency.percentile(0.5, now),
            p95=latency.percentile(0.95, now),
            p99=latency.percentile(0.99, now),
        )


def spec(configured: Configured) -> Probe:
    """Return what the exporter needs to know of a probe."""
    trust = Trust(configured.insecure, configured.ca_file)
    if configured.url is None:
        return _tcp(configured, trust if configured.tls else None)
    return HttpProbe(
        name=configured.name,
        url=configured.url,
        timeout=configured.timeout.total_seconds(),
        method=configured.method,
        headers=_headers(configured),
        body=configured.body.get_secret_value().encode() if configured.body else b"",
        status=frozenset(configured.status),
        wanted=(*map(containing, configured.contains), *map(read_search, configured.matches)),
        unwanted=tuple(map(read_search, configured.not_matches)),
        trust=trust,
        follow_redirects=configured.follow_redirects,
    )


def _tcp(configured: Configured, trust: Trust | None) -> Probe:
    place = configured.tcp or NOWHERE
    return TcpProbe(
        name=configured.name,
        host=place.host,
        port=place.port,
        timeout=configured.timeout.total_seconds(),
        trust=trust,
        send=configured.send.get_secret_value().encode() if configured.send else b"",
        expect=read_search(configured.expect) if configured.expect else None,
    )


def _headers(configured: Configured) -> dict[str, str]:
    given = {name: value.get_secret_value() for name, value in configured.headers.items()}
    token = configured.token
    return {"Authorization": f"Bearer {token.get_secret_value()}", **given} if token else given


def containing(word: str) -> Search:
    """Look for *word* as it stands."""

    def search(text: str) -> bool:
        return word in text

    return search


def limited(probe: Probe, timeout: float) -> Probe:
    """Return *probe* with no more than *timeout* seconds."""
    return replace(probe, timeout=min(timeout, probe.timeout))
