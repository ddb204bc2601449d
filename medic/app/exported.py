"""Which metrics there are on this host: what the rooms declare, what a look at the host finds, what a daemon has."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import medic
from exporter import metrics as runs_metrics
from exporter.admission import SUFFIXES
from exporter.collector import Collector
from exporter.collectors import automation, gpu, probes, queues, worker_usage, workers
from exporter.collectors import medic as own
from exporter.collectors.groups import families as groups
from exporter.collectors.groups.tally import Told
from exporter.probes.families import unasked
from exporter.registry import third_party_collectors
from exporter.runner import Runner
from exporter.switching import Switch, switched
from exporter.table import Table
from healer import metrics as healer_metrics
from healer.counts import Counts
from healer.settings import Policy
from healer.world import Scene, World
from medic.app.alertmanagers import metrics as alertmanagers_metrics
from medic.app.api import Daemon
from medic.app.commits import Commits
from medic.app.figures import cadence
from medic.app.keeping import Keeper
from medic.app.measuring import RELOADED, host_collectors
from medic.app.rulebook import COUNTED
from medic.app.settings import Settings
from medic.app.switching import switches
from medic.app.web.toolkit import front
from medic.core.changes import History
from medic.core.clock import Clock
from medic.core.errors import MedicError
from medic.core.queue import Json, QueueFigures
from medic.core.samples import Family, Snapshot
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


def exported(settings: Settings, clock: Clock, daemon: Daemon | None) -> Exported:
    """Find out what is exported here, with what *settings* say of collectors; a running *daemon* knows it best."""
    said = switches(settings.collectors)
    looked = asyncio.run(_look(settings, clock, said))
    waiting = [(each, [*chain.from_iterable(map(names, each.collect()))]) for each in _waiting(settings, clock, said)]
    series = dict.fromkeys(chain.from_iterable(found for _, found in waiting), 0)
    clocks = {name: _milliseconds([each]) for each, found in waiting if not each.cheap for name in found}
    return Exported({**series, **looked.series, **_asked(daemon)}, {**clocks, **looked.clocks}, looked.labels)


def names(family: Family) -> Iterator[str]:
    """Yield the names that the samples of a family have, also while it has none."""
    yield from (f"{family.name}{suffix}" for suffix in SUFFIXES.get(family.kind, ("",)))


async def _look(settings: Settings, clock: Clock, said: Mapping[str, Switch]) -> Exported:
    """Run the collectors of the host once, those of other packages too, each within its own deadline."""
    table = Table(clock.monotonic, settings.collectors.system.proc)
    built_in = [
        *host_collectors(settings, clock, table),
        automation.collector(tuple, clock.monotonic),
        *gpu.collectors(gpu.Options(), clock, tuple),
        own.collector(medic.__version__, lambda: 0),
    ]
    every = [*built_in, *third_party_collectors([each.name for each in built_in])]
    runner = Runner(switched(every, said), clock)
    slow = [each for each in runner.collectors.values() if not each.cheap]
    await asyncio.gather(*(runner.refresh(each.name) for each in slow))
    snapshot = await runner.tick()
    return Exported(_count(snapshot), dict(_clocks(snapshot, runner)), _labels(snapshot))


def _count(snapshot: Snapshot) -> dict[str, int]:
    """Count the samples of each name; that of a family without samples is known, too: there may be a zombie later."""
    known = dict.fromkeys(chain.from_iterable(map(names, snapshot.families)), 0)
    return known | Counter(sample.name for family in snapshot.families for sample in family.samples)


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


def _waiting(settings: Settings, clock: Clock, said: Mapping[str, Switch]) -> list[Collector]:
    """Return collectors of what would be told once there is something: of Medic's rooms, of what is declared."""
    every = cadence(settings.interval).total_seconds()
    slow = [
        Collector("worker_usage", "workers", partial(worker_usage.families, ()), cheap=False),
        Collector("groups", "processes", partial(groups.families, Told({}, {}, {}), 0), cheap=False),
        Collector("gpu", "gpu", gpu.declared, cheap=False),
        Collector(
            "queues", "queues", partial(queues.families, QueueFigures("", "", up=False)), cheap=False, every=every
        ),
        Collector("probes", "probes", unasked, cheap=False, every=probes.EVERY.total_seconds()),
    ]
    rooms = [Collector(name, name, partial(tuple, families)) for name, families in _of_the_rooms(clock).items()]
    # Nobody can switch off what the runner says of them.
    runner = Collector("runner", "runner", partial(runs_metrics.families, {}, {}))
    return [runner, *switched([*rooms, *slow], said)]


def _of_the_rooms(clock: Clock) -> dict[str, list[Family]]:
    """Ask each room what it would tell, by the collector that tells it; it has nothing to tell yet."""
    now = clock.now()
    world = World(Policy(), History(), Scene(started_at=now))
    series = Series()
    return {
        "workers": workers.families(()),
        "rules": [
            *rules_metrics.families(()),
            *rules_metrics.series_families(series),
            *Keeper(series, Path()).families(),
        ],
        "healer": [*healer_metrics.families(world, Counts(), now), *Commits().families()],
        "rhythm": [*rhythm_metrics.families((), now)],
        "alertmanagers": [*alertmanagers_metrics.families(())],
        "config": [RELOADED, front.RELOADED],
    }


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
