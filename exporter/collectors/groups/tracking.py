"""Follows processes from sweep to sweep: where each belongs, and what its group has used since Medic began to look."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exporter.collectors.groups.counts import NOTHING, ZERO, Counts, add, risen
from exporter.collectors.groups.looks import Inspected, Look, inspect, is_procfs, read_limit
from exporter.collectors.groups.matching import place
from exporter.collectors.groups.pidfiles import read_pidfiles
from exporter.collectors.groups.ranking import Use, fade, rank
from exporter.collectors.groups.spec import OTHER, GroupSettings
from exporter.collectors.groups.tally import Errors, Tally, Told, count, most
from exporter.naming import label
from exporter.table import Process, Table

Key = tuple[int, int]
"""Process number and start time."""

SIGHTINGS = 2
"""How often a process is asked where it belongs: one that was seen between its fork and its exec is another later."""
MOST_GROUPS = 500
"""Groups that templates and ranking may make; what comes later is in ``other``."""
MOST_THREADS = 50
"""Names of threads that are told of in a group; the rest are ``other``."""
WORRYING = 0.5
"""Share of its descriptors from which on a process's limit is read anew at each sweep: somebody may have raised it."""


@dataclass(slots=True)
class Known:
    """What is remembered of a process between two sweeps."""

    name: str
    placed: str | None = None
    """The group that it fits itself."""
    inherited: str | None = None
    """The group that it has from its parent."""
    sightings: int = 0
    counts: Counts = NOTHING
    threads: dict[Key, Counts] = field(default_factory=dict)
    limit: int | None = None

    @property
    def group(self) -> str | None:
        """Where it belongs among the configured groups."""
        return self.placed or self.inherited


class Groups:
    """The groups of one host; asked in one thread at a time."""

    def __init__(self, settings: GroupSettings, table: Table, time: Callable[[], float]) -> None:
        """Look at nothing yet; *time* is a monotonic clock in seconds."""
        self.settings = settings
        self._table = table
        self._real = is_procfs(table.proc)
        self._time = time
        self._looked: float | None = None
        self._known: dict[Key, Known] = {}
        self._lasting = {group.name for group in settings.groups if group.fixed}
        """Groups that are told of when they have no process, too."""
        self._top: frozenset[str] = frozenset()
        self._cpu: dict[str, float] = {}
        self._counts: dict[str, Counts] = dict.fromkeys(self._lasting, ZERO)
        self._threads: dict[str, dict[str, Counts]] = {}
        self._errors = Errors()
        self._sweeping = False

    def update(self) -> Told:
        """Look at every process once, and closely at those of groups."""
        self._errors = self._errors._replace(sweeps=self._errors.sweeps + self._sweeping)
        self._sweeping = True
        processes, now = self._table.look(), self._time()
        fresh = self._place(processes)
        rest = [each for each in processes if self._known[each.key].group is None]
        if self.settings.top:
            self._rank(rest, fresh, 0.0 if self._looked is None else now - self._looked)
        tallies = {name: Tally() for name in self._lasting}
        for process in processes:
            name = self._group_of(process)
            if name is not None:
                self._tell(process, name, tallies, is_new=process.key in fresh)
        self._looked = now
        self._forget(tallies)
        self._sweeping = False
        threads = {group: dict(named) for group, named in self._threads.items()}
        return Told(tallies, dict(self._counts), threads, self._errors)

    def _place(self, processes: Sequence[Process]) -> frozenset[Key]:
        """Find out where each belongs, forget who has ended, and return who came since the last sweep."""
        before = self._known
        self._known = {each.key: before.get(each.key) or Known(each.name) for each in processes}
        pidfiles = read_pidfiles(self.settings.groups, self._table)
        named = frozenset(pidfiles.values())
        for process in processes:
            self._ask(process, pidfiles, named=process.pid in named)
        if self.settings.children:
            self._inherit(processes)
        return frozenset() if self._looked is None else frozenset(self._known.keys() - before.keys())

    def _ask(self, process: Process, pidfiles: Mapping[Path, int], *, named: bool) -> None:
        known = self._known[process.key]
        if known.name != process.name:
            known.name, known.sightings = process.name, 0
        if known.sightings >= SIGHTINGS and not (named and known.placed is None):
            return
        if process.ended and known.sightings:  # its command line is gone; where it belonged it still does
            return
        known.sightings += 1
        known.placed = place(self.settings.groups, Inspected(self._table.proc, process.pid, process.name), pidfiles)

    def _inherit(self, processes: Sequence[Process]) -> None:
        """Put those that fit no group into their parent's; who has lost its parent stays where it was."""
        by_pid = {each.pid: each for each in processes}
        for process in sorted(processes, key=lambda each: each.start):  # parents before their children
            known = self._known[process.key]
            if known.placed is None and (parent := by_pid.get(process.parent)) is not None:
                known.inherited = self._known[parent.key].group or known.inherited

    def _rank(self, rest: Sequence[Process], fresh: Collection[Key], seconds: float) -> None:
        """Find the names that use most, by what they used lately and by what they hold."""
        rises, pages = Counter[str](), Counter[str]()
        for process in rest:
            before = self._known[process.key].counts
            used = Counts(process.user, process.system)
            rise = risen(before, used, is_new=process.key in fresh)
            name = label(process)
            rises[name] += (rise.user or 0) + (rise.system or 0)
            pages[name] += process.pages
        self._cpu = fade(self._cpu, rises, seconds)
        uses = {name: Use(self._cpu[name], pages[name]) for name in rises if name not in {OTHER, *self._lasting}}
        self._top = rank(uses, self._top, self.settings.top)

    def _group_of(self, process: Process) -> str | None:
        group = self._known[process.key].group
        if group is not None:
            return self._lasted(group)
        if not self.settings.top:
            return None
        name = label(process)
        return name if name in self._top else OTHER

    def _lasted(self, name: str) -> str:
        """Return *name*, which lasts from now on, or ``other`` when there are too many such already."""
        if name not in self._lasting and len(self._lasting) >= MOST_GROUPS:
            return OTHER
        self._lasting.add(name)
        return name

    def _forget(self, told: Collection[str]) -> None:
        """Drop the counters of names that have not been among the top for long; theirs begin anew if they return."""
        if len(self._counts) > 2 * MOST_GROUPS:
            self._counts = {name: counts for name, counts in self._counts.items() if name in told}
            self._threads = {name: threads for name, threads in self._threads.items() if name in told}

    def _tell(self, process: Process, name: str, tallies: dict[str, Tally], *, is_new: bool) -> None:
        known = self._known[process.key]
        settings = self.settings
        if known.group is None:  # nobody asked for it by name: it is told of as far as its stat line goes
            look = Look(Counts(process.user, process.system, process.minor_faults, process.major_faults))
        else:
            look = inspect(self._table.proc, process, smaps=settings.smaps, threads=settings.threads, real=self._real)
            self._err(process, look)
        rise = risen(known.counts, look.counts, is_new=is_new)
        self._counts[name] = add(self._counts.get(name, NOTHING), rise)
        known.counts = look.counts
        tally = tallies.setdefault(name, Tally())
        count(tally, process, look)
        tally.worst_ratio = most(tally.worst_ratio, self._ratio(process, known, look))
        if look.threads:
            self._tell_threads(name, tally, known, look, is_new=is_new)

    def _err(self, process: Process, look: Look) -> None:
        before, failed = self._errors, look.counts.voluntary is None
        if look.is_partial and not process.ended:
            processes, partial = before.processes + failed, before.partial + (not failed)
            self._errors = before._replace(processes=processes, partial=partial)

    def _tell_threads(self, group: str, tally: Tally, known: Known, look: Look, *, is_new: bool) -> None:
        before, known.threads = known.threads, {each.key: each.counts for each in look.threads}
        looked_before = bool(before) or is_new
        named = self._threads.setdefault(group, {})
        for thread in look.threads:
            name = thread.name if thread.name in named or len(named) < MOST_THREADS else OTHER
            tally.thread_counts[name] += 1
            was = before.get(thread.key)
            rise = risen(was, thread.counts, is_new=was is None and looked_before)
            named[name] = add(named.get(name, NOTHING), rise)

    def _ratio(self, process: Process, known: Known, look: Look) -> float | None:
        """Return the share of its descriptors that a process has open; its limit is read when that may matter."""
        if look.descriptors is None:
            return None
        if not known.limit or look.descriptors > WORRYING * known.limit:
            known.limit = read_limit(self._table.proc, process.pid)
        return look.descriptors / known.limit if known.limit else None
