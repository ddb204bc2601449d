"""The runner: it owns the time, the failure and the metrics of all collectors."""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Never

from exporter import metrics
from exporter.budget import MOST_SERIES, within
from exporter.collector import Collected, Collector
from exporter.crew import Crew
from exporter.merging import merge
from exporter.sweep import Flights, Sweep
from medic.core.clock import Clock
from medic.core.errors import MedicError
from medic.core.samples import Family, Sample, Snapshot
from medic.core.tasks import every, start

__all__ = ["Collector", "Runner", "UnknownCollectorError"]

SHARED = 1.0
"""Seconds for which scrapes and the tick share one sweep of the cheap collectors."""

LEARNED = 1 << 16
"""How many names of families are remembered with their collectors; more are made up anew at each run."""
PARTS = frozenset({"bucket", "sum", "count"})
"""How the names of what histograms and summaries consist of end, behind that of the family."""

_new = tuple.__new__

log = logging.getLogger(__name__)


class UnknownCollectorError(MedicError):
    """A scrape asked for a collector that there is not."""


@dataclass(frozen=True, slots=True)
class _Last:
    """The last run of an expensive collector."""

    run: Collected
    stamped: Collected
    """The same with the time of the run on each sample."""


class Runner:
    """Runs collectors so that one that hangs, raises or babbles harms nothing else; all of it on one loop."""

    def __init__(self, collectors: Iterable[Collector], clock: Clock, *, most: int = MOST_SERIES) -> None:
        """Start nothing yet; raises MedicError when two collectors have one name.

        All collectors together may give *most* series; see `exporter.budget.within` for what is left out.
        """
        self.collectors = _by_name(collectors)
        self._most = most
        self._vital = frozenset(each.name for each in self.collectors.values() if each.vital)
        self._clock = clock
        self._crew = Crew("collectors")
        self._groups = frozenset(each.group for each in self.collectors.values())
        self._cheap = [each for each in self.collectors.values() if each.cheap]
        self._flights = Flights(clock.monotonic)
        self._whole: Sweep | None = None
        self._dropped: Counter[str] = Counter()
        self._last: dict[str, _Last] = {}
        self._succeeded_at: dict[str, int] = {}
        self._failing: set[str] = set()
        self._owners: dict[str, set[str]] = {}

    async def run(self) -> Never:
        """Run the expensive collectors, each at once and then on a grid of its own; the end is to be cancelled."""
        async with asyncio.TaskGroup() as group:
            for each in self.collectors.values():
                if not each.cheap:
                    name = f"collector {each.name}"
                    start(group, every(each.every, partial(self.refresh, each.name), name=name), name=name)
            await asyncio.Event().wait()
        raise AssertionError("waiting for ever has ended")

    async def tick(self) -> Snapshot:
        """Collect for the rules: the cheap ones at one instant, of the expensive ones what they last gave.

        An expensive collector's samples are in every snapshot until its next run, and carry their own ``at``: so a
        series can drop what it has already, and one that is no longer in a snapshot is really gone. A sweep that a
        scrape began less than a second ago serves, but never one that an earlier tick has had.
        """
        sweep = self._for_tick()
        await sweep.settle()
        runs = self._note(sweep) | {name: last.stamped for name, last in self._last.items()}
        families, runs = self._join(runs)
        self._dropped.update({name: run.dropped for name, run in runs.items() if run.dropped})
        self._learn(runs)
        failed = frozenset(name for name, run in runs.items() if not run.succeeded)
        return Snapshot(sweep.at, [*families, *self._describe(runs)], failed)

    async def scrape(
        self, *, timeout: float, collect: Collection[str] = (), exclude: Collection[str] = ()
    ) -> list[Family]:
        """Collect for a page, sorted by name: what does not end within *timeout* seconds is shown as timed out.

        *collect* and *exclude* hold names of collectors or groups; raises UnknownCollectorError for others. Samples of
        collectors that are not exposed are left out, and none carries a time of its own: their age is a metric.
        """
        wanted = self._wanted(collect, exclude)
        sweep = self._for_scrape([each for each in self._cheap if each.name in wanted])
        await sweep.settle(timeout)
        runs = self._note(sweep) | {name: last.run for name, last in self._last.items() if name in wanted}
        families, runs = self._join({name: self._shown(name, run) for name, run in runs.items()})
        return sorted([*families, *self._describe(runs)], key=itemgetter(0))

    async def refresh(self, name: str) -> None:
        """Run one expensive collector now; while an earlier run of it has not returned, none is started."""
        sweep = self._begin([self.collectors[name]])
        await sweep.settle()
        run = self._note(sweep)[name]
        self._last[name] = _Last(run, _stamped(run))

    def collectors_of(self, metric: str) -> frozenset[str]:
        """Return which collectors have exported *metric*, a family's or a sample's name, in any snapshot so far."""
        stem, _, suffix = metric.rpartition("_")
        family = stem if metric not in self._owners and suffix in PARTS else metric
        return frozenset(self._owners.get(family, ()))

    def _for_tick(self) -> Sweep:
        """Return the sweep that a scrape of everything began less than a second ago, once, else begin one."""
        whole, self._whole = self._whole, None
        if whole is not None:
            is_young = self._clock.monotonic() - whole.began < SHARED
            if is_young or not whole.is_settled():
                return whole
        return self._begin(self._cheap)

    def _for_scrape(self, collectors: Sequence[Collector]) -> Sweep:
        """Begin those of *collectors* of which nothing is younger than a second; a tick may have a whole sweep."""
        sweep = self._begin(collectors, shared=SHARED)
        if sweep.is_whole and len(collectors) == len(self._cheap):
            self._whole = sweep
        return sweep

    def _begin(self, collectors: Sequence[Collector], *, shared: float = 0.0) -> Sweep:
        return Sweep(collectors, crew=self._crew, clock=self._clock, flights=self._flights, shared=shared)

    def _note(self, sweep: Sweep) -> dict[str, Collected]:
        runs = sweep.results()
        self._succeeded_at |= {name: run.at for name, run in runs.items() if run.error is None and not run.timed_out}
        return runs

    def _join(self, runs: Mapping[str, Collected]) -> tuple[list[Family], dict[str, Collected]]:
        """Merge what was collected; a collector of which something was left out has failed."""
        judged = within(runs, self._most, self._vital)
        # Of two that contradict each other the later is left out, which must not be the host's own.
        order = sorted(judged, key=lambda name: self.collectors[name].foreign)
        merged = merge(((name, judged[name].families) for name in order), metrics.NAMES)
        for (name, refused), error in merged.refused.items():
            kept = [family for family in judged[name].families if family.name != refused]
            judged[name] = judged[name]._replace(error=error, families=kept)
        return list(merged.families.values()), judged

    def _describe(self, runs: Mapping[str, Collected]) -> list[Family]:
        return metrics.families(runs, self._succeeded_at, self._dropped)

    def _wanted(self, collect: Collection[str], exclude: Collection[str]) -> set[str]:
        known = self.collectors.keys() | self._groups
        for asked in (*collect, *exclude):
            if asked not in known:
                raise UnknownCollectorError(
                    f"there is no collector {asked!r}: ask for one of {', '.join(sorted(known))}"
                )
        asked_for, left_out = frozenset(collect), frozenset(exclude)
        return {
            name
            for name, each in self.collectors.items()
            if (not asked_for or name in asked_for or each.group in asked_for)
            and not (name in left_out or each.group in left_out)
        }

    def _shown(self, name: str, run: Collected) -> Collected:
        return run if self.collectors[name].expose else run._replace(families=())

    def _learn(self, runs: Mapping[str, Collected]) -> None:
        """Remember who exports what, and log where a collector begins or ceases to fail."""
        for name, run in runs.items():
            for family in run.families:
                if family.name in self._owners or len(self._owners) < LEARNED:
                    self._owners.setdefault(family.name, set()).add(name)
            if run.succeeded and name in self._failing:
                log.info("collector works again", extra={"collector": name})
            elif not run.succeeded and name not in self._failing:
                log.warning("collector fails", extra={"collector": name, "reason": run.reason}, exc_info=_bug(run))
        self._failing = {name for name, run in runs.items() if not run.succeeded}


def _by_name(collectors: Iterable[Collector]) -> dict[str, Collector]:
    named: dict[str, Collector] = {}
    for each in collectors:
        if each.name in named:
            raise MedicError(f"two collectors are named {each.name!r}: give one of them another name")
        named[each.name] = each
    return named


def _stamped(run: Collected) -> Collected:
    """Write the time of the run on each sample that has none of its own."""
    return run._replace(families=[each._replace(samples=_at(each.samples, run.at)) for each in run.families])


def _at(samples: Sequence[Sample], at: int) -> list[Sample]:
    # Made as medic.core.samples makes them: `_replace` takes three times as long, and this runs on the loop.
    return [_new(Sample, (name, pairs, value, at if own is None else own)) for name, pairs, value, own in samples]


def _bug(run: Collected) -> BaseException | None:
    """Return the error when its trace is worth a log's space: what was foreseen speaks for itself."""
    return None if isinstance(run.error, (MedicError, OSError)) else run.error
