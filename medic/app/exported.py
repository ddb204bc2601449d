"""Which metrics there are on this host: what the rooms declare, what a look at the host finds, what a daemon has."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path

import medic
from exporter import metrics as runs_metrics
from exporter.collector import Collector
from exporter.collectors import automation, gpu, probes, queues, textfile, worker_usage, workers
from exporter.collectors import medic as own
from exporter.collectors.groups import families as groups
from exporter.collectors.groups.tally import Told
from exporter.probes.families import unasked
from exporter.registry import system_collectors, third_party_collectors
from exporter.runner import HISTOGRAM_SUFFIXES, Runner
from healer import metrics as healer_metrics
from healer.counts import Counts
from healer.settings import Policy
from healer.world import Scene, World
from medic.app.alertmanagers import metrics as alertmanagers_metrics
from medic.app.api import Daemon
from medic.app.commits import Commits
from medic.app.figures import cadence
from medic.app.keeping import Keeper
from medic.app.measuring import RELOADED
from medic.app.rulebook import COUNTED
from medic.app.web.toolkit import front
from medic.core.changes import History
from medic.core.clock import MILLISECOND, Clock
from medic.core.errors import MedicError
from medic.core.queue import Json, QueueFigures
from medic.core.samples import Family, Kind, Snapshot
from rhythm import metrics as rhythm_metrics
from rules import metrics as rules_metrics
from rules.series import Series


@dataclass(frozen=True, slots=True)
class Exported:
    """The metrics of one host."""

    series: Mapping[str, int]
    """The series that each has just now; 0 for one that would be there once there is something to tell."""
    clocks: Mapping[str, int]
    """Milliseconds between the samples of those that are not measured at each tick."""
    labels: Mapping[str, frozenset[str]]
    """The names of the labels that the series of each have, as far as a look at the host has found series."""


def exported(interval: timedelta, clock: Clock, daemon: Daemon | None) -> Exported:
    """Find out what is exported here, where a tick comes every *interval*; a running *daemon* knows it best."""
    looked = asyncio.run(_look(clock))
    waiting = [*_of_the_rooms(clock), *_of_queues(), *unasked()]
    series = dict.fromkeys(chain.from_iterable(map(names, waiting)), 0)
    every = cadence(interval) // MILLISECOND
    clocks = dict.fromkeys(chain.from_iterable(map(names, _of_queues())), every)
    clocks |= dict.fromkeys(chain.from_iterable(map(names, unasked())), probes.EVERY // MILLISECOND)
    return Exported({**series, **looked.series, **_asked(daemon)}, {**clocks, **looked.clocks}, looked.labels)


def names(family: Family) -> Iterator[str]:
    """Yield the names that the samples of a family have, also while it has none."""
    if family.kind is Kind.HISTOGRAM:
        yield from (f"{family.name}_{part}" for part in sorted(HISTOGRAM_SUFFIXES))
    else:
        yield family.name


async def _look(clock: Clock) -> Exported:
    """Run the collectors of the host once, those of other packages too, each within its own deadline."""
    automatic = automation.collector(tuple, clock.monotonic)
    gpus = gpu.collectors(gpu.Options(), clock, tuple)
    built_in = [*system_collectors(clock), automatic, *gpus, own.collector(medic.__version__, lambda: 0)]
    runner = Runner([*built_in, *third_party_collectors([each.name for each in built_in])], clock)
    slow = [each for each in runner.collectors.values() if not each.cheap]
    await asyncio.gather(*(runner.refresh(each.name) for each in slow))
    snapshot = await runner.tick()
    return Exported(_count(snapshot), dict(_clocks(snapshot, runner)), _labels(snapshot))


def _count(snapshot: Snapshot) -> dict[str, int]:
    return Counter(sample.name for family in snapshot.families for sample in family.samples)


def _labels(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    found = defaultdict[str, set[str]](set)
    for sample in chain.from_iterable(family.samples for family in snapshot.families):
        found[sample.name].update(name for name, _ in sample.labels)
    return {metric: frozenset(names) for metric, names in found.items()}


def _clocks(snapshot: Snapshot, runner: Runner) -> Iterator[tuple[str, int]]:
    for family in snapshot.families:
        collectors = [runner.collectors[name] for name in runner.collectors_of(family.name)]
        if collectors and not any(each.cheap for each in collectors):
            yield from ((name, _milliseconds(collectors)) for name in names(family))


def _milliseconds(collectors: Iterable[Collector]) -> int:
    return round(1000 * min(each.every for each in collectors))


def _of_the_rooms(clock: Clock) -> list[Family]:
    """Ask each room what it would tell; it has nothing to tell yet."""
    now = clock.now()
    world = World(Policy(), History(), Scene(started_at=now))
    return [
        *runs_metrics.families({}, {}),
        *workers.families(()),
        *worker_usage.families(()),
        *groups.families(Told({}, {}, {}), 0),
        *gpu.declared(),
        *rules_metrics.families(()),
        *rules_metrics.series_families(Series()),
        *healer_metrics.families(world, Counts(), now),
        *Commits().families(),
        *Keeper(Series(), Path()).families(),
        *rhythm_metrics.families((), now),
        *alertmanagers_metrics.families(()),
        RELOADED,
        front.RELOADED,
        *textfile.Textfiles((), time=clock.monotonic).collect(),
    ]


def _of_queues() -> list[Family]:
    return queues.families(QueueFigures("", "", up=False))


def _asked(daemon: Daemon | None) -> dict[str, int]:
    """Ask the daemon for its series; nothing when there is none, or when it is one that cannot say."""
    if daemon is None:
        return {}
    try:
        answer = daemon.get("/api/v1/query", query=COUNTED)
        return dict(_counted(answer))
    except MedicError:
        return {}


def _counted(answer: Json) -> Iterator[tuple[str, int]]:
    data = answer.get("data") if isinstance(answer, dict) else None
    result = data.get("result") if isinstance(data, dict) else None
    for each in result if isinstance(result, list) else ():
        match each:
            case {"metric": {"__name__": str(name)}, "value": [_, str(value)]}:
                yield name, int(float(value))
