"""What is measured: the collectors of the host, of the queues and workers, and of Medic's own rooms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import medic
from exporter.collector import Collector
from exporter.collectors import automation, gpu, worker_usage, workers
from exporter.collectors import medic as own
from exporter.collectors.groups.collecting import collectors as group_collectors
from exporter.collectors.textfile import Textfiles
from exporter.registry import system_collectors, third_party_collectors
from exporter.roots import HOST, Roots
from exporter.switching import switched
from exporter.table import Table
from medic.app.commits import Commits
from medic.app.figures import Figures
from medic.app.probes import Probes
from medic.app.settings import Settings
from medic.app.settings.switches import OWN
from medic.app.state import State
from medic.app.switching import switches
from medic.app.translate import process_groups
from medic.core.clock import Clock
from medic.core.samples import Family, Sample, gauge
from medic.core.tasks import on_loop
from medic.core.workers import Pool
from rhythm import metrics as rhythm_metrics
from rules import metrics as rules_metrics

if TYPE_CHECKING:
    from medic.app.house import House

RELOADED = gauge("medic_config_last_reload_successful", "Whether the last reload of the configuration was taken over.")

PATIENCE = 4.0
"""Seconds that a collector in its thread waits for the loop; less than the collector itself may take."""


def collectors(
    settings: Settings, clock: Clock, figures: Figures, commits: Commits, house: Callable[[], House], *, probes: Probes
) -> list[Collector]:
    """Build every collector; *house* is asked only when they run."""
    loop = asyncio.get_running_loop()
    table = Table(clock.monotonic, settings.collectors.system.proc)
    # Medic's own processes are known by the numbers that they have here, not by those on the host of a container.
    ours = table if table.proc == HOST.proc else Table(clock.monotonic)

    def pools() -> Sequence[Pool]:
        """Ask the loop, to which the pools belong, in the thread of a collector."""
        return on_loop(loop, lambda: house().pools(), timeout=PATIENCE)

    built_in = [
        *host_collectors(settings, clock, table),
        workers.collector(lambda: house().pools()),
        worker_usage.collector(pools, ours),
        automation.collector(pools, clock.monotonic, ours),
        *gpu.collectors(_gpu_options(settings), clock, pools),
        *figures.collectors(settings.interval),
        *probes.collectors(),
        own.collector(medic.__version__, lambda: house().ticker.missed),
        *(Collector(name, name, collect, inline=True) for name, collect in _rooms(clock, commits, house).items()),
    ]
    every = [*built_in, *third_party_collectors([each.name for each in built_in])]
    # What Medic says of itself and its own is never left out for want of room.
    kept = [replace(each, vital=True) if each.name in OWN else each for each in every]
    return switched(kept, switches(settings.collectors))


def _rooms(clock: Clock, commits: Commits, house: Callable[[], House]) -> dict[str, Callable[[], Sequence[Family]]]:
    return {
        "rules": lambda: [
            *rules_metrics.families(house().engine.groups()),
            *rules_metrics.series_families(house().series),
            *house().keeper.families(),
        ],
        "healer": lambda: [*house().healer.families(), *commits.families()],
        "rhythm": lambda: rhythm_metrics.families(house().scheduler.jobs(), clock.now()),
        "config": lambda: [_reloaded(house()), *house().front.families()],
        "alertmanagers": lambda: [*house().alertmanagers.families()],
    }


def host_collectors(settings: Settings, clock: Clock, table: Table) -> list[Collector]:
    """Build those that look at the host alone: its system, groups of its processes, and what its cron jobs publish."""
    host, folders = settings.collectors.system, map(str, settings.collectors.textfile.directory)
    return [
        *system_collectors(clock, Roots(host.proc, host.sys, host.root), table=table),
        *group_collectors(process_groups(settings.collectors.processes), table, clock.monotonic),
        Collector("textfile", "textfile", Textfiles([*folders], time=clock.monotonic).collect, foreign=True),
    ]


def _gpu_options(settings: Settings) -> gpu.Options:
    asked = settings.collectors.gpu
    return gpu.Options(
        expected=asked.expected,
        pcie_throughput=asked.pcie_throughput,
        file=State(settings.state).gpus,
    )


def _reloaded(house: House) -> Family:
    return RELOADED._replace(samples=[Sample(RELOADED.name, (), float(house.reloaded))])
