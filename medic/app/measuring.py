"""What is measured: the collectors of the host, of the queues and workers, and of Medic's own rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import medic
from exporter.collector import Collector
from exporter.collectors import automation, workers
from exporter.collectors import medic as own
from exporter.registry import system_collectors, third_party_collectors
from medic.app.commits import Commits
from medic.app.figures import Figures
from medic.app.settings import Settings
from medic.core.clock import Clock
from medic.core.samples import Family, Sample, gauge
from medic.core.workers import Pool
from rhythm import metrics as rhythm_metrics
from rules import metrics as rules_metrics

if TYPE_CHECKING:
    from medic.app.house import House

RELOADED = gauge("medic_config_last_reload_successful", "Whether the last reload of the configuration was taken over.")


def collectors(
    settings: Settings, clock: Clock, figures: Figures, commits: Commits, house: Callable[[], House]
) -> list[Collector]:
    """Build every collector; *house* is asked only when they run."""
    seen: Sequence[Pool] = ()

    def pools() -> Sequence[Pool]:
        nonlocal seen
        seen = house().supervisor.pools()
        return seen

    built_in = [
        *system_collectors(clock, expose=settings.collectors.system.expose),
        workers.collector(pools),
        automation.collector(lambda: seen, clock.monotonic),  # it runs in a thread, and pools belong to the loop
        *figures.collectors(settings.interval),
        own.collector(medic.__version__, lambda: house().ticker.missed),
        *(Collector(name, name, collect, inline=True) for name, collect in _rooms(clock, commits, house).items()),
    ]
    return [*built_in, *third_party_collectors([each.name for each in built_in])]


def _rooms(clock: Clock, commits: Commits, house: Callable[[], House]) -> dict[str, Callable[[], Sequence[Family]]]:
    return {
        "rules": lambda: [
            *rules_metrics.families(house().engine.groups()),
            *rules_metrics.series_families(house().series),
            *house().keeper.families(),
        ],
        "healer": lambda: [*house().healer.families(), *commits.families()],
        "rhythm": lambda: rhythm_metrics.families(house().scheduler.jobs(), clock.now()),
        "config": lambda: [_reloaded(house())],
        "alertmanagers": lambda: [*house().alertmanagers.families()],
    }


def _reloaded(house: House) -> Family:
    return replace(RELOADED, samples=[Sample(RELOADED.name, (), float(house.reloaded))])
